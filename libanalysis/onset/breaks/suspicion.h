// Is a curve breaking upwards just now? Asked while it is still being measured, at its newest point t, so
// that more checkpoints can be kept where it matters. A suspicion, not a verdict: onset.h has that, once the
// whole curve is there.
//
// Statistic: how far the newest rise exceeds the one before it, the paper's second difference with its right
// end at t,
//
//   D_w = [f(t) - f(t - d)] - [f(t - d) - f(t - 2 d)],   d = t - t_w,   w = 1 … 5,
//
// t_w the w-th point before the newest; f(t - 2 d) by linear interpolation, where t - 2 d lies inside the
// curve. A bend too weak to be seen over one gap is seen over several. It is measured in standard errors:
//
//   score = max over w of  D_w / sqrt(max(v_w, sigma^2 S_w) + r^2 S_w)
//
//   v_w     variance of D_w over the replicates, which share their items from point to point; 0 without
//   sigma   noise of a point by the residuals of the points before t (noise.h), so that a break does not hide
//           itself: the model's own wobble, which no replicate shows, and all there is without replicates
//   r       0.5 % of the curve's range so far: no curve is taken to be known better than that
//   S_w     sum of squares of the coefficients of D_w; 6 where points are evenly spaced
//
// On a straight line the score is 0. On flat noise it exceeds 3 at 0.2 to 0.4 % of the points, at 1 % where
// the model wobbles as much as the items do, at 2 to 3 % where it wobbles three times as much or there are no
// replicates (simulated: 40 points of 200 and 1,000 items).
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
