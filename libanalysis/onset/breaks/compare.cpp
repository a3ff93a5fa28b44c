#include "onset/breaks/compare.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace onset {
namespace {

std::vector<double> shifted(const std::vector<double>& steps, double origin) {
  std::vector<double> positions;
  positions.reserve(steps.size());
  for (const double step : steps) positions.push_back(step - origin);
  return positions;
}

/// Positions of either that lie in the range of both, ascending, each once.
std::vector<double> common_positions(const std::vector<double>& first, const std::vector<double>& second) {
  std::vector<double> positions;
  std::set_union(first.begin(), first.end(), second.begin(), second.end(), std::back_inserter(positions));
  const double from = std::max(first.front(), second.front()), to = std::min(first.back(), second.back());
  std::erase_if(positions, [&](double position) { return position < from || position > to; });
  return positions;
}

/// Trapezoids.
double integral(const std::vector<double>& u, const std::vector<double>& y) {
  double area = 0;
  for (std::size_t k = 1; k < u.size(); ++k) area += 0.5 * (y[k] + y[k - 1]) * (u[k] - u[k - 1]);
  return area;
}

}  // namespace

AlignedDifference aligned_difference(const Curve& curve, const Curve& reference, const Origins& origins) {
  const CleanCurve left = clean_curve(curve), right = clean_curve(reference);
  AlignedDifference out;
  if (left.curve.steps.empty() || right.curve.steps.empty()) return out;
  const std::vector<double> left_at = shifted(left.curve.steps, origins.curve);
  const std::vector<double> right_at = shifted(right.curve.steps, origins.reference);
  out.steps = common_positions(left_at, right_at);
  const auto subtract = [&](const std::vector<double>& y, const std::vector<double>& z) {
    std::vector<double> difference;
    difference.reserve(out.steps.size());
    for (const double at : out.steps)
      difference.push_back(interpolate(left_at, y, at) - interpolate(right_at, z, at));
    return difference;
  };
  out.difference = subtract(left.curve.values, right.curve.values);
  for (std::size_t i = 0, j = 0; i < left.kept_replicates.size() && j < right.kept_replicates.size();) {
    const std::size_t b = left.kept_replicates[i], c = right.kept_replicates[j];
    if (b == c) out.replicates.push_back(subtract(left.curve.replicates[i], right.curve.replicates[j]));
    if (b <= c) ++i;
    if (c <= b) ++j;
  }
  return out;
}

Difference paired_difference(const Measured& curve, const Measured& reference, double level) {
  Difference out;
  out.value = curve.value - reference.value;
  std::vector<double> differences = paired_differences(curve.replicates, reference.replicates);
  std::erase_if(differences, [](double difference) { return std::isnan(difference); });
  out.interval = percentile_interval(differences, level);
  if (!out.interval) return out;
  const auto below = std::count_if(differences.begin(), differences.end(), [](double x) { return x <= 0; });
  const auto above = std::count_if(differences.begin(), differences.end(), [](double x) { return x >= 0; });
  const double rarer = static_cast<double>(1 + std::min(below, above));
  out.p = std::min(1.0, 2 * rarer / static_cast<double>(1 + differences.size()));
  return out;
}

std::optional<Area> area_between(const AlignedDifference& difference, StepAxis axis, double level) {
  if (difference.steps.size() < 2) return std::nullopt;
  std::vector<double> u;
  for (const double step : difference.steps) u.push_back(to_axis(step, axis));
  const double length = u.back() - u.front();
  Area out;
  out.area = integral(u, difference.difference);
  out.from = difference.steps.front();
  out.to = difference.steps.back();
  Measured mean{out.area / length, {}};
  for (const std::vector<double>& replicate : difference.replicates) {
    mean.replicates.push_back(integral(u, replicate) / length);
  }
  out.mean_difference = paired_difference(mean, {0, std::vector<double>(mean.replicates.size(), 0)}, level);
  return out;
}

std::optional<CurveSummary> summarise(const Curve& curve, Trend trend) {
  CurveSummary out;
  std::size_t last = 0, best = 0;
  bool any = false;
  for (std::size_t k = 0; k < curve.values.size(); ++k) {
    if (!std::isfinite(curve.values[k])) continue;
    const double gain = curve.values[k] - curve.values[best];
    if (!any || (trend == Trend::falling ? gain < 0 : gain > 0)) best = k;
    last = k;
    any = true;
  }
  if (!any) return std::nullopt;
  out.final_step = curve.steps[last];
  out.final_value.value = curve.values[last];
  out.best_step = curve.steps[best];
  out.best_value.value = curve.values[best];
  for (const std::vector<double>& replicate : curve.replicates) {
    out.final_value.replicates.push_back(replicate[last]);
    out.best_value.replicates.push_back(replicate[best]);
  }
  return out;
}

}  // namespace onset
