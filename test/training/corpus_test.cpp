#include "onset/training/corpus.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/checkpoint/expect_error.h"
#include "test/training/small_corpus.h"

namespace onset {
namespace {

class CorpusTest : public testing::Test {
 protected:
  CorpusTest() {
    write_file_atomically(folder_ / "vocab.txt", small_vocabulary());
    write_file_atomically(folder_ / "p.conllu", conllu_word(1, "as", 2) + conllu_word(2, "b", 0) + "\n" +
                                                    conllu_word(1, "c", 0) + conllu_word(2, "d", 1) +
                                                    conllu_word(3, "e", 1) + conllu_word(4, "f", 1) + "\n");
    write_file_atomically(folder_ / "t.txt", "g h\n\n  \nh h\n");
    wordpiece_ = std::make_unique<WordPiece>(
        std::make_shared<const Vocabulary>(Vocabulary::read(folder_ / "vocab.txt")));
  }

  Corpus open(std::int64_t max_tokens = 8) {
    const CorpusInputs inputs{{folder_ / "p.conllu"}, {folder_ / "t.txt"}};
    return Corpus::open(folder_ / "cache", inputs, *wordpiece_, {Packing::sentence, max_tokens, 2, 3},
                        {{}, warn_, {}});
  }
  std::size_t built() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_ / "cache")) ++count;
    return count;
  }

  TemporaryFolder folder_;
  std::unique_ptr<WordPiece> wordpiece_;
  std::vector<std::string> warnings_;
  Warn warn_ = [this](const std::string& text) { warnings_.push_back(text); };
};

TEST_F(CorpusTest, HoldsTheSequencesInOrder) {
  const Corpus corpus = open();
  ASSERT_EQ(corpus.size(), 4);
  EXPECT_EQ(corpus.counts().sentences, 4);
  EXPECT_EQ(corpus.counts().tokens, 5 + 6 + 4 + 4);
  EXPECT_EQ(corpus.counts().arcs, 2 + 4);
  const auto ids = [&](int s) { return std::vector<int>(corpus[s].ids.begin(), corpus[s].ids.end()); };
  const auto heads = [&](int s) { return std::vector<int>(corpus[s].heads.begin(), corpus[s].heads.end()); };
  EXPECT_EQ(ids(0), (std::vector<int>{2, 5, 13, 6, 3}));
  EXPECT_EQ(heads(0), (std::vector<int>{-1, 3, -1, 0, -1}));
  EXPECT_EQ(ids(1), (std::vector<int>{2, 7, 8, 9, 10, 3}));
  EXPECT_EQ(heads(1), (std::vector<int>{-1, 0, 1, 1, 1, -1}));
  EXPECT_EQ(ids(3), (std::vector<int>{2, 12, 12, 3}));
  EXPECT_EQ(heads(3), (std::vector<int>{-1, -1, -1, -1}));
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(CorpusTest, IsBuiltOnceForTheSameContent) {
  const std::string key = open().key();
  EXPECT_EQ(open().key(), key);
  EXPECT_EQ(built(), 1U);
  write_file_atomically(folder_ / "t.txt", "g h\n\n  \nh g\n");  // one letter
  EXPECT_NE(open().key(), key);
  EXPECT_EQ(open(7).size(), 4);  // another option
  EXPECT_EQ(built(), 3U);
}

TEST_F(CorpusTest, SaysWhatItLeavesOut) {
  const Corpus corpus = open(5);
  EXPECT_EQ(corpus.size(), 3);
  EXPECT_EQ(corpus.counts().left_out, 1);
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_NE(warnings_[0].find("1 of 4 sentences left out (over 5 tokens)"), std::string::npos)
      << warnings_[0];
}

TEST_F(CorpusTest, AKilledBuildIsMadeAgain) {
  std::filesystem::create_directories(folder_ / "cache");
  const std::string name = open().key().substr(0, 16);
  std::filesystem::rename(folder_ / "cache" / name, folder_ / "cache" / (name + ".tmp-building"));
  write_file_atomically(folder_ / "cache" / (name + ".lock"), "a process that is no more\n");
  EXPECT_EQ(open().size(), 4);
  EXPECT_EQ(built(), 1U);
}

TEST_F(CorpusTest, AnEmptyOrDamagedOneIsRefused) {
  expect_error(ErrorKind::bad_data, "no sentence is left: 4 longer than 3 tokens", [&] { open(3); });
  EXPECT_EQ(built(), 0U);
  const std::string name = open().key().substr(0, 16);
  for (const char* const file : {"ids.i32", "heads.i16", "offsets.i64"}) {
    const std::filesystem::path path = folder_ / "cache" / name / file;
    const std::string whole = read_file(path);
    std::string other = whole;
    other[other.size() / 2] ^= 1;
    for (const std::string& damaged : {whole.substr(0, 8), other}) {
      write_file_atomically(path, damaged);
      expect_error(ErrorKind::bad_data, std::string(file) + ": its SHA-256 is not the one in corpus.json",
                   [&] { open(); });
    }
    write_file_atomically(path, whole);
  }
  EXPECT_EQ(open().size(), 4);
  const std::filesystem::path json = folder_ / "cache" / name / "corpus.json";
  const std::string description = read_file(json);
  for (const char* const key : {"\"sequences\": ", "\"tokens\": "}) {
    std::string other = description;
    other.insert(other.find(key) + std::string(key).size(), "1");
    write_file_atomically(json, other);
    expect_error(ErrorKind::bad_data, "corpus.json: its counts are not those of the files", [&] { open(); });
  }
  write_file_atomically(json, description);
  write_file_atomically(folder_ / "t.txt", "\n");
  expect_error(ErrorKind::bad_data, "t.txt: 0 lines of text", [&] { open(); });
  write_file_atomically(folder_ / "p.conllu", conllu_word(1, "a", 2) + conllu_word(2, "b", 1) + "\n");
  expect_error(ErrorKind::bad_data, "p.conllu:", [&] { open(); });
  EXPECT_EQ(built(), 1U);
}

TEST_F(CorpusTest, ABuildStopsWhenAsked) {
  std::stop_source source;
  source.request_stop();
  EXPECT_THROW(Corpus::open(folder_ / "cache", {{folder_ / "p.conllu"}, {}}, *wordpiece_,
                            {Packing::sentence, 8, 2, 3}, {{}, {}, source.get_token()}),
               Interrupted);
}

}  // namespace
}  // namespace onset
