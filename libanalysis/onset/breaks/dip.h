// The turning point of a curve that falls before it rises: the TwoNN dimension's dip (paper, section 5:
// complexity falls just before structure onset, then rises).
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "onset/breaks/curve.h"

namespace onset {

enum class DipSide { none, before, at, after };  ///< the dip relative to an onset's interval

struct Dip {
  bool found = false;  ///< depth is at least 3 noise units and the minimum is no end of the series
  double step = 0;     ///< of the minimum of the smoothed curve, a checkpoint's
  double value = 0;    ///< smoothed curve there
  double depth =
      0;  ///< lesser of the fall before and the rise after: the topographic prominence, curve's units
  double noise = 0;              ///< standard deviation of a smoothed point, from the residuals of neighbours
  double depth_in_noise = 0;     ///< depth / noise; infinite for a noise-free dip
  DipSide side = DipSide::none;  ///< relative to the onset interval given; none without one or without a dip
  std::string reason;            ///< one line
};

/// Where the onset's interval lies, in steps.
struct OnsetPlace {
  double low = 0, high = 0;
};

/// The curve is smoothed by a three-point median (one wild checkpoint makes no dip). Fewer than 5 finite
/// points or a constant curve: found = false, with the reason. Throws what clean_curve throws.
Dip find_dip(const Curve& curve, const std::optional<OnsetPlace>& onset = std::nullopt);

}  // namespace onset
