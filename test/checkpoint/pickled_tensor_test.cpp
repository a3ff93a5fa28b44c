#include "onset/checkpoint/pickled_tensor.h"

#include <gtest/gtest.h>

#include <limits>

namespace onset {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

std::string fault(std::int64_t items, std::int64_t offset, const std::vector<std::int64_t>& sizes,
                  const std::vector<std::int64_t>& strides) {
  return window_fault({"a", "0", StorageType::float32, items, offset, sizes, strides});
}

TEST(PickledTensor, BytesOfANumber) {
  EXPECT_EQ(item_size(StorageType::float64), 8);
  EXPECT_EQ(item_size(StorageType::int64), 8);
  EXPECT_EQ(item_size(StorageType::float32), 4);
  EXPECT_EQ(item_size(StorageType::int32), 4);
  EXPECT_EQ(item_size(StorageType::float16), 2);
  EXPECT_EQ(item_size(StorageType::bfloat16), 2);
  EXPECT_EQ(item_size(StorageType::int16), 2);
  EXPECT_EQ(item_size(StorageType::int8), 1);
  EXPECT_EQ(item_size(StorageType::uint8), 1);
  EXPECT_EQ(item_size(StorageType::boolean), 1);
}

TEST(PickledTensor, WindowsUpToTheLastNumber) {
  EXPECT_EQ(fault(6, 0, {2, 3}, {3, 1}), "");  // the last is 1 * 3 + 2 * 1 = 5
  EXPECT_EQ(fault(5, 0, {2, 3}, {3, 1}),
            "a tensor of size [2, 3], strides [3, 1], offset 0: reaches beyond its storage 0 of 5 numbers");
  EXPECT_EQ(fault(7, 1, {2, 3}, {3, 1}), "");
  EXPECT_EQ(fault(6, 1, {2, 3}, {3, 1}),
            "a tensor of size [2, 3], strides [3, 1], offset 1: reaches beyond its storage 0 of 6 numbers");
  EXPECT_EQ(fault(1, 0, {}, {}), "") << "a scalar";
  EXPECT_NE(fault(0, 0, {}, {}), "");
  EXPECT_EQ(fault(10, 0, {4}, {3}), "");  // 9
  EXPECT_NE(fault(9, 0, {4}, {3}), "");
}

TEST(PickledTensor, EmptyWindowsReachNowhere) {
  EXPECT_EQ(fault(6, 6, {0, 3}, {3, 1}), "");
  EXPECT_EQ(fault(0, 0, {5, 0}, {1, 1}), "");
  EXPECT_EQ(fault(6, 7, {0}, {1}),
            "a tensor of size [0], strides [1], offset 7: reaches beyond its storage 0 of 6 numbers");
}

TEST(PickledTensor, NothingIsNegative) {
  EXPECT_EQ(fault(6, 0, {-1}, {1}),
            "a tensor of size [-1], strides [1], offset 0: a negative size or stride");
  EXPECT_EQ(fault(6, 5, {2}, {-1}),
            "a tensor of size [2], strides [-1], offset 5: a negative size or stride");
  EXPECT_EQ(fault(6, -1, {2}, {1}),
            "a tensor of size [2], strides [1], offset -1: reaches beyond its storage 0 of 6 numbers");
}

TEST(PickledTensor, OneStrideADimension) {
  const std::string wanted = "expected one stride a dimension, at most 64";
  EXPECT_EQ(fault(6, 0, {2, 3}, {1}), "a tensor of size [2, 3], strides [1], offset 0: " + wanted);
  EXPECT_EQ(fault(6, 0, {}, {1}), "a tensor of size [], strides [1], offset 0: " + wanted);
  const std::vector<std::int64_t> ones(64, 1);
  EXPECT_EQ(fault(1, 0, ones, ones), "");
  const std::vector<std::int64_t> more(65, 1);
  EXPECT_TRUE(fault(1, 0, more, more).ends_with(wanted));
}

TEST(PickledTensor, ProductsThatOverflow) {
  constexpr std::int64_t half = 1LL << 32U;  // its square is 2^64
  for (const std::string& found :
       {fault(most, 0, {half, half}, {0, 0}), fault(most, 0, {half}, {half}), fault(most, 1, {2}, {most})}) {
    EXPECT_TRUE(found.ends_with(": too large")) << found;
  }
}

TEST(PickledTensor, RepetitionIsBounded) {
  // a stride of 0 may give 2^24 = 16777216 numbers more than the storage has
  EXPECT_EQ(fault(1, 0, {16'777'217}, {0}), "");
  EXPECT_EQ(fault(1, 0, {16'777'218}, {0}),
            "a tensor of size [16777218], strides [0], offset 0: repeats its storage of 1 numbers too often");
  EXPECT_EQ(fault(40'000'000, 0, {40'000'000}, {1}), "") << "large without repeating anything";
}

}  // namespace
}  // namespace onset
