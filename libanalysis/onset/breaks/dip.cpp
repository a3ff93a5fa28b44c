#include "onset/breaks/dip.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "onset/breaks/noise.h"
#include "onset/breaks/short_number.h"

namespace onset {
namespace {

constexpr std::size_t least_dip_points = 5;
constexpr double least_depth = 3;  ///< in noise units

/// Median of each point and its two neighbours; the ends stay.
std::vector<double> smoothed(const std::vector<double>& y) {
  std::vector<double> out = y;
  for (std::size_t k = 1; k + 1 < y.size(); ++k) {
    out[k] = std::max(std::min(y[k - 1], y[k]), std::min(std::max(y[k - 1], y[k]), y[k + 1]));
  }
  return out;
}

/// For each point the lesser of the highest values on either side, less its own: how far one must climb to
/// leave it.
std::size_t deepest(const std::vector<double>& y, double& depth) {
  std::vector<double> right(y.size(), y.back());
  for (std::size_t k = y.size() - 1; k-- > 0;) right[k] = std::max(y[k], right[k + 1]);
  std::size_t best = 0;
  double left = y.front();
  depth = 0;
  for (std::size_t k = 0; k < y.size(); ++k) {
    left = std::max(left, y[k]);
    const double here = std::min(left, right[k]) - y[k];
    if (here > depth) {
      depth = here;
      best = k;
    }
  }
  return best;
}

DipSide side_of(double step, const OnsetPlace& onset) {
  if (step < onset.low) return DipSide::before;
  return step > onset.high ? DipSide::after : DipSide::at;
}

}  // namespace

Dip find_dip(const Curve& curve, const std::optional<OnsetPlace>& onset) {
  const CleanCurve clean = clean_curve(curve);
  const std::vector<double>& steps = clean.curve.steps;
  Dip dip;
  if (steps.size() < least_dip_points) {
    dip.reason = "no dip: " + std::to_string(steps.size()) + " points, at least 5 are needed";
    return dip;
  }
  if (is_constant(clean.curve.values)) {
    dip.reason = "no dip: the curve is constant";
    return dip;
  }
  const Noise noise = estimate_noise(steps, clean.curve.values, clean.curve.replicates);
  dip.noise = std::hypot(noise.item_sd, noise.training_sd);
  const std::vector<double> y = smoothed(clean.curve.values);
  std::size_t at = deepest(y, dip.depth);
  if (dip.depth == 0) {
    dip.reason = "no dip: the curve does not fall and rise again";
    return dip;
  }
  // The median makes a sharp valley's floor flat: of its points the one that was lowest.
  for (std::size_t k = at; k < y.size() && y[k] == y[at]; ++k) {
    if (clean.curve.values[k] < clean.curve.values[at]) at = k;
  }
  dip.step = steps[at];
  dip.value = y[at];
  dip.depth_in_noise = dip.noise > 0 ? dip.depth / dip.noise : std::numeric_limits<double>::infinity();
  dip.found = dip.depth_in_noise >= least_depth;
  if (dip.found && onset) dip.side = side_of(dip.step, *onset);
  dip.reason = std::string(dip.found ? "dip" : "no dip above the noise: the deepest is") + " at step " +
               short_number(dip.step) + ", " + short_number(dip.depth) + " deep, " +
               short_number(dip.depth_in_noise) + " times the noise";
  return dip;
}

}  // namespace onset
