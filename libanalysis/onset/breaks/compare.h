// Two runs side by side: differences of their curves where both were measured, areas, and scalar differences
// with paired bootstrap intervals.
//
// Pairing: replicate b weights the same items by the same draw in every run on the same data, so subtracting
// replicate b of one run from replicate b of the other cancels what the items contribute to both (paired
// bootstrap; Efron & Tibshirani 1993).
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "onset/breaks/curve.h"
#include "onset/breaks/interval.h"

namespace onset {

/// A curve's difference from a reference on shared positions.
struct AlignedDifference {
  std::vector<double> steps;       ///< [point] position: step, or step since onset when aligned by onset
  std::vector<double> difference;  ///< [point] curve - reference
  std::vector<std::vector<double>>
      replicates;  ///< [replicate][point] paired; empty unless both curves have replicates
};

/// By which origin two curves are laid over each other: by step both are 0; by onset each run's onset.
struct Origins {
  double curve = 0;
  double reference = 0;
};

/// curve - reference at every position of either that lies in the common range (steps minus the origin), the
/// other one interpolated linearly. NaN points are left out first. Empty vectors when the ranges do not meet.
/// Replicates are paired up to the lesser number. Throws what clean_curve throws.
AlignedDifference aligned_difference(const Curve& curve, const Curve& reference, const Origins& origins = {});

/// A difference between two runs in one number.
struct Difference {
  double value = 0;  ///< curve - reference
  std::optional<Interval>
      interval;  ///< percentile interval of the paired differences; empty without replicates
  std::optional<double>
      p;  ///< two-sided, of "no difference": 2 (1 + replicates on the rarer side of 0) / (1 + replicates)
};

/// Replicates are paired by index up to the lesser number.
Difference paired_difference(const Measured& curve, const Measured& reference, double level = 0.95);

/// Signed area between two curves by trapezoids over the common range (axis units x curve units), and the
/// same divided by the range's length: the mean difference. Exact for the interpolated curves.
struct Area {
  double area = 0;
  Difference mean_difference;
  double from = 0, to = 0;  ///< common range, positions as in AlignedDifference
};

/// Empty when the common range has no length. Positions are mapped to the axis first (StepAxis::step when
/// aligned by onset).
std::optional<Area> area_between(const AlignedDifference& difference, StepAxis axis = StepAxis::step,
                                 double level = 0.95);

/// A curve's numbers for one row of a comparison.
struct CurveSummary {
  double final_step = 0;  ///< last step that was measured
  Measured final_value;   ///< there
  double best_step = 0;   ///< largest value (smallest of a falling curve); the earliest of equals
  Measured best_value;    ///< there; replicates at the same step, which is chosen on the curve itself
};

/// Empty when no value is finite. Lengths must match, as clean_curve demands.
std::optional<CurveSummary> summarise(const Curve& curve, Trend trend = Trend::rising);

}  // namespace onset
