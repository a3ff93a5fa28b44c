#include "onset/breaks/smooth_family.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

namespace onset {
namespace {

using Eigen::VectorXd;

const VectorXd x = VectorXd::LinSpaced(60, 0, 1);

VectorXd curve(const std::function<double(double)>& f) { return x.unaryExpr(f); }

/// Root mean square distance from the family in units of the curve's range.
template <class Family>
double misfit(const Family& family, const VectorXd& y) {
  const double range = y.maxCoeff() - y.minCoeff();
  return (y - family.project(y)).norm() / std::sqrt(static_cast<double>(y.size())) / range;
}

double logistic(double z) { return 1 / (1 + std::exp(-z)); }

TEST(NullShapes, HoldTheSmoothCurvesTheyName) {
  const ShapeFamily family = ShapeFamily::null_shapes(x, 0.4);
  EXPECT_LT(misfit(family, curve([](double t) { return 3 - 2 * t; })), 1e-9);
  // Parameters between the nodes of the grid; falling curves too.
  EXPECT_LT(misfit(family, curve([](double t) { return 0.5 + 0.3 * logistic((t - 0.43) / 0.1); })), 2e-3);
  EXPECT_LT(misfit(family, curve([](double t) { return 0.5 - 0.3 * logistic((t - 0.62) / 0.17); })), 2e-3);
  EXPECT_LT(misfit(family, curve([](double t) { return 1 - std::exp(-t / 0.113); })), 2e-3);
  EXPECT_LT(misfit(family, curve([](double t) { return std::pow(t + 0.02, -0.6); })), 2e-3);
  EXPECT_LT(misfit(family, curve([](double t) { return t * t; })), 2e-3);
}

TEST(NullShapes, LeaveOutBreaksAndFastRises) {
  const ShapeFamily family = ShapeFamily::null_shapes(x, 0.4);
  EXPECT_GT(misfit(family, curve([](double t) { return std::max(0.0, t - 0.4); })), 0.02);
  // 10-90 % in 0.13 of the axis, a third of what is allowed.
  EXPECT_GT(misfit(family, curve([](double t) { return logistic((t - 0.5) / 0.03); })), 0.05);
}

TEST(NullShapes, AdmitFasterRisesForASmallerShare) {
  const VectorXd rise = curve([](double t) { return logistic((t - 0.5) / 0.03); });
  EXPECT_LT(misfit(ShapeFamily::null_shapes(x, 0.1), rise), 5e-3);
}

TEST(SlowAsymmetric, HoldGompertzAndItsMirrorImage) {
  const ShapeFamily family = ShapeFamily::slow_asymmetric(x, 0.4);
  EXPECT_LT(misfit(family, curve([](double t) { return std::exp(-std::exp(-(t - 0.37) / 0.15)); })), 2e-3);
  EXPECT_LT(misfit(family, curve([](double t) { return 1 - std::exp(-std::exp((t - 0.63) / 0.15)); })), 2e-3);
}

TEST(ConcaveFamily, HoldsConcaveCurvesWhateverTheirCorners) {
  const ConcaveFamily family(x);
  for (const auto& f : std::vector<std::function<double(double)>>{
           [](double t) { return 2 * t; }, [](double t) { return std::min(t, 0.31); },
           [](double t) { return std::sqrt(t); }, [](double t) { return 1 - std::exp(-t / 0.02); }}) {
    EXPECT_LT(misfit(family, curve(f)), 1e-6);
  }
}

TEST(ConcaveFamily, ProjectsAConvexCurveOnItsLine) {
  // The best concave curve to a convex one is the least-squares line.
  const VectorXd y = curve([](double t) { return t * t; });
  const VectorXd projected = ConcaveFamily(x).project(y);
  const double slope = (projected[59] - projected[0]);
  EXPECT_NEAR(slope, 1, 1e-9);  // the line through t^2 on evenly spaced points has slope 1
  for (Eigen::Index k = 0; k < 60; ++k) EXPECT_NEAR(projected[k], projected[0] + slope * x[k], 1e-9);
}

TEST(ConcaveFamily, ResultIsConcaveAndNearest) {
  // y = 0, 2, 1, 2: concave regression. The pull between the 2 and the 1 makes a line from the second point
  // on: through (1, 2), (2, 1), (3, 2) with the first free: slope 0 at 5/3. Left slope 5/3 >= 0, so concave,
  // and RSS = 1/9 + 4/9 + 1/9 = 2/3.
  VectorXd points(4), y(4);
  points << 0, 1.0 / 3, 2.0 / 3, 1;
  y << 0, 2, 1, 2;
  const VectorXd projected = ConcaveFamily(points).project(y);
  EXPECT_NEAR(projected[0], 0, 1e-9);
  EXPECT_NEAR(projected[1], 5.0 / 3, 1e-9);
  EXPECT_NEAR(projected[2], 5.0 / 3, 1e-9);
  EXPECT_NEAR(projected[3], 5.0 / 3, 1e-9);
}

TEST(ConcaveFamily, NothingIsGainedWhereTheCurveIsConcave) {
  const ConcaveFamily family(x);
  for (const auto& f : std::vector<std::function<double(double)>>{[](double t) { return 2 * t; },
                                                                  [](double t) { return std::min(t, 0.31); },
                                                                  [](double t) { return std::sqrt(t); }}) {
    EXPECT_NEAR(family.upward_gains(curve(f))[0], 0, 1e-9);
  }
}

TEST(ConcaveFamily, OneBendUpwardsExplainsABreakWhateverFollowsIt) {
  // Flat, a break at the checkpoint 12/59, then two bends downwards: a bend upwards there explains all that
  // the concave fit left over, and one beside it nearly all.
  const double at = 12.0 / 59;
  const VectorXd y = curve([&](double t) {
    return 3 * std::max(0.0, t - at) - 2 * std::max(0.0, t - 20.0 / 59) - std::max(0.0, t - 45.0 / 59);
  });
  const ConcaveFamily family(x);
  const double left = (y - family.project(y)).squaredNorm();
  EXPECT_GT(left, 0.01);
  EXPECT_GT(family.upward_gains(y)[0], 0.95 * left);
  EXPECT_LE(family.upward_gains(y)[0], left + 1e-9);
}

TEST(ConcaveFamily, TheGainOfOneBendByHand) {
  // y = 0 0 0 1 2 at 0, 1/4 ... 1 is convex, so its nearest concave curve is its line: with t = -2 ... 2 the
  // slope is (0 + 0 + 0 + 1 + 4) / 10 = 0.5, RSS = sum y^2 - n mean^2 - slope^2 10 = 5 - 1.8 - 2.5 = 0.7. The
  // bend at the middle, the only one with two points on either side, fits it exactly.
  const VectorXd points = VectorXd::LinSpaced(5, 0, 1);
  VectorXd y(5);
  y << 0, 0, 0, 1, 2;
  EXPECT_NEAR(ConcaveFamily(points).upward_gains(y)[0], 0.7, 1e-12);
}

}  // namespace
}  // namespace onset
