#include "onset/breaks/suspicion.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "test/breaks/simulated_series.h"
#include "test/checkpoint/expect_error.h"

namespace onset {
namespace {

Curve curve_of(const std::vector<double>& values, double gap = 100) {
  return {"uas/micro", even_steps(values.size(), gap), values, {}};
}

/// The curve as it was when it had `points` points.
Curve so_far(const Curve& whole, std::size_t points) {
  Curve out = whole;
  out.steps.resize(points);
  out.values.resize(points);
  for (auto& replicate : out.replicates) replicate.resize(points);
  return out;
}

Suspicion suspect(const Curve& curve, SuspicionOptions options = {}) { return suspect_break(curve, options); }

/// How many points of the curve, each in its turn the newest, raise suspicion.
int alarms(const Curve& curve) {
  int out = 0;
  for (std::size_t points = 1; points <= curve.steps.size(); ++points) {
    SuspicionOptions at_once;
    at_once.hold = 0;
    out += suspect(so_far(curve, points), at_once).suspected ? 1 : 0;
  }
  return out;
}

TEST(Suspicion, ScoreByHandWithoutReplicates) {
  // Nothing moved before the newest point, so sigma = 0. Range 1: r = 0.005. Every D_w is f(t) = 1, and
  // S_w = 1 + 4 + 1: score = 1 / (0.005 sqrt 6) = 81.65.
  const Suspicion found = suspect(curve_of({0, 0, 0, 0, 0, 0, 1}));
  EXPECT_TRUE(found.suspected);
  EXPECT_EQ(found.step, 600);
  EXPECT_NEAR(found.score, 1 / (0.005 * std::sqrt(6.0)), 1e-9);
}

TEST(Suspicion, ScoreByHandWithReplicates) {
  // Four replicates move the newest point by +-0.1 and nothing else: v = 4 * 0.01 / 3 for every w. The points
  // before are flat, r = 0.005 * 0.4. D = 0.4: z = 0.4 / sqrt(0.04 / 3 + 6 * 0.002^2) = 3.461.
  Curve curve = curve_of({0, 0, 0, 0, 0, 0, 0.4});
  for (const double newest : {0.5, 0.3, 0.5, 0.3}) curve.replicates.push_back({0, 0, 0, 0, 0, 0, newest});
  const Suspicion found = suspect(curve);
  EXPECT_TRUE(found.suspected);
  EXPECT_NEAR(found.score, 0.4 / std::sqrt(0.04 / 3 + 6 * 0.002 * 0.002), 1e-9);
  SuspicionOptions higher;
  higher.threshold = 3.5;
  EXPECT_FALSE(suspect(curve, higher).suspected);
  // Replicates that move all points alike take no certainty away: the items are the same.
  for (std::size_t b = 0; b < 4; ++b) {
    for (std::size_t k = 0; k < 7; ++k) curve.replicates[b][k] = curve.values[k] + (b % 2 == 0 ? 0.1 : -0.1);
  }
  EXPECT_GT(suspect(curve).score, 80);
}

TEST(Suspicion, UnevenPointsAreInterpolated) {
  // Straight up to 1000, 0.001 a step, then 0.5 in 400: w = 1 gives d = 400, f(200) between 0 and 700 is 0.2:
  // D = 0.5 - (1.0 - 0.6) … by the points: f(1400) = 1.5, f(1000) = 1, f(600) = 0.6: D = 0.5 - 0.4 = 0.1.
  // With coefficients 1, -2 and 1/7, 6/7 (f(600) lies 6/7 of the way from 0 to 700) S = 5 + 37/49.
  Curve curve{"c", {0, 700, 800, 900, 950, 1000, 1400}, {0, 0.7, 0.8, 0.9, 0.95, 1, 1.5}, {}};
  SuspicionOptions any;
  any.threshold = 0.1;
  const double least = 0.005 * 1.5;
  // w = 2 … 5 reach to t - 2 d = 500, 400, 200, 0: D = 0.1 each, but with a larger S for a share nearer an
  // end. w = 1: shares 1/7, 6/7; w = 2: 2/7, 5/7; w = 3: 3/7, 4/7 has the smallest sum of squares, 25/49.
  EXPECT_NEAR(suspect(curve, any).score, 0.1 / (least * std::sqrt(5 + 25.0 / 49)), 1e-9);
}

TEST(Suspicion, IsSilentOnStraightLinesAndConstants) {
  std::vector<double> line, falling;
  for (int k = 0; k < 20; ++k) {
    line.push_back(0.3 + 0.013 * k);
    falling.push_back(0.9 - 0.02 * k);
  }
  EXPECT_EQ(alarms(curve_of(line)), 0);
  EXPECT_EQ(alarms(curve_of(falling)), 0);
  EXPECT_EQ(alarms(curve_of(std::vector<double>(20, 0.25))), 0);
  // Levelling off is a bend the other way.
  EXPECT_EQ(alarms(curve_of({0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5, 0.5, 0.5})), 0);
  // Logarithmic steps and a line in steps.
  Curve curve{"c", {}, {}, {}};
  for (int k = 0; k < 25; ++k) {
    curve.steps.push_back(std::round(10 * std::pow(10, k / 10.0)));
    curve.values.push_back(0.1 + 1e-5 * curve.steps.back());
  }
  EXPECT_EQ(alarms(curve), 0);
}

TEST(Suspicion, IsSilentOnNoise) {
  // 20 flat curves of 40 points, 700 newest points with a score: about 0.3 % above 3, so hardly more than 8.
  Simulation plan;
  plan.steps = even_steps(40, 50);
  plan.items = 200;
  plan.replicates = 100;
  int count = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    count += alarms(simulate([](double) { return 0.5; }, plan, seed));
  EXPECT_LE(count, 8);
}

TEST(Suspicion, FiresOnAPlantedBreak) {
  // From 0.5 to 0.85 between points 16 and 20 of 40: noticed while it rises, in each of ten runs.
  Simulation plan;
  plan.steps = even_steps(41, 50);
  plan.items = 1000;
  plan.replicates = 100;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Curve whole = simulate(broken_at(0.4, 0.5), plan, seed);
    EXPECT_FALSE(suspect(so_far(whole, 16)).suspected) << seed;
    bool found = false;
    for (std::size_t points = 17; points <= 21; ++points)
      found = found || suspect(so_far(whole, points)).suspected;
    EXPECT_TRUE(found) << seed;
    EXPECT_FALSE(suspect(whole).suspected) << seed;  // long over
  }
}

TEST(Suspicion, StandsForSomeFurtherPoints) {
  // A step between points 5 and 6: the rise over w points is new at points 6 … 10 (w = 1 … 5), then old.
  const Curve whole = curve_of({0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
  SuspicionOptions options;
  for (const std::size_t hold : {0U, 1U, 3U}) {
    options.hold = hold;
    for (std::size_t newest = 5; newest < 16; ++newest) {
      const Suspicion found = suspect(so_far(whole, newest + 1), options);
      EXPECT_EQ(found.suspected, newest >= 6 && newest <= 10 + hold) << newest << ' ' << hold;
      if (found.suspected) {
        EXPECT_EQ(found.step, 100.0 * static_cast<double>(std::min<std::size_t>(newest, 10)));
      }
    }
  }
}

TEST(Suspicion, FewPointsAndMissingOnes) {
  EXPECT_FALSE(suspect(curve_of({})).suspected);
  EXPECT_FALSE(suspect(curve_of({1})).suspected);
  EXPECT_FALSE(suspect(curve_of({0, 0, 0, 0, 1})).suspected);
  EXPECT_TRUE(suspect(curve_of({0, 0, 0, 0, 0, 1})).suspected);
  SuspicionOptions none;
  none.least_points = 0;
  EXPECT_FALSE(suspect(curve_of({}), none).suspected);
  EXPECT_FALSE(suspect(curve_of({0, 1}), none).suspected);  // no t - 2 d inside the curve
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(suspect(curve_of({0, 0, nan, 0, 0, 0, 0, 1, nan})).suspected);
  EXPECT_FALSE(suspect(curve_of(std::vector<double>(9, nan))).suspected);
  Curve wrong = curve_of({0, 0, 0, 0, 0, 0, 1});
  wrong.values.pop_back();
  expect_error(ErrorKind::bad_data, "uas/micro: values", [&] { suspect(wrong); });
}

}  // namespace
}  // namespace onset
