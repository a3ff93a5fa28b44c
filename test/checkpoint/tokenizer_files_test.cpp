#include "onset/checkpoint/tokenizer_files.h"

#include <gtest/gtest.h>

#include "test/checkpoint/expect_error.h"
#include "test/checkpoint/folders.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

namespace fs = std::filesystem;

class FindTokenizer : public ::testing::Test {
 protected:
  FindTokenizer() { fs::create_directories(checkpoint()); }
  fs::path checkpoint() const { return folder_ / "checkpoint-1"; }
  fs::path inside() const { return checkpoint() / "vocab.txt"; }
  fs::path beside() const { return folder_ / "vocab.txt"; }
  fs::path settings() const { return checkpoint() / "tokenizer_config.json"; }
  TokenizerFiles with_settings(std::string_view text) const {
    write_text(inside(), "[PAD]\n");
    write_text(settings(), text);
    return find_tokenizer(checkpoint(), {});
  }
  void refused(ErrorKind kind, std::string_view text, const std::string& what) const {
    expect_error(kind, settings().string().append(what), [&] { with_settings(text); });
  }

  TemporaryFolder folder_;
};

TEST_F(FindTokenizer, TheNearestVocabulary) {
  write_text(beside(), "b\n");
  EXPECT_EQ(find_tokenizer(checkpoint(), {}).vocab, beside());
  EXPECT_EQ(find_tokenizer(checkpoint() / "", {}).vocab, beside()) << "a slash at the end";
  write_text(inside(), "a\n");
  EXPECT_EQ(find_tokenizer(checkpoint(), {}).vocab, inside());
  write_text(folder_ / "other.txt", "c\n");
  EXPECT_EQ(find_tokenizer(checkpoint(), folder_ / "other.txt").vocab, folder_ / "other.txt");
}

TEST_F(FindTokenizer, NoVocabulary) {
  const std::string sought = inside().string() + ": no vocabulary: sought here and at " + beside().string() +
                             "; name one with --vocab";
  expect_error(ErrorKind::missing_input, sought, [&] { find_tokenizer(checkpoint(), {}); });
  write_text(checkpoint() / "tokenizer.json", "{}");
  expect_error(ErrorKind::missing_input, std::string(sought).append(" (tokenizer.json is not read)"),
               [&] { find_tokenizer(checkpoint(), {}); });
  write_text(inside(), "a\n");
  expect_error(ErrorKind::missing_input, (folder_ / "none.txt").string().append(": no such file"),
               [&] { find_tokenizer(checkpoint(), folder_ / "none.txt"); });
}

TEST_F(FindTokenizer, DefaultsAreThoseOfBertUncased) {
  for (const char* const text : {"{}", R"({"do_lower_case": null, "strip_accents": null})"}) {
    const TokenizerFiles files = with_settings(text);
    EXPECT_TRUE(files.lower_case);
    EXPECT_EQ(files.strip_accents, std::nullopt);
    EXPECT_TRUE(files.split_chinese);
  }
}

TEST_F(FindTokenizer, OptionsAreRead) {
  const TokenizerFiles files = with_settings(
      R"({"do_lower_case": false, "strip_accents": true, "tokenize_chinese_chars": false,
          "do_basic_tokenize": true, "model_max_length": 512})");
  EXPECT_FALSE(files.lower_case);
  EXPECT_EQ(files.strip_accents, true);
  EXPECT_FALSE(files.split_chinese);
}

TEST_F(FindTokenizer, OptionsOfTheCheckpointComeBeforeThoseBesideTheVocabulary) {
  write_text(beside(), "b\n");
  write_text(folder_ / "tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_FALSE(find_tokenizer(checkpoint(), {}).lower_case);
  write_text(settings(), R"({"do_lower_case": true})");
  EXPECT_TRUE(find_tokenizer(checkpoint(), {}).lower_case);
}

TEST_F(FindTokenizer, OptionsThatCannotBe) {
  refused(ErrorKind::configuration, R"({"do_lower_case": 1})",
          ": do_lower_case: expected true or false, found 1");
  refused(ErrorKind::configuration, R"({"strip_accents": "yes"})",
          ": strip_accents: expected true or false, found the text \"yes\"");
  refused(ErrorKind::configuration, R"({"tokenize_chinese_chars": []})",
          ": tokenize_chinese_chars: expected true or false, found a list");
  refused(ErrorKind::configuration, R"({"do_basic_tokenize": false})",
          ": do_basic_tokenize: expected true, found false");
  refused(ErrorKind::configuration, "[]", ": expected an object, found a list");
  refused(ErrorKind::bad_data, "", ":@0: not JSON: empty");
  // 18 bytes before the second key
  refused(ErrorKind::bad_data, R"({"strip_accents":1,"strip_accents":0})",
          ":@19: key strip_accents is given twice, first at byte 1");
}

TEST(VocabularyLines, TheLastNewlineIsNoMatter) {
  const TemporaryFolder folder;
  const auto lines = [&](std::string_view text) {
    write_text(folder / "v", text);
    return count_vocabulary_lines(folder / "v");
  };
  EXPECT_EQ(lines(""), 0);
  EXPECT_EQ(lines("a"), 1);
  EXPECT_EQ(lines("a\n"), 1);
  EXPECT_EQ(lines("a\nb"), 2);
  EXPECT_EQ(lines("a\n\n"), 2) << "an empty line is a row, too";
  expect_error(ErrorKind::missing_input, "nowhere.txt", [] { count_vocabulary_lines("nowhere.txt"); });
}

TEST(VocabularyLines, MoreThanTheEmbeddingHasRows) {
  EXPECT_NO_THROW(require_vocabulary_fits("v.txt", 20, 20));
  EXPECT_NO_THROW(require_vocabulary_fits("v.txt", 3, 20));
  expect_error(ErrorKind::bad_data,
               "v.txt: expected at most 20 lines, one a row of the word embedding, found 21",
               [] { require_vocabulary_fits("v.txt", 21, 20); });
}

}  // namespace
}  // namespace onset
