// The door to this room: when does a curve break, is the break real, and which of two curves broke first.
//
//   const Onset structure = find_onset(uas, options);
//   const Onset capability = find_onset(blimp, options);
//   const Gap gap = find_gap(structure, capability, options);
//
// Three detectors look at the curve (second_difference.h, piecewise_linear.h, slope.h), a test says whether
// there is a break at all (null_test.h), replicates and residuals give the noise (noise.h) and the interval
// (interval.h). docs/breaks.md has the mathematics and the measured coverage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "onset/breaks/curve.h"
#include "onset/breaks/interval.h"
#include "onset/breaks/second_difference.h"

namespace onset {

struct OnsetOptions {
  StepAxis axis = StepAxis::step;  ///< scale for spacing, slopes and smoothness
  Trend trend = Trend::rising;     ///< falling curves are negated
  double spacing = 0;              ///< d in axis units; 0: default_spacing
  double median_gap = 0;           ///< for it, axis units, of the series that the curve's points were picked
                                   ///< from; 0: between the curve's own points
  std::size_t min_points = 8;      ///< fewer finite points than this: no verdict is possible, hence no break
  double alpha = 0.05;             ///< a break is claimed when p < alpha
  double level = 0.95;             ///< of the intervals
  double smooth_share =
      0.4;  ///< a rise whose 10-90 % takes at least this share of the axis is smooth, not a break
  std::size_t max_knots = 3;  ///< of the broken line, 1 to 4
  std::size_t null_draws =
      499;                   ///< simulated curves behind the p-value; its least value is 1/(null_draws + 1)
  std::uint64_t seed = 1;    ///< of every draw; give different curves different streams
  std::uint64_t stream = 0;  ///< number of the curve under the seed, so that two curves get independent draws
};

/// Where each detector sees the onset, in steps. Empty where the detector has no answer. Filled with or
/// without a break.
struct Detectors {
  std::optional<double> second_difference;  ///< the paper's: a checkpoint's step
  std::optional<double>
      piecewise_linear;  ///< the knot with the largest increase in slope; may lie between checkpoints
  std::optional<double>
      slope;  ///< the checkpoint where the smoothed slope is largest: middle, not start, of a rise
};

struct Onset {
  bool break_found = false;    ///< the verdict, see find_onset
  std::optional<double> step;  ///< the paper's detector's answer; empty without a break
  std::optional<double> low;   ///< interval of the break around step; empty without a break
  std::optional<double> high;
  std::optional<double> p;  ///< of "no break"; empty where nothing could be tested (too few points, constant)
  Detectors detectors;
  std::optional<Interval>
      knot_interval;   ///< interval of detectors.piecewise_linear, in steps; usually the narrower one
  bool agree = false;  ///< see detectors_agree
  double amplitude =
      0;  ///< second difference at its maximum, in the curve's units (negated for falling curves)
  double slope_change = 0;  ///< increase in slope at the knot, curve's units per axis unit
  double spacing = 0;       ///< d that was used, axis units
  std::size_t knots = 0;    ///< of the broken line chosen
  bool at_edge = false;     ///< the answer is the first or last step at which the detector can answer at all
  std::vector<SpacingAnswer> sensitivity;  ///< the paper's detector's answer over a range of d
  double item_noise = 0;                   ///< standard deviation of a point, from the replicates (0 without)
  double training_noise = 0;       ///< standard deviation of a point beyond item_noise, from the residuals
  std::size_t points = 0;          ///< finite points used
  std::size_t dropped_points = 0;  ///< NaN
  std::size_t replicates = 0;      ///< used
  std::size_t dropped_replicates = 0;  ///< with a NaN
  /// [draw] the paper's detector and the knot on each noisy curve, steps; empty without a break. The index is
  /// the replicate's in the file, by which curves are paired; NaN where that replicate was dropped.
  std::vector<double> replicate_steps, replicate_knots;
  /// How far `low` and `high` were put beyond the outermost answers, steps: what the detector cannot resolve.
  double widened_low = 0, widened_high = 0;
  std::string reason;  ///< one line for the reader: why there is or is no break, and what to beware of
};

/// Everything about one curve. A break is claimed when all of this holds: p < alpha, and a broken line
/// explains the curve better than any smooth shape does (null_test.h); the broken line bends upwards
/// somewhere; the paper's detector has an answer and its second difference there is positive. Never throws
/// for a curve that is short, constant or full of holes: that is a verdict, told in `reason`. Throws what
/// clean_curve throws; Error(usage) for options out of range. Runs on OpenMP threads; the result does not
/// depend on their number.
Onset find_onset(const Curve& curve, const OnsetOptions& options);

/// Whether the detectors tell one story: the broken line's knot within d of the paper's answer (on the axis),
/// and the largest slope not more than d before either. False when one of them has no answer.
bool detectors_agree(const Detectors& detectors, StepAxis axis, double spacing);

/// From structure onset to capability onset, told by one detector, in steps.
struct GapEstimate {
  double steps = 0;              ///< capability - structure
  Interval interval;             ///< from the paired draws
  double p_structure_first = 0;  ///< share of paired draws in which structure comes first, ties counting half
};

/// The gap between two onsets. Everything is empty unless both curves break.
struct Gap {
  std::optional<GapEstimate> answer;  ///< by the paper's detector
  std::optional<GapEstimate> knot;    ///< by the broken lines' knots: usually far narrower
  std::string reason;                 ///< one line
};

/// Both must come from find_onset with the same options but for trend and stream.
Gap find_gap(const Onset& structure, const Onset& capability, const OnsetOptions& options);

}  // namespace onset
