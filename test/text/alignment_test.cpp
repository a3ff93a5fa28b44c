#include "onset/text/alignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "onset/text/conllu.h"
#include "test/text/errors.h"

namespace onset {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// [PAD] 0 [UNK] 1 [CLS] 2 [SEP] 3 [MASK] 4 un 5 ##want 6 ##ed 7 , 8 a 9
WordPiece small() {
  return WordPiece(std::make_shared<const Vocabulary>(std::vector<std::string>{
      "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##want", "##ed", ",", "a"}));
}

TEST(AlignmentTest, EachWordKnowsItsTokens) {
  const std::vector<std::string> words = {"Unwanted", ",", "a"};
  const AlignedSentence sentence = align(small(), words);
  EXPECT_THAT(sentence.ids, ElementsAre(2, 5, 6, 7, 8, 9, 3));
  EXPECT_THAT(sentence.words, ElementsAre(TokenSpan{1, 4}, TokenSpan{4, 5}, TokenSpan{5, 6}));
}

TEST(AlignmentTest, WordsWithoutSubwordsPunctuationInsideAndSpaces) {
  const std::vector<std::string> words = {"a,a", "\u200b", "a un", "\u0301"};
  const AlignedSentence sentence = align(small(), words);
  EXPECT_THAT(sentence.ids, ElementsAre(2, 9, 8, 9, 9, 5, 3));
  EXPECT_THAT(sentence.words,
              ElementsAre(TokenSpan{1, 4}, TokenSpan{4, 4}, TokenSpan{4, 6}, TokenSpan{6, 6}));
}

TEST(AlignmentTest, AWordOverAHundredCharactersIsOneUnknown) {
  const std::vector<std::string> words = {"a", std::string(101, 'a'), "un"};
  const AlignedSentence sentence = align(small(), words);
  EXPECT_THAT(sentence.ids, ElementsAre(2, 9, 1, 5, 3));
  EXPECT_THAT(sentence.words, ElementsAre(TokenSpan{1, 2}, TokenSpan{2, 3}, TokenSpan{3, 4}));
}

TEST(AlignmentTest, NoWords) {
  const AlignedSentence sentence = align(small(), {});
  EXPECT_THAT(sentence.ids, ElementsAre(2, 3));
  EXPECT_THAT(sentence.words, IsEmpty());
}

TEST(AlignmentTest, NamesTheWordThatIsNotUtf8) {
  const std::vector<std::string> words = {"a", "a\xff"};
  EXPECT_EQ(failure([&] { align(small(), words); }), R"(65: word 2: text:@1: not UTF-8: "\xff")");
}

TEST(AlignmentTest, SpansCoverATreebank) {
  const std::filesystem::path shared = ONSET_SHARED_DATA;
  if (!std::filesystem::exists(shared / "en_ewt-ud-dev.conllu")) GTEST_SKIP() << "needs the shared treebank";
  const WordPiece wordpiece(
      std::make_shared<const Vocabulary>(Vocabulary::read(shared / "bert-base-uncased-vocab.txt")));
  for (const ParsedSentence& parse : read_conllu(shared / "en_ewt-ud-dev.conllu")) {
    const AlignedSentence sentence = align(wordpiece, parse.words);
    ASSERT_EQ(sentence.words.size(), parse.words.size());
    std::int32_t position = 1;
    for (std::size_t i = 0; i < parse.words.size(); ++i) {
      ASSERT_EQ(sentence.words[i].begin, position);
      position = sentence.words[i].end;
      const auto first = sentence.ids.begin() + sentence.words[i].begin;
      ASSERT_EQ(std::vector(first, sentence.ids.begin() + position), wordpiece.pieces(parse.words[i]));
    }
    ASSERT_EQ(position + 1, static_cast<std::int32_t>(sentence.ids.size()));
  }
}

}  // namespace
}  // namespace onset
