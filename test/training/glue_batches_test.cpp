#include "onset/training/glue_batches.h"

#include <gtest/gtest.h>

namespace onset {
namespace {

using Ids = std::vector<std::int32_t>;

WordPiece letters() {
  return WordPiece(std::make_shared<Vocabulary>(
      std::vector<std::string>{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "d", "e"}));
}

TEST(GlueBatches, OneSentenceAnExample) {
  const std::vector<GlueExample> examples = {{"a b", "", 1, 1}, {"", "", 0, 2}};
  const EncodedGlue data = encode_glue(glue_task("cola"), examples, letters(), 10);
  EXPECT_EQ(data.ids, (std::vector<Ids>{{2, 5, 6, 3}, {2, 3}}));
  EXPECT_EQ(data.labels, (std::vector<float>{1, 0}));
  EXPECT_EQ(data.shortened, 0);
  const std::vector<std::int64_t> items = {1, 0};
  const PackedBatch batch = pack_glue(data, items, true, torch::kCPU);
  EXPECT_TRUE(torch::equal(batch.ids, torch::tensor({2, 3, 2, 5, 6, 3}, torch::kInt64)));
  EXPECT_TRUE(torch::equal(batch.types, torch::zeros({6}, torch::kInt64)));
}

TEST(GlueBatches, TheSecondSentenceIsOfTypeOneEvenWhenEmpty) {
  const std::vector<GlueExample> examples = {{"a b", "c", 1, 1}, {"a", "", 0, 2}};
  const EncodedGlue data = encode_glue(glue_task("mrpc"), examples, letters(), 10);
  EXPECT_EQ(data.ids, (std::vector<Ids>{{2, 5, 6, 3, 7, 3}, {2, 5, 3, 3}}));
  const std::vector<std::int64_t> items = {0, 1};
  EXPECT_TRUE(torch::equal(pack_glue(data, items, true, torch::kCPU).types,
                           torch::tensor({0, 0, 0, 0, 1, 1, 0, 0, 0, 1}, torch::kInt64)));
  EXPECT_FALSE(pack_glue(data, items, false, torch::kCPU).types.defined());
}

TEST(GlueBatches, TheLongerSentenceIsShortenedFirst) {
  // Room for 7 - 3 = 4 tokens. 4 + 1: first loses one. 3 + 3: equal, so the second loses one, then the first.
  const std::vector<GlueExample> examples = {{"a b c d", "e", 0, 1}, {"a b c", "c d e", 0, 2}};
  const EncodedGlue data = encode_glue(glue_task("rte"), examples, letters(), 7);
  EXPECT_EQ(data.ids, (std::vector<Ids>{{2, 5, 6, 7, 3, 9, 3}, {2, 5, 6, 3, 7, 8, 3}}));
  EXPECT_EQ(data.shortened, 2);
}

}  // namespace
}  // namespace onset
