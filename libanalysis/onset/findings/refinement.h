// Which checkpoints of a long series to measure, so that its onsets come out as if all had been: a coarse
// pass first, then, round after round, checkpoints half-way into the gaps about each place where a detector
// sees, or may see, the break. It ends when each such place lies between neighbouring checkpoints of the
// series, and so do the points t - d and t + d that the paper's detector reads there.
//
// Places looked at, of each curve: the paper's detector's answer (second_difference.h) with the d of the
// whole series; the answers that at least `rival_share` of the curve's replicates give, for the noise of the
// items may move the answer there; the knot of the broken line with the largest increase in slope
// (piecewise_linear.h). What lies wholly between two coarse checkpoints and is gone at both is not seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "onset/breaks/curve.h"

namespace onset {

struct RefinementOptions {
  StepAxis axis = StepAxis::step;  ///< on which distances are measured
  double spacing = 0;              ///< d in axis units; 0: default_spacing of the whole series
  std::size_t coarse = 0;          ///< checkpoints of the first pass; 0: 2 sqrt(n), at least 9
  double rival_share = 0.05;       ///< of replicates that make an answer a place to look at
  std::size_t max_knots = 3;       ///< of the broken line
};

/// Steps of the first pass: `coarse` of `all`, evenly by their number, the first and the last among them; all
/// where there are no more. all: ascending.
std::vector<std::int64_t> coarse_steps(std::span<const std::int64_t> all, const RefinementOptions& options);

/// Steps to measure next, ascending, none of which `curves` have; empty: nothing is left to look at. Every
/// curve has a value at each step measured so far, rising towards better (negate a loss). Throws what
/// clean_curve throws.
std::vector<std::int64_t> steps_to_add(std::span<const std::int64_t> all, std::span<const Curve> curves,
                                       const RefinementOptions& options);

}  // namespace onset
