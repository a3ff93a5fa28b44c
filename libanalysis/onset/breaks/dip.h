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
  bool found = false;  ///< depth is at least 3 times the noise
  double step = 0;   ///< of the deepest point of the smoothed curve (of several the lowest before smoothing)
  double value = 0;  ///< smoothed curve there
  double depth = 0;  ///< how far the curve climbs again on the lower side: min over both sides of (highest
                     ///< value - value)
  double noise = 0;  ///< standard deviation of a point, items and training together (noise.h)
  double depth_in_noise = 0;     ///< depth / noise; infinite without noise
  DipSide side = DipSide::none;  ///< relative to the onset given; none without one or without a dip
  std::string reason;            ///< one line
};

/// Where the onset's interval lies, in steps.
struct OnsetPlace {
  double low = 0, high = 0;
};

/// The deepest valley of the curve after a three-point median (so that one wild checkpoint makes no dip).
/// Fewer than 5 finite points, a constant curve or one that does not fall and rise again: found = false, with
/// the reason. Throws what clean_curve throws.
Dip find_dip(const Curve& curve, const std::optional<OnsetPlace>& onset = std::nullopt);

}  // namespace onset
