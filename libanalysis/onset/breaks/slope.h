// Where a curve rises fastest: the checkpoint with the largest smoothed derivative. The smoothed derivative
// at t is the slope of the least-squares line through the checkpoints in [t - d, t + d] (a local linear fit;
// for evenly spaced checkpoints the Savitzky-Golay first derivative of order 1). It marks the middle of a
// rise, not its start, so it comes after the onset; unlike a logistic fit it assumes no shape. t runs over
// the checkpoints whose window lies inside the series; ties go to the earliest.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace onset {

struct LargestSlope {
  std::size_t index = 0;  ///< of the checkpoint
  double u = 0;           ///< its place on the axis
  double slope = 0;       ///< curve's units per axis unit
};

/// u ascending, y finite, both [point]; half_window d > 0. Empty when no window of three checkpoints lies
/// inside the series.
std::optional<LargestSlope> largest_slope(const std::vector<double>& u, const std::vector<double>& y,
                                          double half_window);

}  // namespace onset
