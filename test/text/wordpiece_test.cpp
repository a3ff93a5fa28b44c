#include "onset/text/wordpiece.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "onset/base/sha256.h"
#include "onset/text/lines.h"
#include "onset/text/unicode.h"
#include "test/text/errors.h"

namespace onset {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Ids = std::vector<std::int32_t>;

const std::filesystem::path fixtures = ONSET_FIXTURES;
const std::filesystem::path shared_vocabulary =
    std::filesystem::path(ONSET_SHARED_DATA) / "bert-base-uncased-vocab.txt";

nlohmann::json read_json(const std::filesystem::path& path) {
  std::ifstream stream(path);
  return nlohmann::json::parse(stream);
}

/// [PAD] 0 [UNK] 1 [CLS] 2 [SEP] 3 [MASK] 4 want 5 ##want 6 ##ed 7 wa 8 un 9 runn 10 ##ing 11 , 12 mask 13 [
/// 14 ] 15 MASK 16 é 17 e 18
WordPiece small(WordPieceOptions options = {}) {
  return WordPiece(std::make_shared<const Vocabulary>(std::vector<std::string>{
                       "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "want", "##want", "##ed", "wa", "un",
                       "runn", "##ing", ",", "mask", "[", "]", "MASK", "\u00e9", "e"}),
                   options);
}

TEST(WordPieceTest, TakesTheLongestTokenAgainAndAgain) {
  // The example of BERT's own tests, by hand: UNwantéd -> unwanted -> un ##want ##ed.
  EXPECT_THAT(small().pieces("UNwant\u00e9d,running"), ElementsAre(9, 6, 7, 12, 10, 11));
  EXPECT_THAT(small().encode("unwanted running"), ElementsAre(2, 9, 6, 7, 10, 11, 3));
}

TEST(WordPieceTest, AWordWithAnUnknownPartIsUnknownWhole) {
  EXPECT_THAT(small().pieces("unwantedX running"), ElementsAre(1, 10, 11));
}

TEST(WordPieceTest, NothingComesOfNothing) {
  EXPECT_THAT(small().pieces(""), IsEmpty());
  EXPECT_THAT(small().pieces(" \t\r\n\u00a0\u200b\u0301"), IsEmpty());
  EXPECT_THAT(small().encode(""), ElementsAre(2, 3));
}

TEST(WordPieceTest, SpecialTokensInTheTextAreOrdinaryUnlessAskedFor) {
  EXPECT_THAT(small().pieces("un[MASK]"), ElementsAre(9, 14, 13, 15));
  EXPECT_THAT(small().pieces_with_special("un[MASK]want [mask]"), ElementsAre(9, 4, 5, 14, 13, 15));
  EXPECT_THAT(small({.lower_case = false}).pieces("[MASK]"), ElementsAre(14, 16, 15));
  // A zero-width space hides the token until clean-up; lower case hides it for good.
  EXPECT_THAT(small({.lower_case = false}).pieces_with_special("[MA\u200bSK]"), ElementsAre(4));
  EXPECT_THAT(small().pieces_with_special("[MA\u200bSK]"), ElementsAre(14, 13, 15));
}

TEST(WordPieceTest, AccentsFollowCaseUnlessSet) {
  EXPECT_THAT(small().pieces("E\u0301"), ElementsAre(18));
  EXPECT_THAT(small({.strip_accents = false}).pieces("E\u0301"), ElementsAre(17));
  EXPECT_THAT(small({.lower_case = false}).pieces("e\u0301"), ElementsAre(17));
  EXPECT_THAT(small({.lower_case = false, .strip_accents = true}).pieces("e\u0301"), ElementsAre(18));
}

TEST(WordPieceTest, LongestWordIsCountedInCharacters) {
  const auto three = small({.strip_accents = false, .max_word_characters = 1});
  EXPECT_THAT(three.pieces("\u00e9 e un"), ElementsAre(17, 18, 1));
}

TEST(WordPieceTest, IllFormedTextIsNamedAndLeavesTheOutputAlone) {
  const WordPiece wordpiece = small();
  Ids out = {7};
  EXPECT_EQ(failure([&] { wordpiece.append_pieces("un want \xff", out); }),
            R"(65: text:@8: not UTF-8: "\xff")");
  EXPECT_THAT(out, ElementsAre(7));
}

TEST(WordPieceTest, LongestWordMustBePositive) {
  EXPECT_EQ(failure([] { small({.max_word_characters = 0}); }), "78: max_word_characters: 0 is not above 0");
}

/// Every case of fixtures/make_wordpiece.py, in four settings of case, accents and ideographs.
TEST(WordPieceTest, EqualsHuggingFace) {
  const auto vocabulary =
      std::make_shared<const Vocabulary>(Vocabulary::read(fixtures / "wordpiece_vocab.txt"));
  std::size_t cases = 0;
  for (const auto& group : read_json(fixtures / "wordpiece.json")) {
    const auto& wanted = group["options"];
    WordPieceOptions options{.lower_case = wanted["lower_case"], .split_chinese = wanted["split_chinese"]};
    if (!wanted["strip_accents"].is_null()) options.strip_accents = wanted["strip_accents"].get<bool>();
    const WordPiece wordpiece(vocabulary, options);
    for (const auto& item : group["cases"]) {
      const std::string text = item[0];
      EXPECT_EQ(wordpiece.pieces(text), item[1].get<Ids>()) << wanted << " " << item[0].dump();
      EXPECT_EQ(wordpiece.pieces_with_special(text), item[2].get<Ids>()) << wanted << " " << item[0].dump();
      ++cases;
    }
  }
  EXPECT_GT(cases, 700U);
}

TEST(WordPieceTest, GivesTheIdsOfBertBaseUncased) {
  if (!std::filesystem::exists(shared_vocabulary)) GTEST_SKIP() << "needs " << shared_vocabulary;
  const WordPiece wordpiece(std::make_shared<const Vocabulary>(Vocabulary::read(shared_vocabulary)));
  // Pinned in Hugging Face's own tests of BertTokenizer.
  EXPECT_THAT(wordpiece.encode("UNwant\u00e9d,running"), ElementsAre(101, 18162, 1010, 2770, 102));
}

TEST(WordPieceTest, EqualsHuggingFaceOnATreebank) {
  const auto treebank = std::filesystem::path(ONSET_SHARED_DATA) / "en_ewt-ud-dev.conllu";
  if (!std::filesystem::exists(shared_vocabulary) || !std::filesystem::exists(treebank)) {
    GTEST_SKIP() << "needs " << shared_vocabulary << " and " << treebank;
  }
  const WordPiece wordpiece(std::make_shared<const Vocabulary>(Vocabulary::read(shared_vocabulary)));
  const auto expected = read_json(fixtures / "wordpiece_shared.json");
  constexpr std::string_view key = "# text = ";
  std::int64_t lines = 0;
  std::size_t tokens = 0;
  Sha256 hash;
  for (const std::string& line : read_lines(treebank)) {
    if (!line.starts_with(key)) continue;
    const Ids ids = wordpiece.pieces(std::string_view(line).substr(key.size()));
    ++lines;
    tokens += ids.size();
    static_assert(std::endian::native == std::endian::little);
    hash.update(std::as_bytes(std::span(ids)));
  }
  EXPECT_EQ(lines, expected["lines"]);
  EXPECT_EQ(tokens, expected["tokens"]);
  EXPECT_EQ(hash.hex(), expected["sha256"]);
}

TEST(EncodeLinesTest, DoesNotDependOnTheThreads) {
  const WordPiece wordpiece = small();
  std::vector<std::string> texts;
  for (int i = 0; i < 3000; ++i)
    texts.push_back(i % 3 == 0 ? "unwanted, running" : std::string(i % 17, 'e') + " want\u00e9d");
  const std::vector<std::string_view> lines(texts.begin(), texts.end());
  const auto serial = encode_lines(wordpiece, lines, 1);
  ASSERT_EQ(serial.size(), lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) ASSERT_EQ(serial[i], wordpiece.encode(lines[i]));
  EXPECT_EQ(encode_lines(wordpiece, lines, 4), serial);
  EXPECT_EQ(encode_lines(wordpiece, lines, 0), serial);
  EXPECT_THAT(encode_lines(wordpiece, {}, 3), IsEmpty());
}

TEST(EncodeLinesTest, NamesTheFirstBadLineWhateverTheThreads) {
  const WordPiece wordpiece = small();
  std::vector<std::string_view> lines(5000, "unwanted");
  lines[1234] = "un\xff";
  lines[1235] = "\xff";
  lines[4000] = "\xff";
  for (const int threads : {1, 2, 7}) {
    EXPECT_EQ(failure([&] { encode_lines(wordpiece, lines, threads); }),
              R"(65: line 1235: text:@2: not UTF-8: "\xff")");
  }
}

}  // namespace
}  // namespace onset
