#include "onset/breaks/compare.h"

#include <gtest/gtest.h>

#include <cmath>

#include "onset/base/error.h"
#include "test/breaks/not_a_number.h"

namespace onset {
namespace {

TEST(AlignedDifference, TakesThePositionsOfBothInTheCommonRange) {
  // f = 0 .. 4 at 0, 10, 20, 40; g at 5, 15, 20, 30. Common range 5 to 30.
  const Curve f{"f", {0, 10, 20, 40}, {0, 1, 2, 4}, {}}, g{"g", {5, 15, 20, 30}, {0, 1, 1, 2}, {}};
  const AlignedDifference found = aligned_difference(f, g);
  EXPECT_EQ(found.steps, (std::vector<double>{5, 10, 15, 20, 30}));
  // f: 0.5, 1, 1.5, 2, 3; g: 0, 0.5, 1, 1, 2.
  EXPECT_EQ(found.difference, (std::vector<double>{0.5, 0.5, 0.5, 1, 1}));
  EXPECT_TRUE(found.replicates.empty());
}

TEST(AlignedDifference, ByOnsetCountsStepsFromEachOnset) {
  const Curve f{"f", {0, 100, 200}, {0, 0, 1}, {}}, g{"g", {0, 100, 200, 300}, {0, 0, 0, 1}, {}};
  const AlignedDifference found = aligned_difference(f, g, {100, 200});
  EXPECT_EQ(found.steps, (std::vector<double>{-100, 0, 100}));
  EXPECT_EQ(found.difference, (std::vector<double>{0, 0, 0}));
}

TEST(AlignedDifference, LeavesOutNaNAndPairsReplicatesByIndex) {
  const Curve f{"f", {0, 1, 2}, {1, nan, 3}, {{1, nan, 3}, {nan, nan, 0}, {2, nan, 4}}};
  const Curve g{"g", {0, 2}, {0, 1}, {{0, 1}, {0, 1}, {1, 2}}};
  const AlignedDifference found = aligned_difference(f, g);
  EXPECT_EQ(found.steps, (std::vector<double>{0, 2}));
  EXPECT_EQ(found.difference, (std::vector<double>{1, 2}));
  EXPECT_EQ(found.replicates, (std::vector<std::vector<double>>{{1, 2}, {1, 2}}));  // replicates 0 and 2
}

TEST(AlignedDifference, IsEmptyWhereRangesDoNotMeet) {
  EXPECT_TRUE(aligned_difference({"f", {0, 1}, {0, 1}, {}}, {"g", {2, 3}, {0, 1}, {}}).steps.empty());
  EXPECT_TRUE(aligned_difference({"f", {0, 1}, {nan, nan}, {}}, {"g", {0, 1}, {0, 1}, {}}).steps.empty());
  EXPECT_THROW(aligned_difference({"f", {1, 0}, {0, 1}, {}}, {"g", {0, 1}, {0, 1}, {}}), Error);
}

TEST(PairedDifference, TakesPercentilesOfTheDifferences) {
  // Differences 1, 3, 2; none at or below 0: p = 2 (1 + 0)/(1 + 3) = 0.5.
  const Difference found = paired_difference({5, {4, 7, nan, 5}}, {3, {3, 4, 0, 3, 9}});
  EXPECT_EQ(found.value, 2);
  ASSERT_TRUE(found.interval);
  EXPECT_EQ(found.interval->low, 1);
  EXPECT_EQ(found.interval->high, 3);
  EXPECT_EQ(*found.p, 0.5);
}

TEST(PairedDifference, OfEqualRunsHasPOne) {
  EXPECT_EQ(*paired_difference({1, {1, 2, 3}}, {1, {1, 2, 3}}).p, 1);
}

TEST(PairedDifference, WithoutReplicatesIsJustTheDifference) {
  const Difference found = paired_difference({5, {}}, {3, {1, 2}});
  EXPECT_EQ(found.value, 2);
  EXPECT_FALSE(found.interval);
  EXPECT_FALSE(found.p);
}

TEST(AreaBetween, IsTrapezoids) {
  // 0 to 10: (0 + 2)/2 x 10 = 10; 10 to 30: (2 + 1)/2 x 20 = 30. Length 30, mean 4/3.
  const auto found = area_between({{0, 10, 30}, {0, 2, 1}, {{0, 2, 1}, {0, 4, 2}}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->area, 40);
  EXPECT_EQ(found->from, 0);
  EXPECT_EQ(found->to, 30);
  EXPECT_DOUBLE_EQ(found->mean_difference.value, 4.0 / 3);
  EXPECT_DOUBLE_EQ(found->mean_difference.interval->low, 4.0 / 3);
  EXPECT_DOUBLE_EQ(found->mean_difference.interval->high, 8.0 / 3);
}

TEST(AreaBetween, MeasuresOnTheAxis) {
  // log(1 + step) runs from 0 to 2: a difference of 3 throughout has area 6.
  const auto found =
      area_between({{0, std::exp(1.0) - 1, std::exp(2.0) - 1}, {3, 3, 3}, {}}, StepAxis::log_step);
  EXPECT_NEAR(found->area, 6, 1e-12);
  EXPECT_NEAR(found->mean_difference.value, 3, 1e-12);
}

TEST(AreaBetween, NeedsTwoPositions) { EXPECT_FALSE(area_between({{5}, {1}, {}})); }

TEST(Summarise, NamesTheLastAndTheBest) {
  const Curve curve{"f", {0, 10, 20, 30}, {0.1, 0.9, 0.9, nan}, {{0, 1, 2, 3}, {4, 5, 6, 7}}};
  const auto found = summarise(curve);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->final_step, 20);
  EXPECT_EQ(found->final_value.value, 0.9);
  EXPECT_EQ(found->final_value.replicates, (std::vector<double>{2, 6}));
  EXPECT_EQ(found->best_step, 10);
  EXPECT_EQ(found->best_value.replicates, (std::vector<double>{1, 5}));
  EXPECT_EQ(summarise(curve, Trend::falling)->best_step, 0);
  EXPECT_FALSE(summarise({"f", {0}, {nan}, {}}));
}

}  // namespace
}  // namespace onset
