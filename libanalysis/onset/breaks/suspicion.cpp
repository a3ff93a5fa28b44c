#include "onset/breaks/suspicion.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "onset/breaks/noise.h"

namespace onset {
namespace {

constexpr std::size_t widest = 8;            // points that d reaches back, at most
constexpr double least_noise_share = 0.005;  // of the range

/// What each point counts in the change of slope at t_w; empty where no point lies before it.
std::optional<std::vector<double>> slope_change_weights(const std::vector<double>& u, std::size_t w) {
  const std::size_t last = u.size() - 1;
  if (w >= last) return std::nullopt;
  const double knot = u[last - w];
  const auto first = static_cast<std::size_t>(
      std::lower_bound(u.begin(), u.end(), std::min(2 * knot - u[last], u[last - w - 1])) - u.begin());
  // The least-squares coefficient of a column is that of its part at right angles to the other columns.
  const auto points = static_cast<double>(u.size() - first);
  double mean_x = 0, mean_bend = 0;
  for (std::size_t k = first; k <= last; ++k) {
    mean_x += (u[k] - knot) / points;
    mean_bend += std::max(0.0, u[k] - knot) / points;
  }
  double xx = 0, xb = 0;
  for (std::size_t k = first; k <= last; ++k) {
    const double x = u[k] - knot - mean_x;
    xx += x * x;
    xb += x * (std::max(0.0, u[k] - knot) - mean_bend);
  }
  std::vector<double> weights(u.size(), 0);
  double squares = 0;
  for (std::size_t k = first; k <= last; ++k) {
    weights[k] = std::max(0.0, u[k] - knot) - mean_bend - xb / xx * (u[k] - knot - mean_x);
    squares += weights[k] * weights[k];
  }
  for (double& weight : weights) weight /= squares;
  return weights;
}

double weighted_sum(const std::vector<double>& weights, const std::vector<double>& values) {
  double sum = 0;
  for (std::size_t k = 0; k < weights.size(); ++k) sum += weights[k] * values[k];
  return sum;
}

double variance_of_sum(const std::vector<double>& weights,
                       const std::vector<std::vector<double>>& replicates) {
  if (replicates.size() < 2) return 0;
  std::vector<double> sums;
  double mean = 0;
  for (const std::vector<double>& replicate : replicates) {
    sums.push_back(weighted_sum(weights, replicate));
    mean += sums.back() / static_cast<double>(replicates.size());
  }
  double squares = 0;
  for (const double sum : sums) squares += (sum - mean) * (sum - mean);
  return squares / static_cast<double>(sums.size() - 1);
}

/// The first `points` of a curve.
Curve beginning(const Curve& curve, std::size_t points) {
  const auto cut = [&](const std::vector<double>& values) {
    return std::vector<double>(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(points));
  };
  Curve out{curve.name, cut(curve.steps), cut(curve.values), {}};
  for (const std::vector<double>& replicate : curve.replicates) out.replicates.push_back(cut(replicate));
  return out;
}

/// The score at the last point.
double score(const Curve& curve) {
  const Curve before = beginning(curve, curve.steps.size() - 1);
  const double sigma = estimate_noise(before.steps, before.values, {}).training_sd;
  const auto [low, high] = std::ranges::minmax(curve.values);
  const double least = least_noise_share * (high - low);
  double best = 0;
  for (std::size_t w = 1; w <= widest; ++w) {
    const auto weights = slope_change_weights(curve.steps, w);
    if (!weights) continue;
    const double squares = weighted_sum(*weights, *weights);
    const double variance = std::max(variance_of_sum(*weights, curve.replicates), sigma * sigma * squares) +
                            least * least * squares;
    if (variance > 0) best = std::max(best, weighted_sum(*weights, curve.values) / std::sqrt(variance));
  }
  return best;
}

}  // namespace

Suspicion suspect_break(const Curve& curve, const SuspicionOptions& options) {
  const Curve clean = clean_curve(curve).curve;
  const std::size_t points = clean.steps.size();
  for (std::size_t back = 0;
       back <= options.hold && points >= std::max<std::size_t>(options.least_points, 1) + back; ++back) {
    const Curve then = beginning(clean, points - back);
    const double found = score(then);
    if (found > options.threshold) return {true, then.steps.back(), found};
  }
  return {};
}

}  // namespace onset
