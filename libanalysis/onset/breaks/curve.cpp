#include "onset/breaks/curve.h"

#include <algorithm>
#include <cmath>

#include "onset/base/error.h"

namespace onset {
namespace {

std::string name_of(const Curve& curve) { return curve.name.empty() ? "curve" : curve.name; }

[[noreturn]] void refuse(const Curve& curve, const std::string& what) {
  throw error_in(ErrorKind::bad_data, name_of(curve), what);
}

void check(const Curve& curve) {
  const std::size_t points = curve.steps.size();
  if (curve.values.size() != points) {
    refuse(curve, "values: expected " + std::to_string(points) + " as there are steps, found " +
                      std::to_string(curve.values.size()));
  }
  for (std::size_t k = 0; k < points; ++k) {
    if (!std::isfinite(curve.steps[k])) refuse(curve, "step " + std::to_string(k) + ": not a finite number");
    if (k > 0 && curve.steps[k] <= curve.steps[k - 1]) {
      refuse(curve, "step " + std::to_string(k) + ": expected steps in strictly ascending order");
    }
    if (std::isinf(curve.values[k])) refuse(curve, "value " + std::to_string(k) + ": infinite");
  }
  for (std::size_t b = 0; b < curve.replicates.size(); ++b) {
    if (curve.replicates[b].size() != points) {
      refuse(curve, "replicate " + std::to_string(b) + ": expected " + std::to_string(points) +
                        " values as there are steps, found " + std::to_string(curve.replicates[b].size()));
    }
    for (const double value : curve.replicates[b]) {
      if (std::isinf(value)) refuse(curve, "replicate " + std::to_string(b) + ": infinite value");
    }
  }
}

std::vector<double> take(const std::vector<double>& values, const std::vector<std::size_t>& indices) {
  std::vector<double> taken;
  taken.reserve(indices.size());
  for (const std::size_t k : indices) taken.push_back(values[k]);
  return taken;
}

}  // namespace

double to_axis(double step, StepAxis axis) { return axis == StepAxis::log_step ? std::log1p(step) : step; }

double from_axis(double u, StepAxis axis) { return axis == StepAxis::log_step ? std::expm1(u) : u; }

CleanCurve clean_curve(const Curve& curve) {
  check(curve);
  std::vector<std::size_t> kept;
  for (std::size_t k = 0; k < curve.steps.size(); ++k) {
    if (std::isnan(curve.values[k])) continue;
    const auto holes =
        std::count_if(curve.replicates.begin(), curve.replicates.end(),
                      [k](const std::vector<double>& replicate) { return std::isnan(replicate[k]); });
    // A value without replicates is a value all the same; one where only some are missing costs those
    // replicates.
    const auto all = static_cast<std::ptrdiff_t>(curve.replicates.size());
    if (all > 0 && 2 * holes > all) continue;
    kept.push_back(k);
  }
  CleanCurve clean;
  clean.curve.name = curve.name;
  clean.curve.steps = take(curve.steps, kept);
  clean.curve.values = take(curve.values, kept);
  for (std::size_t b = 0; b < curve.replicates.size(); ++b) {
    std::vector<double> taken = take(curve.replicates[b], kept);
    if (std::any_of(taken.begin(), taken.end(), [](double value) { return std::isnan(value); })) {
      ++clean.dropped_replicates;
    } else {
      clean.curve.replicates.push_back(std::move(taken));
      clean.kept_replicates.push_back(b);
    }
  }
  clean.dropped_points = curve.steps.size() - kept.size();
  return clean;
}

bool is_constant(const std::vector<double>& values) {
  if (values.empty()) return true;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return *high - *low <= 1e-12 * std::max(std::abs(*low), std::abs(*high));
}

double median_gap(const std::vector<double>& u) {
  std::vector<double> gaps;
  for (std::size_t k = 1; k < u.size(); ++k) gaps.push_back(u[k] - u[k - 1]);
  if (gaps.empty()) return 0;
  std::sort(gaps.begin(), gaps.end());
  const std::size_t middle = gaps.size() / 2;
  return gaps.size() % 2 == 1 ? gaps[middle] : 0.5 * (gaps[middle - 1] + gaps[middle]);
}

double interpolate(const std::vector<double>& u, const std::vector<double>& y, double x) {
  const auto right = static_cast<std::size_t>(std::lower_bound(u.begin(), u.end(), x) - u.begin());
  if (right == 0) return y.front();
  if (right == u.size()) return y.back();
  const double share = (x - u[right - 1]) / (u[right] - u[right - 1]);
  return y[right - 1] + share * (y[right] - y[right - 1]);
}

}  // namespace onset
