#include "onset/findings/refinement.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "onset/breaks/piecewise_linear.h"
#include "onset/breaks/second_difference.h"

namespace onset {
namespace {

/// The checkpoints of a series and those measured, by index.
struct Grid {
  std::vector<double> u;           ///< [checkpoint] on the axis
  std::set<std::size_t> measured;  ///< indices of checkpoints
};

/// A checkpoint half-way into the measured gap that holds place `u`, where there is one between.
void add_half_way(const Grid& grid, double u, std::set<std::size_t>& out) {
  const auto at = static_cast<std::size_t>(std::ranges::lower_bound(grid.u, u) - grid.u.begin());
  const auto right = grid.measured.lower_bound(at);
  if (right == grid.measured.end() || right == grid.measured.begin()) return;
  const std::size_t high = *right;
  const std::size_t low = *std::prev(right);
  if (high - low > 1) out.insert(low + (high - low) / 2);
}

/// The gaps on both sides of the place, and those that hold t - d and t + d.
void look_at(const Grid& grid, double u, double spacing, std::set<std::size_t>& out) {
  const double beside = 1e-9 * (grid.u.back() - grid.u.front());
  for (const double place : {u - beside, u + beside, u - spacing, u + spacing}) {
    if (place > grid.u.front() && place <= grid.u.back()) add_half_way(grid, place, out);
  }
}

/// Where the detectors see or may see the break, on the axis.
std::vector<double> places(const CleanCurve& clean, double spacing, const RefinementOptions& options) {
  std::vector<double> u;
  for (const double step : clean.curve.steps) u.push_back(to_axis(step, options.axis));
  const SecondDifferenceDetector detector(u, spacing);
  std::vector<double> out;
  if (const auto answer = detector(clean.curve.values)) out.push_back(answer->u);
  std::map<double, std::size_t> votes;
  for (const std::vector<double>& replicate : clean.curve.replicates) {
    if (const auto answer = detector(replicate)) ++votes[answer->u];
  }
  const double enough = options.rival_share * static_cast<double>(clean.curve.replicates.size());
  for (const auto& [place, count] : votes) {
    if (static_cast<double>(count) >= enough) out.push_back(place);
  }
  const BrokenLine line = BrokenLineFitter(u).choose(clean.curve.values, options.max_knots);
  if (!line.knots.empty() && line.slope_change > 0) out.push_back(line.onset());
  return out;
}

}  // namespace

std::vector<std::int64_t> coarse_steps(std::span<const std::int64_t> all, const RefinementOptions& options) {
  const std::size_t n = all.size();
  std::size_t count = options.coarse;
  if (count == 0) {
    count =
        std::max<std::size_t>(9, static_cast<std::size_t>(std::ceil(2 * std::sqrt(static_cast<double>(n)))));
  }
  if (n <= count || count < 2) return {all.begin(), all.end()};
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(all[(i * (n - 1) + (count - 1) / 2) / (count - 1)]);
  return out;
}

std::vector<std::int64_t> steps_to_add(std::span<const std::int64_t> all, std::span<const Curve> curves,
                                       const RefinementOptions& options) {
  Grid grid;
  for (const std::int64_t step : all) grid.u.push_back(to_axis(static_cast<double>(step), options.axis));
  std::set<std::size_t> wanted;
  for (const Curve& curve : curves) {
    const CleanCurve clean = clean_curve(curve);
    if (clean.curve.steps.size() < 3 || is_constant(clean.curve.values)) continue;
    grid.measured.clear();
    for (const double step : curve.steps) {
      const auto at = std::ranges::lower_bound(all, static_cast<std::int64_t>(step));
      grid.measured.insert(static_cast<std::size_t>(at - all.begin()));
    }
    const double spacing = options.spacing > 0 ? options.spacing : default_spacing(median_gap(grid.u));
    for (const double place : places(clean, spacing, options)) look_at(grid, place, spacing, wanted);
  }
  std::vector<std::int64_t> out;
  out.reserve(wanted.size());
  for (const std::size_t index : wanted) out.push_back(all[index]);
  return out;
}

}  // namespace onset
