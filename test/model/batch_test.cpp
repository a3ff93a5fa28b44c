#include "onset/model/batch.h"

#include <gtest/gtest.h>

namespace onset {
namespace {

TEST(Batch, PacksEndToEndWithPositionsFromZero) {
  const std::vector<std::int32_t> a = {7, 8, 9};
  const std::vector<std::int32_t> b = {5};
  const std::vector<std::span<const std::int32_t>> both = {a, b};
  const PackedBatch batch = pack(both, torch::kCPU);
  EXPECT_EQ(batch.offsets, (std::vector<std::int64_t>{0, 3, 4}));
  EXPECT_TRUE(torch::equal(batch.ids, torch::tensor({7, 8, 9, 5}, torch::kInt64)));
  EXPECT_TRUE(torch::equal(batch.positions, torch::tensor({0, 1, 2, 0}, torch::kInt64)));
}

TEST(Batch, CutsByLengthWithinTheBound) {
  // Longest first: items 1 (9), 3 (4), 0 (3), 2 (3). 9 + 4 exceeds 10; 4 + 3 + 3 is exactly 10.
  const std::vector<std::int64_t> lengths = {3, 9, 3, 4};
  EXPECT_EQ(batches_by_length(lengths, 10), (std::vector<std::vector<std::int64_t>>{{1}, {3, 0, 2}}));
  EXPECT_EQ(batches_by_length(std::vector<std::int64_t>{30}, 10).size(), 1U);  // one item may exceed it alone
  EXPECT_TRUE(batches_by_length({}, 10).empty());
}

}  // namespace
}  // namespace onset
