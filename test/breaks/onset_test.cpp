#include "onset/breaks/onset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "onset/base/error.h"
#include "test/breaks/not_a_number.h"
#include "test/breaks/simulated_series.h"

namespace onset {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Curve flawless(const TrueCurve& truth, const std::vector<double>& steps) {
  Curve curve{"uas/micro", steps, {}, {}};
  for (const double step : steps) curve.values.push_back(truth(step / steps.back()));
  return curve;
}

/// Error(usage)'s message for options that cannot be.
std::string refusal(const OnsetOptions& options) {
  try {
    find_onset(flawless(broken_at(0.4, 0.7), even_steps(50, 100)), options);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return error.what();
  }
  return "accepted";
}

TEST(Onset, IsExactOnAPlantedBreakWithoutNoise) {
  // 51 checkpoints to 5000, slope changes at 2000 and 3500; d = 3 x 100.
  const Onset onset = find_onset(flawless(broken_at(0.4, 0.7), even_steps(51, 100)), {});
  ASSERT_TRUE(onset.break_found) << onset.reason;
  EXPECT_EQ(*onset.step, 2000);
  EXPECT_EQ(*onset.low, 1950);
  EXPECT_EQ(*onset.high, 2050);
  EXPECT_DOUBLE_EQ(*onset.p, 1.0 / 500);
  EXPECT_EQ(onset.spacing, 300);
  EXPECT_NEAR(onset.amplitude, 0.35 / 1500 * 300, 1e-12);
  EXPECT_EQ(onset.knots, 2u);
  EXPECT_NEAR(*onset.detectors.piecewise_linear, 2000, 0.1);
  EXPECT_EQ(*onset.detectors.second_difference, 2000);
  EXPECT_EQ(*onset.detectors.slope, 2300);  // the first window [t - 300, t + 300] that lies in the rise
  EXPECT_TRUE(onset.agree);
  EXPECT_FALSE(onset.at_edge);
  EXPECT_EQ(onset.reason,
            "break at step 2000 (p = 0.002); no replicates: noise judged from the curve's own wobble");
}

TEST(Onset, IsExactInShortAndLongSeriesAndNearTheEnds) {
  for (const std::size_t points : {12u, 25u, 300u}) {
    const double last = 100.0 * static_cast<double>(points - 1);
    for (const double share : {0.3, 0.5, 0.65}) {
      const double onset_step = 100 * std::round(share * static_cast<double>(points - 1));
      const Onset onset = find_onset(flawless(broken_at(onset_step / last, 1), even_steps(points, 100)), {});
      ASSERT_TRUE(onset.break_found) << points << " points, break at " << share << ": " << onset.reason;
      EXPECT_EQ(*onset.step, onset_step);
      EXPECT_NEAR(*onset.detectors.piecewise_linear, onset_step, 1);
    }
  }
}

TEST(Onset, OfAFallingCurveIsFoundOnItsNegative) {
  Curve loss = flawless([](double x) { return 5 - broken_at(0.4, 0.7)(x); }, even_steps(51, 100));
  OnsetOptions options;
  options.trend = Trend::falling;
  EXPECT_EQ(*find_onset(loss, options).step, 2000);
}

TEST(Onset, OnALogarithmicAxisIsAnsweredInSteps) {
  // Checkpoints 0, 1, 3, 7, ..., 2^k - 1: evenly spaced in log(1 + step); break at 2^9 - 1 = 511.
  Curve curve{"", {}, {}, {}};
  for (int half = 0; half <= 40; ++half) {
    curve.steps.push_back(std::exp2(0.5 * half) - 1);
    curve.values.push_back(0.1 * std::max(0, half - 18));
  }
  OnsetOptions options;
  options.axis = StepAxis::log_step;
  const Onset onset = find_onset(curve, options);
  ASSERT_TRUE(onset.break_found) << onset.reason;
  EXPECT_NEAR(*onset.step, 511, 1e-6);
  EXPECT_NEAR(onset.spacing, 1.5 * std::log(2.0), 1e-9);
  EXPECT_LT(*onset.low, 511);
  EXPECT_GT(*onset.high, 511);
  curve.steps[0] = -1;
  EXPECT_THROW(find_onset(curve, options), Error);
}

TEST(Onset, OnALogarithmicAxisAnswersAreTheStepsOfCheckpointsToTheBit) {
  // expm1(log1p(step)) is not the step for many of these: 2199 would come out as 2198.9999999999995.
  std::vector<double> steps = even_steps(60, 733);
  OnsetOptions options;
  options.axis = StepAxis::log_step;
  options.spacing = 0.4;
  const Onset onset = find_onset(flawless(broken_at(0.25, 0.6), steps), options);
  ASSERT_TRUE(onset.break_found) << onset.reason;
  const auto is_a_step = [&](double step) { return std::count(steps.begin(), steps.end(), step) == 1; };
  EXPECT_TRUE(is_a_step(*onset.step)) << *onset.step;
  EXPECT_TRUE(is_a_step(*onset.detectors.slope)) << *onset.detectors.slope;
  for (const SpacingAnswer& answer : onset.sensitivity) {
    EXPECT_TRUE(!answer.step || is_a_step(*answer.step)) << answer.spacing;
  }
}

TEST(Onset, IsNeverMadeUp) {
  const auto verdict = [](const std::vector<double>& values) {
    Curve curve{"uas/micro", even_steps(values.size(), 10), values, {}};
    const Onset onset = find_onset(curve, {});
    EXPECT_FALSE(onset.break_found);
    EXPECT_FALSE(onset.step);
    EXPECT_FALSE(onset.low);
    EXPECT_FALSE(onset.high);
    EXPECT_FALSE(onset.p);
    return onset.reason;
  };
  EXPECT_EQ(verdict({}), "no break: 0 points, at least 8 are needed");
  EXPECT_EQ(verdict({0.1, 0.9}), "no break: 2 points, at least 8 are needed");
  EXPECT_EQ(verdict({0, 0, 0, nan, 0, 1, 2, 3}), "no break: 7 points, at least 8 are needed");
  EXPECT_EQ(verdict(std::vector<double>(20, 0.25)), "no break: the curve is constant");
}

TEST(Onset, SaysWhenTheSpacingIsTooLargeForTheSeries) {
  OnsetOptions options;
  options.spacing = 3000;
  const Onset onset = find_onset(flawless(broken_at(0.4, 0.7), even_steps(51, 100)), options);
  EXPECT_FALSE(onset.break_found);
  EXPECT_EQ(
      onset.reason,
      "no break: the series is too short for the spacing 3000: no checkpoint has as much on both sides");
}

TEST(Onset, IsSilentOnSmoothCurvesWithoutNoise) {
  for (const auto& truth : std::vector<TrueCurve>{
           [](double x) { return 0.2 + 0.5 * x; }, logistic_at(0.5, 0.1),
           [](double x) { return 1 - std::exp(-5 * x); }, [](double x) { return 1 / std::sqrt(1 + 30 * x); },
           [](double x) { return std::min(x, 0.4); },
           [](double x) { return std::exp(-std::exp((0.4 - x) / 0.14)); }}) {
    const Onset onset = find_onset(flawless(truth, even_steps(51, 100)), {});
    EXPECT_FALSE(onset.break_found) << onset.reason;
    EXPECT_THAT(onset.reason, StartsWith("no break: "));
    EXPECT_FALSE(onset.step);
  }
}

TEST(Onset, AFastLogisticIsABreak) {
  const Onset onset = find_onset(flawless(logistic_at(0.4, 0.03), even_steps(51, 100)), {});
  ASSERT_TRUE(onset.break_found) << onset.reason;
  EXPECT_NEAR(*onset.step, 1750,
              100);  // the lower bend: about 1.5 to 2 widths of 150 steps before the middle at 2000
}

TEST(Onset, DropsHolesAndSaysSo) {
  Curve curve = flawless(broken_at(0.4, 0.7), even_steps(51, 100));
  curve.values[7] = nan;
  curve.values[33] = nan;
  const Onset onset = find_onset(curve, {});
  ASSERT_TRUE(onset.break_found);
  EXPECT_EQ(*onset.step, 2000);
  EXPECT_EQ(onset.points, 49u);
  EXPECT_EQ(onset.dropped_points, 2u);
  EXPECT_THAT(onset.reason, HasSubstr("2 points missing"));
}

TEST(Onset, AtTheEdgeTheIntervalReachesTheSeriesEnd) {
  // The break at 100 lies before the first checkpoint the detector can answer, 300.
  const Onset onset = find_onset(flawless(broken_at(0.02, 0.25), even_steps(51, 100)), {});
  if (onset.break_found) {
    EXPECT_EQ(*onset.step, 300);
    EXPECT_TRUE(onset.at_edge);
    EXPECT_EQ(*onset.low, 0);
    EXPECT_THAT(onset.reason, HasSubstr("the onset may lie outside"));
  }
}

TEST(Onset, SensitivityRunsOverTheSpacing) {
  const Onset onset = find_onset(flawless(broken_at(0.4, 0.7), even_steps(51, 100)), {});
  ASSERT_EQ(onset.sensitivity.size(), 8u);
  EXPECT_EQ(onset.sensitivity.front().spacing, 100);
  EXPECT_EQ(onset.sensitivity.back().spacing, 900);
  for (const SpacingAnswer& row : onset.sensitivity) EXPECT_EQ(*row.step, 2000) << row.spacing;
}

TEST(Onset, ReplicatesPairByTheirIndexInTheFile) {
  Curve curve = simulate(broken_at(0.4, 0.6), {even_steps(40, 100), 3000, 0.5, 30, 0}, 2);
  curve.replicates[4][10] = nan;
  const Onset onset = find_onset(curve, {});
  ASSERT_TRUE(onset.break_found) << onset.reason;
  ASSERT_EQ(onset.replicate_steps.size(), 30u);
  EXPECT_TRUE(std::isnan(onset.replicate_steps[4]));
  EXPECT_TRUE(std::isnan(onset.replicate_knots[4]));
  EXPECT_FALSE(std::isnan(onset.replicate_steps[5]));
  EXPECT_EQ(onset.replicates, 29u);
  EXPECT_EQ(onset.dropped_replicates, 1u);
}

TEST(Onset, DoesNotDependOnTheNumberOfThreads) {
  const Curve curve = simulate(broken_at(0.4, 0.6), {even_steps(40, 100), 800, 0.5, 50, 0.01}, 4);
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const Onset one = find_onset(curve, {});
  omp_set_num_threads(3);
  const Onset three = find_onset(curve, {});
  omp_set_num_threads(before);
  EXPECT_EQ(one.p, three.p);
  EXPECT_EQ(one.low, three.low);
  EXPECT_EQ(one.high, three.high);
  EXPECT_EQ(one.replicate_knots, three.replicate_knots);
}

TEST(Onset, RefusesOptionsOutOfRange) {
  OnsetOptions options;
  options.spacing = -1;
  EXPECT_EQ(refusal(options), "spacing: expected a positive number");
  options = {};
  options.alpha = 1;
  EXPECT_EQ(refusal(options), "alpha: expected a number between 0 and 1");
  options = {};
  options.level = 0;
  EXPECT_EQ(refusal(options), "level: expected a number between 0 and 1");
  options = {};
  options.smooth_share = 1.5;
  EXPECT_EQ(refusal(options), "smooth_share: expected a number above 0 and at most 1");
  options = {};
  options.min_points = 5;
  EXPECT_EQ(refusal(options), "min_points: expected at least 6");
  options = {};
  options.max_knots = 0;
  EXPECT_EQ(refusal(options), "max_knots: expected 1 to 4");
  options = {};
  options.null_draws = 10;
  EXPECT_EQ(refusal(options), "null_draws: expected at least 19, for p below 0.05");
}

TEST(DetectorsAgree, WithinTheSpacing) {
  EXPECT_TRUE(detectors_agree({1000, 1200, 1300}, StepAxis::step, 300));
  EXPECT_FALSE(detectors_agree({1000, 1400, 1500}, StepAxis::step, 300)) << "knot more than d away";
  EXPECT_FALSE(detectors_agree({1000, 1000, 600}, StepAxis::step, 300))
      << "steepest more than d before the onset";
  EXPECT_FALSE(detectors_agree({1000, std::nullopt, 1300}, StepAxis::step, 300));
}

Onset broken(double step, const std::vector<double>& draws, const std::vector<double>& knots) {
  Onset onset;
  onset.break_found = true;
  onset.step = step;
  onset.detectors.piecewise_linear = step + 1;
  onset.replicate_steps = draws;
  onset.replicate_knots = knots;
  onset.widened_low = 5;
  onset.widened_high = 10;
  return onset;
}

TEST(Gap, ComesFromPairedDraws) {
  // Differences 100, 0, 300, and one replicate that one of them lacks.
  const Gap gap = find_gap(broken(1000, {1000, 900, 800, nan}, {1, 2, 3, 4}),
                           broken(1200, {1100, 900, 1100, 900}, {11, 12, 13, 24}), {});
  ASSERT_TRUE(gap.answer);
  EXPECT_EQ(gap.answer->steps, 200);
  EXPECT_EQ(gap.answer->interval.low, 0 - 5 - 10);  // the capability's reach down and the structure's up
  EXPECT_EQ(gap.answer->interval.high, 300 + 10 + 5);
  EXPECT_DOUBLE_EQ(gap.answer->p_structure_first, 2.5 / 3);
  EXPECT_EQ(gap.reason, "which comes first cannot be told: the interval holds 0");
  ASSERT_TRUE(gap.knot);
  EXPECT_EQ(gap.knot->steps, 200);
  EXPECT_EQ(gap.knot->interval.low, 10);
  EXPECT_EQ(gap.knot->interval.high, 200);
  EXPECT_EQ(gap.knot->p_structure_first, 1);
}

TEST(Gap, SaysWhoIsFirst) {
  EXPECT_EQ(find_gap(broken(100, {}, {}), broken(900, {}, {}), {}).reason, "structure comes first");
  EXPECT_EQ(find_gap(broken(900, {}, {}), broken(100, {}, {}), {}).reason, "capability comes first");
}

TEST(Gap, SaysWhichReplicatesPair) {
  EXPECT_EQ(find_gap(broken(100, {100, 100, 100}, {1, 2, 3}), broken(900, {900, 900}, {1, 2}), {}).reason,
            "structure comes first; its interval is of the first 2 replicates, structure having 3 and "
            "capability 2");
}

TEST(Gap, NeedsBothBreaks) {
  const Onset found = broken(100, {}, {}), none;
  EXPECT_EQ(find_gap(found, none, {}).reason, "no gap: no break in the curve of capability");
  EXPECT_EQ(find_gap(none, found, {}).reason, "no gap: no break in the curve of structure");
  const Gap gap = find_gap(none, none, {});
  EXPECT_EQ(gap.reason, "no gap: no break in either curve");
  EXPECT_FALSE(gap.answer);
  EXPECT_FALSE(gap.knot);
}

// The small brother of bench/breaks_coverage.cpp: coverage and false breaks on a few dozen series.
TEST(OnsetSimulation, IntervalsHoldThePlantedBreak) {
  const Simulation plan{even_steps(40, 100), 1500, 0.5, 100, 0};
  int found = 0, covered = 0, knot_covered = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    OnsetOptions options;
    options.seed = seed;
    options.null_draws = 99;
    const Onset onset = find_onset(simulate(broken_at(1540 / 3900.0, 2740 / 3900.0), plan, seed), options);
    if (!onset.break_found) continue;
    ++found;
    covered += *onset.low <= 1540 && 1540 <= *onset.high ? 1 : 0;
    knot_covered += onset.knot_interval->low <= 1540 && 1540 <= onset.knot_interval->high ? 1 : 0;
  }
  EXPECT_GE(found, 36);
  EXPECT_GE(covered, 0.93 * found);
  EXPECT_GE(knot_covered, 0.85 * found);
}

TEST(OnsetSimulation, NoiseAndLinesAndSlowRisesAreSilent) {
  const Simulation plan{even_steps(40, 100), 800, 0.5, 100, 0.005};
  for (const auto& truth : std::vector<TrueCurve>{
           [](double) { return 0.6; }, [](double x) { return 0.5 + 0.35 * x; }, logistic_at(0.5, 0.12)}) {
    int found = 0;
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
      OnsetOptions options;
      options.seed = seed;
      options.null_draws = 99;
      found += find_onset(simulate(truth, plan, seed), options).break_found ? 1 : 0;
    }
    EXPECT_LE(found, 2);
  }
}

}  // namespace
}  // namespace onset
