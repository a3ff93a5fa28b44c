#include "onset/training/packing.h"

#include <gtest/gtest.h>

#include "test/training/small_corpus.h"

namespace onset {
namespace {

struct Sequence {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> heads;
  bool operator==(const Sequence&) const = default;
};

std::vector<Sequence> pack_all(const PackingOptions& options, const std::vector<TokenisedSentence>& sentences,
                               std::int64_t* left_out = nullptr) {
  std::vector<Sequence> out;
  Packer packer(options, [&](auto ids, auto heads) {
    out.push_back({{ids.begin(), ids.end()}, {heads.begin(), heads.end()}});
  });
  for (const TokenisedSentence& sentence : sentences) packer.add(sentence);
  packer.finish();
  if (left_out != nullptr) *left_out = packer.left_out();
  return out;
}

WordPiece wordpiece() {
  return WordPiece(std::make_shared<const Vocabulary>(std::vector<std::string>{
      "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "d", "e", "f", "g", "h", "##s", "s"}));
}

TEST(Tokenise, TheFirstSubwordStandsForTheWordAtBothEnds) {
  // "as b cs": tokens a ##s b c ##s; as <- b (root) -> cs. `as` depends on b, b is the root, cs on as.
  const ParsedSentence sentence{"1", 1, {"as", "b", "cs"}, {2, 0, 1}, {"x", "root", "x"}};
  const TokenisedSentence tokens = tokenise(sentence, wordpiece());
  EXPECT_EQ(tokens.ids, (std::vector<std::int32_t>{5, 13, 6, 7, 13}));
  EXPECT_EQ(tokens.heads, (std::vector<std::int32_t>{2, no_head, root, 0, no_head}));
}

TEST(Tokenise, AWordWithoutSubwordsHasNoTokenAndGovernsNone) {
  // U+200B is cleaned away. b hangs on it, c on b.
  const ParsedSentence sentence{"1", 1, {"\xE2\x80\x8B", "b", "c"}, {0, 1, 2}, {"root", "x", "x"}};
  const TokenisedSentence tokens = tokenise(sentence, wordpiece());
  EXPECT_EQ(tokens.ids, (std::vector<std::int32_t>{6, 7}));
  EXPECT_EQ(tokens.heads, (std::vector<std::int32_t>{no_head, 0}));
}

TEST(Tokenise, TextHasNoHeads) {
  const TokenisedSentence tokens = tokenise("b as [MASK]", wordpiece());
  EXPECT_EQ(tokens.ids.size(), tokens.heads.size());
  for (const std::int32_t head : tokens.heads) EXPECT_EQ(head, no_head);
  EXPECT_EQ(std::ranges::count(tokens.ids, 4), 0);  // a typed [MASK] is ordinary characters
}

const TokenisedSentence abc{{5, 6, 7}, {1, root, 0}};     // a -> b, b root, c -> a
const TokenisedSentence de{{8, 9}, {root, 0}};            // d root, e -> d
const TokenisedSentence fgh{{10, 11, 12}, {2, 0, root}};  // f -> h, g -> f, h root

TEST(Packing, ASentenceASequence) {
  std::int64_t left_out = 0;
  EXPECT_EQ(pack_all({Packing::sentence, 5, 2, 3}, {abc, de}, &left_out),
            (std::vector<Sequence>{{{2, 5, 6, 7, 3}, {-1, 2, 0, 1, -1}}, {{2, 8, 9, 3}, {-1, 0, 1, -1}}}));
  EXPECT_EQ(left_out, 0);
}

TEST(Packing, ASentenceTooLongIsLeftOutAndCounted) {
  std::int64_t left_out = 0;
  EXPECT_EQ(pack_all({Packing::sentence, 4, 2, 3}, {abc, de, {}}, &left_out),
            (std::vector<Sequence>{{{2, 8, 9, 3}, {-1, 0, 1, -1}}}));
  EXPECT_EQ(left_out, 1);
}

TEST(Packing, BlocksCutSentencesAndTheirArcs) {
  // Four tokens a block: a b c d | e f g h. e's head d is in the block before; the roots b, d and h keep
  // [CLS].
  EXPECT_EQ(pack_all({Packing::block, 6, 2, 3}, {abc, de, fgh}),
            (std::vector<Sequence>{{{2, 5, 6, 7, 8, 3}, {-1, 2, 0, 1, 0, -1}},
                                   {{2, 9, 10, 11, 12, 3}, {-1, -1, 4, 2, 0, -1}}}));
  // Five a block: a b c d e | f g h; the second is short.
  EXPECT_EQ(pack_all({Packing::block, 7, 2, 3}, {abc, de, fgh}),
            (std::vector<Sequence>{{{2, 5, 6, 7, 8, 9, 3}, {-1, 2, 0, 1, 0, 4, -1}},
                                   {{2, 10, 11, 12, 3}, {-1, 3, 1, 0, -1}}}));
  // One a block: no arc but the roots' is left.
  const auto single = pack_all({Packing::block, 3, 2, 3}, {abc});
  ASSERT_EQ(single.size(), 3U);
  EXPECT_EQ(single[0], (Sequence{{2, 5, 3}, {-1, -1, -1}}));
  EXPECT_EQ(single[1], (Sequence{{2, 6, 3}, {-1, 0, -1}}));
}

TEST(Packing, HeadsAreCappedAtPosition511) {
  TokenisedSentence longest{std::vector<std::int32_t>(700, 5), std::vector<std::int32_t>(700, no_head)};
  longest.heads[3] = 509;  // position 510
  longest.heads[4] = 510;  // position 511
  longest.heads[5] = 699;  // position 700
  const auto sequences = pack_all({Packing::sentence, 1024, 2, 3}, {longest});
  EXPECT_EQ(sequences[0].heads[4], 510);
  EXPECT_EQ(sequences[0].heads[5], 511);
  EXPECT_EQ(sequences[0].heads[6], 511);
}

}  // namespace
}  // namespace onset
