#include "onset/breaks/dip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "onset/base/random.h"
#include "test/breaks/not_a_number.h"

namespace onset {
namespace {

Curve curve_of(const std::vector<double>& values) {
  Curve curve{"twonn", {}, values, {}};
  for (std::size_t k = 0; k < values.size(); ++k) curve.steps.push_back(100.0 * static_cast<double>(k));
  return curve;
}

TEST(Dip, FindsWhereAndHowDeep) {
  // Straight down to 8 and straight up to 11: the median of three makes the minimum 9 (of 9.5, 8, 9).
  const Dip dip = find_dip(curve_of({20, 17, 14, 11, 9.5, 8, 9, 10, 11}));
  EXPECT_TRUE(dip.found);
  EXPECT_EQ(dip.step, 500);
  EXPECT_EQ(dip.value, 9);
  EXPECT_EQ(dip.depth, 2);  // 11 - 9 on the right, 20 - 9 on the left
  EXPECT_EQ(dip.side, DipSide::none);
}

TEST(Dip, OneWildCheckpointIsNone) {
  const Dip dip = find_dip(curve_of({10, 10, 10.1, 2, 10.1, 10.2, 10.2, 10.3}));
  EXPECT_FALSE(dip.found);
}

TEST(Dip, LiesBeforeInOrAfterTheOnset) {
  const Curve curve = curve_of({20, 17, 14, 11, 9.5, 8, 9, 10, 11});
  EXPECT_EQ(find_dip(curve, OnsetPlace{600, 700}).side, DipSide::before);
  EXPECT_EQ(find_dip(curve, OnsetPlace{400, 600}).side, DipSide::at);
  EXPECT_EQ(find_dip(curve, OnsetPlace{100, 200}).side, DipSide::after);
}

TEST(Dip, MustRiseAboveTheNoise) {
  std::vector<double> shallow, deep;
  for (std::uint64_t k = 0; k < 40; ++k) {
    const double noise = 0.2 * draw_normal(5, Draw::order, {k}), x = static_cast<double>(k);
    shallow.push_back(10 - 0.1 * x + noise);
    deep.push_back(10 - 0.2 * x + 0.4 * std::max(0.0, x - 20) + noise);
  }
  const Dip none = find_dip(curve_of(shallow)), found = find_dip(curve_of(deep));
  EXPECT_FALSE(none.found);
  EXPECT_THAT(none.reason, testing::StartsWith("no dip"));
  EXPECT_TRUE(found.found);
  EXPECT_NEAR(found.step, 2000, 300);
  EXPECT_NEAR(found.noise, 0.2, 0.1);
}

TEST(Dip, SaysWhyThereIsNone) {
  EXPECT_EQ(find_dip(curve_of({3, 2, 1, 2})).reason, "no dip: 4 points, at least 5 are needed");
  EXPECT_EQ(find_dip(curve_of({3, nan, 1, 2, 3})).reason, "no dip: 4 points, at least 5 are needed");
  EXPECT_EQ(find_dip(curve_of({3, 3, 3, 3, 3})).reason, "no dip: the curve is constant");
  EXPECT_EQ(find_dip(curve_of({5, 4, 3, 2, 1})).reason, "no dip: the curve does not fall and rise again");
  EXPECT_EQ(find_dip(curve_of({20, 17, 14, 11, 8, 5, 8, 11, 14})).reason,
            "dip at step 500, 6 deep, inf times the noise");
}

}  // namespace
}  // namespace onset
