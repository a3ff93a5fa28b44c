#include "onset/breaks/noise.h"

#include <algorithm>
#include <cmath>

#include "onset/base/random.h"

namespace onset {
namespace {

constexpr double chi_squared_median = 0.454936423119572;  // one degree of freedom
constexpr std::size_t least_noise_points = 5;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

struct Contrast {
  double squared = 0;        // c_k^2
  double item_variance = 0;  // v_k
  double factor = 0;         // of sigma^2
};

std::vector<std::vector<double>> centred(const std::vector<std::vector<double>>& replicates) {
  std::vector<std::vector<double>> deviations = replicates;
  if (replicates.size() < 2) return {};
  for (std::size_t k = 0; k < replicates.front().size(); ++k) {
    double mean = 0;
    for (const std::vector<double>& replicate : replicates) mean += replicate[k];
    mean /= static_cast<double>(replicates.size());
    for (std::vector<double>& deviation : deviations) deviation[k] -= mean;
  }
  return deviations;
}

std::vector<Contrast> contrasts(const std::vector<double>& u, const std::vector<double>& y,
                                const std::vector<std::vector<double>>& deviations) {
  std::vector<Contrast> found;
  for (std::size_t k = 1; k + 1 < u.size(); ++k) {
    const double w = (u[k] - u[k - 1]) / (u[k + 1] - u[k - 1]);
    const auto of = [&](const std::vector<double>& f) { return f[k] - (1 - w) * f[k - 1] - w * f[k + 1]; };
    Contrast contrast{std::pow(of(y), 2), 0, 1 + (1 - w) * (1 - w) + w * w};
    for (const std::vector<double>& deviation : deviations)
      contrast.item_variance += std::pow(of(deviation), 2);
    if (!deviations.empty()) contrast.item_variance /= static_cast<double>(deviations.size() - 1);
    found.push_back(contrast);
  }
  return found;
}

double median_ratio(const std::vector<Contrast>& contrasts, double variance) {
  std::vector<double> ratios;
  ratios.reserve(contrasts.size());
  for (const Contrast& c : contrasts) {
    ratios.push_back(c.squared == 0 ? 0 : c.squared / (c.item_variance + c.factor * variance));
  }
  return median(std::move(ratios));
}

/// sigma^2 at which the median ratio is what chance makes it.
double solve_variance(const std::vector<Contrast>& contrasts) {
  double high = 0;
  for (const Contrast& c : contrasts) high = std::max(high, c.squared);
  if (high == 0) return 0;
  high /= chi_squared_median;  // the factor is at least 1.5, so the ratio is below the target here
  double low = 1e-30 * high;
  if (median_ratio(contrasts, low) <= chi_squared_median) return 0;
  for (int step = 0; step < 200 && high > low * (1 + 1e-9); ++step) {
    const double middle = std::sqrt(low * high);
    (median_ratio(contrasts, middle) > chi_squared_median ? low : high) = middle;
  }
  return std::sqrt(low * high);
}

}  // namespace

Noise estimate_noise(const std::vector<double>& u, const std::vector<double>& y,
                     const std::vector<std::vector<double>>& replicates) {
  Noise noise;
  noise.deviations = centred(replicates);
  for (const std::vector<double>& deviation : noise.deviations) {
    for (const double value : deviation) noise.item_sd += value * value;
  }
  if (!noise.deviations.empty()) {
    const auto n = static_cast<double>((noise.deviations.size() - 1) * y.size());
    noise.item_sd = std::sqrt(noise.item_sd / n);
  }
  if (u.size() < least_noise_points) return noise;
  const std::vector<Contrast> found = contrasts(u, y, noise.deviations);
  // Neighbouring contrasts share points, and a median says less than a mean of squares: the logarithm of the
  // median ratio has variance 2/df with df a quarter of their number (0.25 to 0.3 in simulated white noise of
  // 8 to 200 points).
  noise.training_df = std::max(1.0, 0.25 * static_cast<double>(found.size()));
  if (noise.item_sd > 0) {
    const double chance = chi_squared_median * std::exp(1.645 * std::sqrt(2 / noise.training_df));
    if (median_ratio(found, 0) <= chance) return noise;
  }
  noise.training_sd = std::sqrt(solve_variance(found));
  return noise;
}

std::vector<std::vector<double>> noisy_curves(const std::vector<double>& y, const Noise& noise,
                                              DrawStream stream, std::size_t without_replicates) {
  const std::size_t draws = noise.deviations.empty() ? without_replicates : noise.deviations.size();
  std::vector<std::vector<double>> curves(draws, y);
  for (std::size_t b = 0; b < draws; ++b) {
    for (std::size_t k = 0; k < y.size(); ++k) {
      if (!noise.deviations.empty()) curves[b][k] += noise.deviations[b][k];
      if (noise.training_sd > 0) {
        curves[b][k] += noise.training_sd * draw_normal(stream.seed, Draw::bootstrap, {stream.stream, b, k});
      }
    }
  }
  return curves;
}

}  // namespace onset
