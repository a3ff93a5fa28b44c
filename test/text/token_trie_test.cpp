#include "onset/text/token_trie.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace onset {
namespace {

TokenTrie::ByteMap identity() {
  TokenTrie::ByteMap map{};
  for (std::size_t byte = 0; byte < map.size(); ++byte) map[byte] = static_cast<std::uint8_t>(byte);
  return map;
}

Vocabulary vocabulary(const std::vector<std::string>& more) {
  std::vector<std::string> tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
  tokens.insert(tokens.end(), more.begin(), more.end());
  return Vocabulary(tokens);
}

TEST(TokenTrieTest, FindsTheLongestTokenFromEitherStart) {
  const TokenTrie trie(vocabulary({"un", "unable", "##able", "##a", "##"}));  // 5 6 7 8 9
  const auto map = identity();
  auto match = trie.longest(trie.word_start(), "unabl", map);
  EXPECT_EQ(match.id, 5);
  EXPECT_EQ(match.length, 2U);
  match = trie.longest(trie.word_start(), "unables", map);
  EXPECT_EQ(match.id, 6);
  EXPECT_EQ(match.length, 6U);
  match = trie.longest(trie.continuation(), "able", map);
  EXPECT_EQ(match.id, 7);
  match = trie.longest(trie.continuation(), "abl", map);
  EXPECT_EQ(match.id, 8);
  EXPECT_EQ(match.length, 1U);
  EXPECT_EQ(trie.longest(trie.continuation(), "xable", map).id, -1);  // "##" itself continues nothing
  EXPECT_EQ(trie.longest(trie.word_start(), "", map).id, -1);
}

TEST(TokenTrieTest, WithoutContinuationsNothingContinues) {
  const TokenTrie trie(vocabulary({"a", "#"}));
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(trie.longest(trie.continuation(), std::string(3, static_cast<char>(byte)), identity()).id, -1);
  }
}

TEST(TokenTrieTest, ReadsBytesThroughTheMap) {
  auto map = identity();
  map['A'] = 'a';
  const TokenTrie trie(vocabulary({"aaa"}));
  EXPECT_EQ(trie.longest(trie.word_start(), "aAAb", map).length, 3U);
  EXPECT_EQ(trie.longest(trie.word_start(), "aAAb", identity()).id, -1);
}

TEST(TokenTrieTest, HoldsEveryTokenOfALargeVocabulary) {
  // All numbers of three digits in base 36: 46,656 tokens whose nodes have many children and crowd the table.
  constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::vector<std::string> more;
  for (std::size_t i = 0; i < digits.size() * digits.size() * digits.size(); ++i) {
    const std::string token{digits[i % 36], digits[i / 36 % 36], digits[i / 1296]};
    more.push_back(i % 2 == 0 ? token : "##" + token);
  }
  const TokenTrie trie(vocabulary(more));
  const auto map = identity();
  for (std::size_t i = 0; i < more.size(); ++i) {
    const bool first = i % 2 == 0;
    const std::string text = more[i].substr(first ? 0 : 2);
    EXPECT_EQ(trie.longest(first ? trie.word_start() : trie.continuation(), text + "-", map).id,
              static_cast<int>(i) + 5);
    EXPECT_EQ(trie.longest(first ? trie.continuation() : trie.word_start(), text, map).id, -1);
  }
}

}  // namespace
}  // namespace onset
