#include "onset/text/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "onset/base/file.h"
#include "test/temporary_folder.h"
#include "test/text/errors.h"

namespace onset {
namespace {

const std::vector<std::string> tokens = {"[PAD]", "the", "[UNK]", "[CLS]", "##s", "[SEP]", "[MASK]"};

class VocabularyFileTest : public testing::Test {
 protected:
  std::string write(std::string_view bytes) const {
    write_file_atomically(folder_ / "vocab.txt", bytes);
    return (folder_ / "vocab.txt").string();
  }
  std::string failure_of(std::string_view bytes) const {
    const std::string path = write(bytes);
    std::string message = failure([&] { Vocabulary::read(path); });
    const std::size_t at = message.find(path);
    return at == std::string::npos ? message : message.replace(at, path.size(), "FILE");
  }
  TemporaryFolder folder_;
};

TEST(VocabularyTest, IdsAreLinesFromZero) {
  const Vocabulary vocabulary(tokens);
  EXPECT_EQ(vocabulary.size(), 7);
  EXPECT_EQ(vocabulary.token(4), "##s");
  EXPECT_EQ(vocabulary.find("the"), 1);
  EXPECT_EQ(vocabulary.find("th"), std::nullopt);
  EXPECT_EQ(vocabulary.find(""), std::nullopt);
  EXPECT_EQ(vocabulary.find("zebra"), std::nullopt);
  EXPECT_EQ(vocabulary.pad(), 0);
  EXPECT_EQ(vocabulary.unk(), 2);
  EXPECT_EQ(vocabulary.cls(), 3);
  EXPECT_EQ(vocabulary.sep(), 5);
  EXPECT_EQ(vocabulary.mask(), 6);
}

TEST(VocabularyTest, SortedIdsFollowTheBytesOfTheTokens) {
  // "##s" < "[CLS]" < "[MASK]" < "[PAD]" < "[SEP]" < "[UNK]" < "the"
  EXPECT_THAT(Vocabulary(tokens).sorted_ids(), testing::ElementsAre(4, 3, 6, 0, 5, 2, 1));
}

TEST(VocabularyTest, Sha256IsOfTheTokensJoinedByNewlines) {
  // printf '[PAD]\nthe\n[UNK]\n[CLS]\n##s\n[SEP]\n[MASK]' | sha256sum
  EXPECT_EQ(Vocabulary(tokens).sha256(), "d59e22b8e3ab0ab4e511bedc0cd3e95ed69079debec11164983c98430fbf5875");
}

TEST(VocabularyTest, MissingSpecialTokensAreNamed) {
  for (const std::string missing : {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
    std::vector<std::string> rest = tokens;
    std::erase(rest, missing);
    EXPECT_EQ(failure([&] { Vocabulary(rest, "v"); }), "65: v: no token " + missing + " among 6");
  }
}

TEST(VocabularyTest, TokensMustFitALine) {
  std::vector<std::string> bad = tokens;
  bad.emplace_back("a\nb");
  EXPECT_EQ(failure([&] { Vocabulary{bad}; }),
            R"(65: vocabulary:8: a NUL or line break in a token: "a\x0ab")");
  bad.back() = "\xff";
  EXPECT_EQ(failure([&] { Vocabulary{bad}; }), R"(65: vocabulary:8: not UTF-8: "\xff")");
}

TEST_F(VocabularyFileTest, FinalNewlineMayBeMissing) {
  const Vocabulary with = Vocabulary::read(write("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nx\n"));
  const Vocabulary without = Vocabulary::read(write("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nx"));
  EXPECT_EQ(with.size(), 6);
  EXPECT_EQ(without.size(), 6);
  EXPECT_EQ(with.sha256(), without.sha256());
}

TEST_F(VocabularyFileTest, EmptyLinesKeepTheirId) {
  const Vocabulary vocabulary = Vocabulary::read(write("[PAD]\n\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"));
  EXPECT_EQ(vocabulary.find(""), 1);
  EXPECT_EQ(vocabulary.unk(), 2);
}

TEST_F(VocabularyFileTest, FaultsNameTheLine) {
  EXPECT_EQ(failure_of("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\na\nthe\n"),
            "65: FILE:8: \"the\" is there already, on line 6");
  EXPECT_EQ(failure_of("[PAD]\n[UNK]\r\n[CLS]\n[SEP]\n[MASK]\n"),
            "65: FILE:2: the line ends in CRLF; a vocabulary has LF alone, for a token must not hold the CR");
  EXPECT_EQ(failure_of("[PAD]\n[UNK]\n\xc3(\n"), "65: FILE:@12: not UTF-8: \"\\xc3\"");
  EXPECT_EQ(failure_of("[PAD]\n[UNK]\n[CLS]\n[SEP]\n"), "65: FILE: no token [MASK] among 4");
  EXPECT_EQ(failure_of(""), "65: FILE: no token [PAD] among 0");
}

}  // namespace
}  // namespace onset
