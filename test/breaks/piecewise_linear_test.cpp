#include "onset/breaks/piecewise_linear.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "onset/base/random.h"
#include "test/breaks/simulated_series.h"

namespace onset {
namespace {

std::vector<double> noise(std::size_t count, double sd, std::uint64_t seed) {
  std::vector<double> values;
  for (std::size_t k = 0; k < count; ++k) values.push_back(sd * draw_normal(seed, Draw::order, {k}));
  return values;
}

/// RSS of the least-squares broken line with these knots, by another road: QR of the hinge basis.
double rss_by_qr(const std::vector<double>& u, const std::vector<double>& y,
                 const std::vector<double>& knots) {
  const auto n = static_cast<Eigen::Index>(u.size());
  Eigen::MatrixXd basis(n, static_cast<Eigen::Index>(knots.size()) + 2);
  for (Eigen::Index k = 0; k < n; ++k) {
    const double x = u[static_cast<std::size_t>(k)];
    basis(k, 0) = 1;
    basis(k, 1) = x;
    for (std::size_t j = 0; j < knots.size(); ++j) {
      basis(k, static_cast<Eigen::Index>(j) + 2) = std::max(0.0, x - knots[j]);
    }
  }
  const Eigen::VectorXd target = Eigen::Map<const Eigen::VectorXd>(y.data(), n);
  return (target - basis * basis.colPivHouseholderQr().solve(target)).squaredNorm();
}

/// The least RSS over every choice of knots at checkpoints that leaves each piece two of them.
double brute_force(const std::vector<double>& u, const std::vector<double>& y, std::size_t count) {
  const std::size_t n = u.size();
  std::vector<char> chosen(n, 0);
  std::fill(chosen.begin(), chosen.begin() + static_cast<std::ptrdiff_t>(count), 1);
  double best = std::numeric_limits<double>::infinity();
  do {
    std::vector<double> knots;
    std::size_t previous = 0;
    bool allowed = true;
    for (std::size_t k = 0; k < n; ++k) {
      if (chosen[k] == 0) continue;
      allowed = allowed && k + 3 <= n && k >= (knots.empty() ? 1 : previous + 2);
      knots.push_back(u[k]);
      previous = k;
    }
    if (allowed) best = std::min(best, rss_by_qr(u, y, knots));
  } while (std::prev_permutation(chosen.begin(), chosen.end()));
  return best;
}

TEST(BrokenLine, SearchIsExact) {
  const std::vector<double> u = {0, 1, 2, 4, 5, 7, 8, 9, 12, 13, 14, 16};
  const BrokenLineFitter fitter(u);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::vector<double> y = noise(u.size(), 1, seed);
    for (std::size_t knots = 1; knots <= 4; ++knots) {
      EXPECT_NEAR(fitter.rss_at_checkpoints(y, knots), brute_force(u, y, knots), 1e-9)
          << knots << " knots, seed " << seed;
    }
  }
}

TEST(BrokenLine, RefiningNeverCostsAndItsSumIsTrue) {
  const std::vector<double> u = even_steps(30, 10);
  const BrokenLineFitter fitter(u);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const std::vector<double> y = noise(u.size(), 1, seed);
    for (std::size_t knots = 1; knots <= 3; ++knots) {
      const BrokenLine line = fitter.fit(y, knots);
      EXPECT_LE(line.rss, fitter.rss_at_checkpoints(y, knots) + 1e-9);
      EXPECT_NEAR(line.rss, rss_by_qr(u, y, line.knots), 1e-8);
    }
  }
}

TEST(BrokenLine, FindsAPlantedKnotBetweenCheckpoints) {
  const std::vector<double> u = even_steps(40, 100);
  std::vector<double> y;
  for (const double x : u) y.push_back(3 + 0.001 * x + 0.02 * std::max(0.0, x - 1737.5));
  const BrokenLine line = BrokenLineFitter(u).choose(y, 3);
  ASSERT_EQ(line.knots.size(), 1u);
  EXPECT_NEAR(line.onset(), 1737.5, 1e-3);
  EXPECT_NEAR(line.slope_change, 0.02, 1e-8);
  EXPECT_NEAR(line.slopes[0], 0.001, 1e-8);
  EXPECT_NEAR(line.start_value, 3, 1e-6);
}

TEST(BrokenLine, OnsetIsTheKnotWithTheLargestIncrease) {
  // Slopes 0, 1, 0, 3 with knots at 10, 20, 30: increases 1, -1, 3.
  const std::vector<double> u = even_steps(41, 1);
  std::vector<double> y;
  for (const double x : u) {
    y.push_back(std::max(0.0, x - 10) - std::max(0.0, x - 20) + 3 * std::max(0.0, x - 30));
  }
  const BrokenLine line = BrokenLineFitter(u).choose(y, 3);
  ASSERT_EQ(line.knots.size(), 3u);
  EXPECT_EQ(line.onset_knot, 2u);
  EXPECT_NEAR(line.onset(), 30, 1e-4);
  EXPECT_NEAR(line.slope_change, 3, 1e-6);
}

TEST(BrokenLine, KeepsToNoKnotOnALineAndOnNoise) {
  const std::vector<double> u = even_steps(60, 1);
  const BrokenLineFitter fitter(u);
  EXPECT_EQ(fitter.choose(u, 3).knots.size(), 0u);
  int knots = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    knots += fitter.choose(noise(u.size(), 1, seed), 3).knots.empty() ? 0 : 1;
  }
  EXPECT_LE(knots, 10);
}

TEST(BrokenLine, ThinnedSearchIsRefinedToTheSameKnot) {
  const std::vector<double> u = even_steps(1000, 1);
  std::vector<double> y = noise(u.size(), 0.01, 5);
  for (std::size_t k = 0; k < u.size(); ++k)
    y[k] += 0.01 * std::max(0.0, u[k] - 333.3) - 0.01 * std::max(0.0, u[k] - 700);
  const BrokenLine thinned = BrokenLineFitter(u, 60).fit(y, 2), full = BrokenLineFitter(u, 1000).fit(y, 2);
  EXPECT_NEAR(thinned.onset(), full.onset(), 1e-2);
  EXPECT_NEAR(full.onset(), 333.3, 1);
}

TEST(BrokenLine, GivesFewerKnotsWhereThePointsDoNotSuffice) {
  // Six checkpoints, two in every piece: one or two knots, not three.
  const std::vector<double> u = even_steps(6, 1);
  EXPECT_EQ(BrokenLineFitter(u).fit({0, 3, 1, 4, 1, 5}, 3).knots.size(), 2u);
  EXPECT_EQ(BrokenLineFitter(even_steps(4, 1)).fit({0, 3, 1, 4}, 1).knots.size(), 0u);
}

TEST(BrokenLine, CriterionIsSchwarzsWithThreeParametersAKnot) {
  // 4 points, total sum of squares 5 about the mean: 4 log(2/4) + (2 + 3) log 4.
  EXPECT_NEAR(broken_line_criterion(2, 1, {1, 2, 3, 4}), 4 * std::log(0.5) + 5 * std::log(4.0), 1e-12);
  // An exact fit counts as a residual of 1e-12 x 5.
  EXPECT_NEAR(broken_line_criterion(0, 0, {1, 2, 3, 4}), 4 * std::log(5e-12 / 4) + 2 * std::log(4.0), 1e-9);
}

}  // namespace
}  // namespace onset
