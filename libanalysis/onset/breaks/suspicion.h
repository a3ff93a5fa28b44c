// Is a curve breaking upwards just now? Asked while it is still being measured, at its newest point t, so
// that more checkpoints can be kept where it matters. A suspicion, not a verdict: onset.h has that, once the
// whole curve is there.
//
// Statistic: the change of slope c_w of a line bent once, w points before the newest, at t_w:
//
//   f(u) = a + b (u - t_w) + c_w max(0, u - t_w),   w = 1 … 8,
//
// by least squares over the points from t - 2 (t - t_w) on, and one before t_w at least. With w = 1 on even
// points that is the paper's second difference with its right end at t; a bend too weak to be seen over one
// gap is seen over several. It is a weighted sum of points and is measured in standard errors:
//
//   score = max over w of  c_w / sqrt(max(v_w, sigma^2 S_w) + r^2 S_w)
//
//   v_w     variance of c_w over the replicates, which share their items from point to point; 0 without
//   sigma   noise of a point by the residuals of the points before t (noise.h), so that a break does not hide
//           itself: the model's own wobble, which no replicate shows, and all there is without replicates
//   r       0.5 % of the curve's range so far: no curve is taken to be known better than that
//   S_w     sum of squares of the weights
//
// On a straight line the score is 0. How often flat noise is suspected and how soon a rise is:
// test/breaks/suspicion_test.cpp bounds both.
#pragma once

#include <cstddef>

#include "onset/breaks/curve.h"

namespace onset {

struct SuspicionOptions {
  double threshold = 3;          ///< a score above it raises suspicion
  std::size_t hold = 3;          ///< for how many further points suspicion then stands
  std::size_t least_points = 6;  ///< at fewer finite points no suspicion is raised
};

struct Suspicion {
  bool suspected = false;
  double step = 0;   ///< of the newest point that raised it
  double score = 0;  ///< there
};

/// Suspicion at the newest finite point of a curve that rises as the model gets better (accuracy, UAS);
/// negate one that falls. A function of the curve alone. Throws what clean_curve throws.
Suspicion suspect_break(const Curve& curve, const SuspicionOptions& options);

}  // namespace onset
