#include "onset/breaks/onset.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "onset/base/error.h"
#include "onset/breaks/noise.h"
#include "onset/breaks/null_test.h"
#include "onset/breaks/piecewise_linear.h"
#include "onset/breaks/short_number.h"
#include "onset/breaks/slope.h"

namespace onset {
namespace {

constexpr std::size_t fewest_points = 6;  ///< that the null test can work with

[[noreturn]] void refuse_option(const std::string& what) { throw Error(ErrorKind::usage, what); }

void check(const OnsetOptions& options) {
  if (!(options.spacing >= 0) || std::isinf(options.spacing))
    refuse_option("spacing: expected a positive number");
  if (!(options.alpha > 0 && options.alpha < 1)) refuse_option("alpha: expected a number between 0 and 1");
  if (!(options.level > 0 && options.level < 1)) refuse_option("level: expected a number between 0 and 1");
  if (!(options.smooth_share > 0 && options.smooth_share <= 1)) {
    refuse_option("smooth_share: expected a number above 0 and at most 1");
  }
  if (options.min_points < fewest_points) refuse_option("min_points: expected at least 6");
  if (options.max_knots < 1 || options.max_knots > 4) refuse_option("max_knots: expected 1 to 4");
  if (options.null_draws < 19) refuse_option("null_draws: expected at least 19, for p below 0.05");
}

/// The curve on the axis, rising. A checkpoint's step is looked up, not computed back from u: a logarithm
/// and its inverse are off by a rounding.
struct Prepared {
  std::vector<double> steps, u, y;
  std::vector<std::vector<double>> replicates;
};

Prepared prepare(const Curve& curve, const OnsetOptions& options) {
  Prepared out{curve.steps, {}, curve.values, curve.replicates};
  for (const double step : curve.steps) out.u.push_back(to_axis(step, options.axis));
  if (options.trend == Trend::falling) {
    for (double& value : out.y) value = -value;
    for (std::vector<double>& replicate : out.replicates) {
      for (double& value : replicate) value = -value;
    }
  }
  return out;
}

/// The detectors on every noisy version of the curve; the line has as many knots as the curve's own, at least
/// one.
struct Scatter {
  std::vector<std::size_t> answers;  // [draw] checkpoint of the paper's detector
  std::vector<double> knots;         // [draw] axis
};

Scatter scatter_of(const Prepared& curve, const std::vector<std::vector<double>>& noisy,
                   const SecondDifferenceDetector& detector, std::size_t knots) {
  constexpr std::size_t candidates = 60;  // the main fit takes twice as many; refinement closes the gap
  const BrokenLineFitter fitter(curve.u, candidates);
  Scatter scatter{std::vector<std::size_t>(noisy.size()), std::vector<double>(noisy.size())};
#pragma omp parallel for schedule(static)
  for (std::size_t b = 0; b < noisy.size(); ++b) {
    scatter.answers[b] = detector(noisy[b])->index;
    scatter.knots[b] = fitter.fit(noisy[b], knots).onset();
  }
  return scatter;
}

/// The table over d: a third of the spacing to three times it.
std::vector<SpacingAnswer> sensitivity_of(const Prepared& curve, double spacing) {
  std::vector<SpacingAnswer> table;
  for (const double factor : {1.0 / 3, 0.5, 2.0 / 3, 1.0, 4.0 / 3, 5.0 / 3, 2.0, 3.0}) {
    SpacingAnswer row{factor * spacing, std::nullopt, 0};
    if (const auto answer = second_difference(curve.u, curve.y, row.spacing)) {
      row.step = curve.steps[answer->index];
      row.amplitude = answer->amplitude;
    }
    table.push_back(row);
  }
  return table;
}

void add_interval(Onset& onset, const Prepared& curve, const Scatter& scatter, const OnsetOptions& options) {
  std::vector<double> indices(scatter.answers.begin(), scatter.answers.end());
  const Interval quantiles = *percentile_interval(indices, options.level);
  const SecondDifferenceDetector detector(curve.u, onset.spacing);
  const std::size_t answer = detector(curve.y)->index;
  const IndexRange range{std::min(answer, static_cast<std::size_t>(quantiles.low)),
                         std::max(answer, static_cast<std::size_t>(quantiles.high))};
  const Interval widened = widen_to_resolution(curve.u, range, {detector.first(), detector.last() - 1});
  const auto step_at = [&](double u) {
    return u == curve.u.front()  ? curve.steps.front()
           : u == curve.u.back() ? curve.steps.back()
                                 : from_axis(u, options.axis);
  };
  onset.low = step_at(widened.low);
  onset.high = step_at(widened.high);
  onset.widened_low = curve.steps[range.low] - *onset.low;
  onset.widened_high = *onset.high - curve.steps[range.high];
}

/// The knot's error is larger where the fit takes it to be smaller (a knot found late goes with a steep
/// rise), which costs a percentile interval about one per cent of coverage: at 0.95 it is taken at 0.96.
double knot_level(double level) { return 1 - 0.8 * (1 - level); }

void keep_draws(Onset& onset, const Scatter& scatter, const CleanCurve& clean, const OnsetOptions& options) {
  const std::size_t draws = scatter.answers.size();
  const bool from_file = !clean.kept_replicates.empty();
  const std::size_t places = from_file ? draws + clean.dropped_replicates : draws;
  onset.replicate_steps.assign(places, std::numeric_limits<double>::quiet_NaN());
  onset.replicate_knots = onset.replicate_steps;
  for (std::size_t b = 0; b < draws; ++b) {
    const std::size_t place = from_file ? clean.kept_replicates[b] : b;
    onset.replicate_steps[place] = clean.curve.steps[scatter.answers[b]];
    onset.replicate_knots[place] = from_axis(scatter.knots[b], options.axis);
  }
}

std::string verdict_reason(const Onset& onset, const NullTest& test, const OnsetOptions& options) {
  const std::string p = "p = " + short_number(test.p);
  if (onset.break_found) return "break at step " + short_number(*onset.step) + " (" + p + ")";
  if (test.p >= options.alpha) return "no break: a smooth curve explains it (" + p + ")";
  if (!test.broken_line_better) {
    return "no break: a slow S-shape explains it better than a broken line (" + p +
           " against symmetric ones)";
  }
  return "no break: the curve nowhere speeds up (" + p + ")";
}

std::string caveats(const Onset& onset) {
  std::string text;
  if (onset.break_found && onset.at_edge) {
    text += "; at the edge of what the spacing lets the detector see: the onset may lie outside";
  }
  if (onset.break_found && !onset.agree) text += "; the detectors disagree";
  if (onset.replicates == 0) text += "; no replicates: noise judged from the curve's own wobble";
  if (onset.dropped_points > 0) text += "; " + std::to_string(onset.dropped_points) + " points missing";
  return text;
}

GapEstimate estimate_gap(const Measured& structure, const Measured& capability, double level) {
  GapEstimate gap;
  gap.steps = capability.value - structure.value;
  std::vector<double> differences = paired_differences(capability.replicates, structure.replicates);
  std::erase_if(differences, [](double difference) { return std::isnan(difference); });
  if (differences.empty()) differences.push_back(gap.steps);
  for (const double difference : differences) {
    gap.p_structure_first += difference > 0 ? 1 : (difference == 0 ? 0.5 : 0);
  }
  gap.p_structure_first /= static_cast<double>(differences.size());
  gap.interval = percentile_interval(differences, level).value_or(Interval{gap.steps, gap.steps});
  gap.interval.low = std::min(gap.interval.low, gap.steps);
  gap.interval.high = std::max(gap.interval.high, gap.steps);
  return gap;
}

Onset without_verdict(Onset onset, const std::string& why) {
  onset.reason = "no break: " + why;
  return onset;
}

}  // namespace

bool detectors_agree(const Detectors& detectors, StepAxis axis, double spacing) {
  if (!detectors.second_difference || !detectors.piecewise_linear || !detectors.slope) return false;
  const double answer = to_axis(*detectors.second_difference, axis);
  const double knot = to_axis(*detectors.piecewise_linear, axis);
  const double slope = to_axis(*detectors.slope, axis);
  const double reach = spacing * (1 + 1e-9);
  return std::abs(knot - answer) <= reach && slope >= std::max(answer, knot) - reach;
}

Onset find_onset(const Curve& curve, const OnsetOptions& options) {
  check(options);
  const CleanCurve clean = clean_curve(curve);
  Onset onset;
  onset.points = clean.curve.steps.size();
  onset.dropped_points = clean.dropped_points;
  onset.replicates = clean.curve.replicates.size();
  onset.dropped_replicates = clean.dropped_replicates;
  if (options.axis == StepAxis::log_step && onset.points > 0 && clean.curve.steps.front() < 0) {
    throw error_in(ErrorKind::bad_data, curve.name, "steps: expected none below 0 on a logarithmic axis");
  }
  if (onset.points < options.min_points) {
    return without_verdict(onset, std::to_string(onset.points) + " points, at least " +
                                      std::to_string(options.min_points) + " are needed");
  }
  if (is_constant(clean.curve.values)) return without_verdict(onset, "the curve is constant");

  const Prepared prepared = prepare(clean.curve, options);
  const double gap = options.median_gap > 0 ? options.median_gap : median_gap(prepared.u);
  onset.spacing = options.spacing > 0 ? options.spacing : default_spacing(gap);
  onset.sensitivity = sensitivity_of(prepared, onset.spacing);
  const Noise noise = estimate_noise(prepared.u, prepared.y, prepared.replicates);
  onset.item_noise = noise.item_sd;
  onset.training_noise = noise.training_sd;

  const BrokenLine line = BrokenLineFitter(prepared.u).choose(prepared.y, options.max_knots);
  onset.knots = line.knots.size();
  onset.slope_change = line.slope_change;
  const bool bends_up = line.slope_change > 0;
  if (bends_up) onset.detectors.piecewise_linear = from_axis(line.onset(), options.axis);
  if (const auto slope = largest_slope(prepared.u, prepared.y, onset.spacing)) {
    onset.detectors.slope = prepared.steps[slope->index];
  }
  const SecondDifferenceDetector detector(prepared.u, onset.spacing);
  const std::optional<SecondDifference> answer = detector(prepared.y);
  if (!answer) {
    return without_verdict(onset, "the series is too short for the spacing " + short_number(onset.spacing) +
                                      ": no checkpoint has as much on both sides");
  }
  onset.amplitude = answer->amplitude;
  onset.at_edge = answer->at_edge;
  onset.detectors.second_difference = prepared.steps[answer->index];
  onset.agree = detectors_agree(onset.detectors, options.axis, onset.spacing);

  const DrawStream stream{options.seed, options.stream};
  const NullTest test = test_no_break(prepared.u, prepared.y, noise,
                                      {options.max_knots, options.smooth_share, options.null_draws, stream});
  onset.p = test.p;
  onset.break_found = test.p < options.alpha && test.broken_line_better && bends_up && answer->amplitude > 0;
  if (onset.break_found) {
    onset.step = onset.detectors.second_difference;
    const Scatter scatter =
        scatter_of(prepared, noisy_curves(prepared.y, noise, stream), detector, onset.knots);
    add_interval(onset, prepared, scatter, options);
    const Interval knot = *percentile_interval(scatter.knots, knot_level(options.level));
    onset.knot_interval = {from_axis(knot.low, options.axis), from_axis(knot.high, options.axis)};
    keep_draws(onset, scatter, clean, options);
  }
  onset.reason = verdict_reason(onset, test, options) + caveats(onset);
  return onset;
}

Gap find_gap(const Onset& structure, const Onset& capability, const OnsetOptions& options) {
  Gap gap;
  if (!structure.break_found || !capability.break_found) {
    gap.reason = structure.break_found    ? "no gap: no break in the curve of capability"
                 : capability.break_found ? "no gap: no break in the curve of structure"
                                          : "no gap: no break in either curve";
    return gap;
  }
  gap.answer = estimate_gap({*structure.step, structure.replicate_steps},
                            {*capability.step, capability.replicate_steps}, options.level);
  Interval& interval = gap.answer->interval;
  interval.low -= capability.widened_low + structure.widened_high;
  interval.high += capability.widened_high + structure.widened_low;
  gap.knot = estimate_gap({*structure.detectors.piecewise_linear, structure.replicate_knots},
                          {*capability.detectors.piecewise_linear, capability.replicate_knots},
                          knot_level(options.level));
  gap.reason = interval.low > 0    ? "structure comes first"
               : interval.high < 0 ? "capability comes first"
                                   : "which comes first cannot be told: the interval holds 0";
  const std::size_t first = structure.replicate_steps.size(), second = capability.replicate_steps.size();
  if (first != second) {
    gap.reason += "; its interval is of the first " + std::to_string(std::min(first, second)) +
                  " replicates, structure having " + std::to_string(first) + " and capability " +
                  std::to_string(second);
  }
  return gap;
}

}  // namespace onset
