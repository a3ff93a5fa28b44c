// Is there a break at all? A test of "no break" against smooth curves (smooth_family.h).
//
// Two families of smooth curves are tested, each with a statistic of its own.
// - Shapes: how much better a broken line explains the curve than the nearest shape,
//     T = RSS(shape) - RSS(broken line),
//   the line with as many knots as the curve asks for (piecewise_linear.h; one to three), placed at
//   checkpoints.
// - Concave curves: how much better the nearest curve explains it that bends upwards once and is concave
// before
//   and after,
//     T = RSS(concave) - RSS(concave + c max(0, x - k)),  c >= 0, k a checkpoint.
//   A rise that starts with a break and saturates in any number of bends is such a curve; a broken line of
//   few knots would be no better than the nearest concave curve.
//
// Null distribution. Parametric bootstrap: T of fitted + noise, everything fitted anew. The noise is Gaussian
// with the covariance of the replicates plus white training noise (noise.h), whose sigma is itself uncertain:
// each draw takes sigma^2 df / chi^2_df. No curve is taken to be known better than 0.5 % of its range: white
// noise is added up to that, so that a smooth curve of a shape not thought of is not called a break for a
// misfit nobody would see.
//
//   p = (1 + #{T_draw >= T}) / (draws + 1)
//
// for each family; the larger is reported. "No break" is the union of the families, and a union is rejected
// only when each of its members is (intersection-union test: Berger 1982), so the level holds at alpha
// whichever family the curve belongs to.
//
// Not being in a family is not yet being broken: a slow S-shape that is steeper at one end than at the other
// is neither. So the broken line is also weighed against the best smooth shape, slow asymmetric ones
// included, by the criterion that chooses its knots, a smooth shape counting five parameters as one knot
// does. That is `broken_line_better`, and it halves and more the false breaks that p alone would allow
// (docs/breaks.md).
//
// Curves of more than 96 checkpoints are averaged to 96 bins first; of more than 48, 48 evenly chosen ones
// may be knots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "onset/breaks/noise.h"

namespace onset {

struct NullTestOptions {
  std::size_t max_knots = 3;  ///< of the broken line
  double smooth_share = 0.4;  ///< least 10-90 % time of a smooth S-shape, as a share of the axis
  std::size_t draws = 499;
  DrawStream stream;
};

struct NullTest {
  double p = 1;                     ///< the larger of the two below
  double p_shapes = 1;              ///< against lines, slow S-shapes, exponentials and power laws
  double p_concave = 1;             ///< against concave curves
  bool broken_line_better = false;  ///< than any smooth shape
};

/// u ascending, y finite and not constant, both [point], at least 6; noise of the same points. Runs on OpenMP
/// threads with a result that does not depend on their number.
NullTest test_no_break(const std::vector<double>& u, const std::vector<double>& y, const Noise& noise,
                       const NullTestOptions& options);

}  // namespace onset
