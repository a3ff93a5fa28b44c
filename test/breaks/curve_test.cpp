#include "onset/breaks/curve.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "onset/base/error.h"
#include "test/breaks/not_a_number.h"

namespace onset {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The message of the Error(bad_data) that cleaning throws.
std::string refusal(const Curve& curve) {
  try {
    clean_curve(curve);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_data);
    return error.what();
  }
  return "accepted";
}

TEST(Curve, AxisAndBack) {
  EXPECT_EQ(to_axis(700, StepAxis::step), 700);
  EXPECT_DOUBLE_EQ(to_axis(std::exp(2.0) - 1, StepAxis::log_step), 2);  // log(1 + e^2 - 1) = 2
  EXPECT_EQ(to_axis(0, StepAxis::log_step), 0);
  EXPECT_DOUBLE_EQ(from_axis(to_axis(1234, StepAxis::log_step), StepAxis::log_step), 1234);
}

TEST(CleanCurve, DropsPointsThatAreNaN) {
  const CleanCurve clean = clean_curve({"uas/micro", {0, 10, 20, 30}, {0.1, nan, 0.3, 0.4}, {}});
  EXPECT_EQ(clean.curve.steps, (std::vector<double>{0, 20, 30}));
  EXPECT_EQ(clean.curve.values, (std::vector<double>{0.1, 0.3, 0.4}));
  EXPECT_EQ(clean.dropped_points, 1u);
}

TEST(CleanCurve, DropsReplicatesWithHolesAndSaysWhichAreLeft) {
  const CleanCurve clean = clean_curve({"", {0, 1}, {1, 2}, {{1, 2}, {nan, 2}, {3, 4}}});
  EXPECT_EQ(clean.curve.replicates, (std::vector<std::vector<double>>{{1, 2}, {3, 4}}));
  EXPECT_EQ(clean.kept_replicates, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(clean.dropped_replicates, 1u);
}

TEST(CleanCurve, DropsAPointMostReplicatesLack) {
  const CleanCurve clean = clean_curve({"", {0, 1, 2}, {1, 2, 3}, {{1, nan, 3}, {1, nan, 3}, {1, 2, 3}}});
  EXPECT_EQ(clean.curve.steps, (std::vector<double>{0, 2}));
  EXPECT_EQ(clean.kept_replicates.size(), 3u);
}

TEST(CleanCurve, RefusesWhatIsNoCurve) {
  EXPECT_EQ(refusal({"uas/micro", {0, 1}, {1}, {}}),
            "uas/micro: values: expected 2 as there are steps, found 1");
  EXPECT_EQ(refusal({"", {0, 0}, {1, 2}, {}}), "curve: step 1: expected steps in strictly ascending order");
  EXPECT_EQ(refusal({"", {0, nan}, {1, 2}, {}}), "curve: step 1: not a finite number");
  EXPECT_EQ(refusal({"", {0, 1}, {1, infinity}, {}}), "curve: value 1: infinite");
  EXPECT_EQ(refusal({"", {0, 1}, {1, 2}, {{1, 2, 3}}}),
            "curve: replicate 0: expected 2 values as there are steps, found 3");
  EXPECT_EQ(refusal({"", {0, 1}, {1, 2}, {{1, -infinity}}}), "curve: replicate 0: infinite value");
}

TEST(Curve, ConstantToRounding) {
  EXPECT_TRUE(is_constant({0.3, 0.1 + 0.2, 0.3}));  // 0.1 + 0.2 is 0.30000000000000004
  EXPECT_FALSE(is_constant({0.3, 0.3001}));
  EXPECT_TRUE(is_constant({}));
}

TEST(Curve, MedianGap) {
  EXPECT_EQ(median_gap({0, 1, 3, 7}), 2);        // gaps 1, 2, 4
  EXPECT_EQ(median_gap({0, 1, 3, 7, 10}), 2.5);  // gaps 1, 2, 3, 4
  EXPECT_EQ(median_gap({5}), 0);
}

TEST(Curve, Interpolation) {
  EXPECT_DOUBLE_EQ(interpolate({0, 10, 30}, {1, 2, 6}, 15), 3);  // a quarter of the way from 2 to 6
  EXPECT_EQ(interpolate({0, 10, 30}, {1, 2, 6}, 0), 1);
  EXPECT_EQ(interpolate({0, 10, 30}, {1, 2, 6}, 30), 6);
}

}  // namespace
}  // namespace onset
