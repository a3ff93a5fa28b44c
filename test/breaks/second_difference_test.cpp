#include "onset/breaks/second_difference.h"

#include <gtest/gtest.h>

#include <cmath>

#include "test/breaks/simulated_series.h"

namespace onset {
namespace {

std::vector<double> hinge(const std::vector<double>& u, double knot) {
  std::vector<double> y;
  for (const double x : u) y.push_back(std::max(0.0, x - knot));
  return y;
}

TEST(SecondDifference, IsTheArgmaxOfTheFormula) {
  // d = 1: D(1) = (1 - 0) - (0 - 0) = 1, D(2) = (4 - 1) - (1 - 0) = 2, D(3) = (5 - 4) - (4 - 1) = -2.
  const auto found = second_difference({0, 1, 2, 3, 4}, {0, 0, 1, 4, 5}, 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->index, 2u);
  EXPECT_EQ(found->u, 2);
  EXPECT_EQ(found->amplitude, 2);
  EXPECT_FALSE(found->at_edge);
}

TEST(SecondDifference, FindsAPlantedBreakOnACheckpointForEverySpacing) {
  const std::vector<double> u = even_steps(41, 100);
  for (const double spacing : {100.0, 250.0, 300.0, 1000.0}) {
    const auto found = second_difference(u, hinge(u, 1700), spacing);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->u, 1700) << spacing;
    EXPECT_NEAR(found->amplitude, spacing, 1e-9);  // slope change 1 times d
  }
}

TEST(SecondDifference, AnswersTheNearestCheckpointForABreakBetweenTwo) {
  const std::vector<double> u = even_steps(41, 100);
  EXPECT_EQ(second_difference(u, hinge(u, 1730), 300)->u, 1700);
  EXPECT_EQ(second_difference(u, hinge(u, 1770), 300)->u, 1800);
}

TEST(SecondDifference, InterpolatesBetweenUnevenCheckpoints) {
  // f(3) = 1 + (5 - 1)/2 = 3 by interpolation on [2, 4]; with d = 1.5, D(1.5) = f(3) - 2 f(1.5) + f(0) = 3 -
  // 1 + 0 = 2; D(2): f(3.5) = 4, f(0.5) = 1/6, so 4 - 2 + 1/6 = 2.1667; other checkpoints lie too near an
  // end.
  const auto found = second_difference({0, 1.5, 2, 4}, {0, 0.5, 1, 5}, 1.5);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->u, 2);
  EXPECT_NEAR(found->amplitude, 13.0 / 6, 1e-12);
  EXPECT_TRUE(found->at_edge);
}

TEST(SecondDifference, TiesGoToTheEarliest) {
  const std::vector<double> u = even_steps(9, 1);
  EXPECT_EQ(second_difference(u, hinge(u, 4.5), 2)->u, 4);  // D is the same at 4 and 5
  EXPECT_EQ(second_difference(u, u, 2)->u, 2);              // a straight line: D is 0 everywhere
  EXPECT_NEAR(second_difference(u, u, 2)->amplitude, 0, 1e-12);
}

TEST(SecondDifference, HasNoAnswerWhereTheSeriesIsTooShort) {
  EXPECT_FALSE(second_difference({0, 1, 2, 3}, {0, 0, 1, 2}, 2));
  EXPECT_FALSE(second_difference({0, 1}, {0, 1}, 0.5));
  EXPECT_TRUE(second_difference({0, 1, 2, 3, 4}, {0, 0, 1, 2, 3}, 2));
}

TEST(SecondDifference, ReachesNeighboursDespiteRounding) {
  // 0.1 is not a binary fraction: 3 x 0.1 differs from 0.3 in the last bit, and the third checkpoint must
  // count all the same.
  const std::vector<double> u = {0, 0.1, 0.2, 0.30000000000000004, 0.4, 0.5, 0.6};
  const auto found = second_difference(u, hinge(u, 0.3), 3 * 0.1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->index, 3u);
}

}  // namespace
}  // namespace onset
