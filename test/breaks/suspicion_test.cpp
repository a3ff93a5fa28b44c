#include "onset/breaks/suspicion.h"

#include <gtest/gtest.h>

#include <algorithm>
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

/// So that curves are short enough for a hand.
SuspicionOptions from(std::size_t points) {
  SuspicionOptions options;
  options.least_points = points;
  return options;
}

TEST(Suspicion, ScoreByHandWithoutReplicates) {
  // Three points: c = (f(2) - f(1)) - (f(1) - f(0)) = 1 a gap, weights 1, -2, 1, S = 6; range 1, r = 0.005.
  const Suspicion found = suspect(curve_of({0, 0, 1}), from(3));
  EXPECT_TRUE(found.suspected);
  EXPECT_EQ(found.step, 200);
  EXPECT_NEAR(found.score, 1 / (0.005 * std::sqrt(6.0)), 1e-9);
  // Five points, in gaps and from the third: max(0, u) = 0 0 0 1 2 less its regression on 1 and u,
  // 0.6 + 0.5 u, is 0.4 -0.1 -0.6 -0.1 0.4, whose squares sum to 0.7: c = 1, S = 1 / 0.7. r = 0.01. Bent a
  // point later c is 0 (w = 1), a point earlier S is 1 / 0.4.
  EXPECT_NEAR(suspect(curve_of({0, 0, 0, 1, 2}), from(5)).score, std::sqrt(0.7) / 0.01, 1e-9);
}

TEST(Suspicion, ScoreByHandWithReplicates) {
  // Four replicates move the newest point by +-0.1: v = 4 * 0.01 / 3. c = 0.4, r = 0.005 * 0.4.
  Curve curve = curve_of({0, 0, 0.4});
  for (const double newest : {0.5, 0.3, 0.5, 0.3}) curve.replicates.push_back({0, 0, newest});
  const Suspicion found = suspect(curve, from(3));
  EXPECT_TRUE(found.suspected);
  EXPECT_NEAR(found.score, 0.4 / std::sqrt(0.04 / 3 + 6 * 0.002 * 0.002), 1e-9);
  SuspicionOptions higher = from(3);
  higher.threshold = 3.5;
  EXPECT_FALSE(suspect(curve, higher).suspected);
  // Replicates that move all points alike take no certainty away: the items are the same.
  for (std::size_t b = 0; b < 4; ++b) {
    for (std::size_t k = 0; k < 3; ++k) curve.replicates[b][k] = curve.values[k] + (b % 2 == 0 ? 0.1 : -0.1);
  }
  EXPECT_NEAR(suspect(curve, from(3)).score, 1 / (0.005 * std::sqrt(6.0)), 1e-4);
}

TEST(Suspicion, NoiseIsThatOfThePointsBefore) {
  // Five points before the newest wobble by 0.1: all contrasts are +-0.1, so sigma^2 = 0.01 / (0.4549 * 1.5).
  // With w = 1, c = 9 - 2 * 0.1 + 0 and S = 6; no weighted sum of these points can score more than their
  // distance from their mean: sum of squares 81.03, mean 9.3 / 6.
  const double noise = 0.01 / (0.454936423119572 * 1.5) + 0.045 * 0.045;
  const Suspicion found = suspect(curve_of({0.1, 0, 0.1, 0, 0.1, 9}), from(6));
  EXPECT_GE(found.score, 8.8 / std::sqrt(6 * noise) - 1e-9);
  EXPECT_LE(found.score, std::sqrt((81.03 - 9.3 * 9.3 / 6) / noise) + 1e-9);
  EXPECT_FALSE(suspect(curve_of({0.1, 0, 0.1, 0, 0.1, 0.3}), from(6)).suspected);
}

TEST(Suspicion, UnevenPoints) {
  // Slopes 0.1 and 1 a step: c = 0.9, weights 1/20, -1/20 - 1/10, 1/10. Range 12, r = 0.06.
  const Curve curve{"c", {0, 20, 30}, {0, 2, 12}, {}};
  const double squares = 0.05 * 0.05 + 0.15 * 0.15 + 0.1 * 0.1;
  EXPECT_NEAR(suspect(curve, from(3)).score, 0.9 / (0.06 * std::sqrt(squares)), 1e-9);
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
  // 20 flat curves of 40 points, 700 newest points with a score: 0.3 % above 3 are 2, hardly more than 8.
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
  const Curve whole = curve_of({0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
  SuspicionOptions options;
  options.hold = 0;
  std::vector<std::size_t> raised;  // the newest points that raise suspicion themselves
  for (std::size_t newest = 0; newest < 20; ++newest) {
    if (suspect(so_far(whole, newest + 1), options).suspected) raised.push_back(newest);
  }
  ASSERT_FALSE(raised.empty());
  EXPECT_EQ(raised.front(), 6U);
  EXPECT_LT(raised.back(), 15U);  // the rise is old by then
  for (const std::size_t hold : {1U, 3U}) {
    options.hold = hold;
    for (std::size_t newest = 6; newest < 20; ++newest) {
      const Suspicion found = suspect(so_far(whole, newest + 1), options);
      const auto last = std::prev(std::ranges::upper_bound(raised, newest));
      EXPECT_EQ(found.suspected, newest <= *last + hold) << newest << ' ' << hold;
      if (found.suspected) {
        EXPECT_EQ(found.step, whole.steps[*last]);
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
