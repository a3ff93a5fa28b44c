#include "onset/analysis/interval_pass.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace onset {
namespace {

using Places = std::vector<std::size_t>;

TEST(SpreadOrder, LastThenFirstThenHalves) {
  EXPECT_EQ(spread_order(0), Places{});
  EXPECT_EQ(spread_order(1), Places{0});
  EXPECT_EQ(spread_order(2), (Places{1, 0}));
  EXPECT_EQ(spread_order(9), (Places{8, 0, 4, 2, 6, 1, 3, 5, 7}));
}

TEST(SpreadOrder, HasEachPlaceOnce) {
  for (std::size_t count = 1; count < 70; ++count) {
    Places order = spread_order(count);
    std::ranges::sort(order);
    Places all(count);
    std::iota(all.begin(), all.end(), std::size_t{0});
    EXPECT_EQ(order, all) << count;
  }
}

}  // namespace
}  // namespace onset
