#include "onset/breaks/interval.h"

#include <gtest/gtest.h>

#include <cmath>

#include "test/breaks/not_a_number.h"

namespace onset {
namespace {

std::vector<double> count_down(int from) {
  std::vector<double> values;
  for (int i = from; i >= 1; --i) values.push_back(i);
  return values;
}

TEST(PercentileInterval, TakesTheKthFromEitherEnd) {
  // 200 values: k = floor(201 x 0.025) = 5.
  const auto interval = percentile_interval(count_down(200));
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->low, 5);
  EXPECT_EQ(interval->high, 196);
  // 199 values: k = floor(200 x 0.025) = 5 exactly, although 200 x (1 - 0.95)/2 falls below 5 in binary.
  EXPECT_EQ(percentile_interval(count_down(199))->low, 5);
  EXPECT_EQ(percentile_interval(count_down(199), 0.9)->low, 10);
}

TEST(PercentileInterval, IsTheRangeOfFewValues) {
  const auto interval = percentile_interval({3, 1, 2});
  EXPECT_EQ(interval->low, 1);
  EXPECT_EQ(interval->high, 3);
  EXPECT_FALSE(percentile_interval({1}));
  EXPECT_FALSE(percentile_interval({}));
}

TEST(PercentileInterval, LeavesOutNaN) {
  const auto interval = percentile_interval({nan, 3, 1, nan});
  EXPECT_EQ(interval->low, 1);
  EXPECT_EQ(interval->high, 3);
  EXPECT_FALSE(percentile_interval({nan, 1}));
}

TEST(PairedDifferences, PairByIndex) {
  const std::vector<double> differences = paired_differences({5, nan, 7, 9}, {1, 2, 3});
  ASSERT_EQ(differences.size(), 3u);
  EXPECT_EQ(differences[0], 4);
  EXPECT_TRUE(std::isnan(differences[1]));
  EXPECT_EQ(differences[2], 4);
}

TEST(WidenToResolution, GoesHalfWayToTheNeighboursOrToTheEnd) {
  const std::vector<double> u = {0, 10, 20, 40, 80, 100};
  const Interval inner = widen_to_resolution(u, {2, 3}, {1, 4});
  EXPECT_EQ(inner.low, 15);   // between 10 and 20
  EXPECT_EQ(inner.high, 60);  // between 40 and 80
  const Interval outer = widen_to_resolution(u, {1, 4}, {1, 4});
  EXPECT_EQ(outer.low, 0);
  EXPECT_EQ(outer.high, 100);
}

}  // namespace
}  // namespace onset
