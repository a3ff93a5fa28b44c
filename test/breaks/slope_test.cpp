#include "onset/breaks/slope.h"

#include <gtest/gtest.h>

#include "test/breaks/simulated_series.h"

namespace onset {
namespace {

TEST(LargestSlope, IsTheSteepestLocalLine) {
  // Half window 1: slopes (y_{k+1} - y_{k-1})/2 = 0.5, 2, 2.5, 1.
  const auto found = largest_slope({0, 1, 2, 3, 4, 5}, {0, 0, 1, 4, 6, 6}, 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->index, 3u);
  EXPECT_DOUBLE_EQ(found->slope, 2.5);
}

TEST(LargestSlope, FitsUnevenCheckpoints) {
  // Only the window around 3 lies inside: points (0, 0), (3, 3), (4, 6), (6, 9). Means 13/4 and 18/4;
  // sum uv = 9 + 24 + 54 - 13 x 18 / 4 = 28.5, sum uu = 9 + 16 + 36 - 169/4 = 18.75.
  const auto found = largest_slope({0, 3, 4, 6}, {0, 3, 6, 9}, 3);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->u, 3);
  EXPECT_NEAR(found->slope, 28.5 / 18.75, 1e-12);
}

TEST(LargestSlope, MarksTheMiddleOfARise) {
  const std::vector<double> u = even_steps(50, 1);
  std::vector<double> y;
  for (const double x : u) y.push_back(logistic_at(22, 3)(x));
  EXPECT_EQ(largest_slope(u, y, 3)->u, 22);
}

TEST(LargestSlope, TiesGoToTheEarliestAndShortSeriesHaveNone) {
  const std::vector<double> u = even_steps(9, 1);
  EXPECT_EQ(largest_slope(u, u, 2)->u, 2);
  EXPECT_FALSE(largest_slope(u, u, 5));
  EXPECT_FALSE(largest_slope({0, 1}, {0, 1}, 1));
  EXPECT_FALSE(largest_slope({0, 10, 20}, {0, 1, 2}, 1)) << "a window of one checkpoint has no slope";
}

}  // namespace
}  // namespace onset
