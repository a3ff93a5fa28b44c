#include "onset/analysis/looks.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

namespace onset {

std::vector<std::int64_t> look_sizes(std::int64_t items, std::int64_t first) {
  std::vector<std::int64_t> sizes;
  for (std::int64_t size = first; size < items; size *= 2) sizes.push_back(size);
  if (items > 0) sizes.push_back(items);
  return sizes;
}

Interval look_interval(const SampledFigure& figure, std::size_t looks, double alpha) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> known = figure.replicates;
  std::erase_if(known, [](double value) { return std::isnan(value); });
  const auto count = static_cast<double>(known.size());
  if (std::isnan(figure.value) || known.size() < 2) return {nan, nan};
  double mean = 0;
  for (const double value : known) mean += value / count;
  double variance = 0;
  for (const double value : known) variance += (value - mean) * (value - mean) / (count - 1);
  const auto stratum = static_cast<double>(figure.stratum);
  if (figure.stratum > 1) variance *= stratum / (stratum - 1);
  const boost::math::students_t student(count - 1);
  const double t = boost::math::quantile(student, 1 - alpha / (2 * static_cast<double>(looks)));
  const double x = figure.value;
  if (!figure.proportion) return {x - t * std::sqrt(variance), x + t * std::sqrt(variance)};
  const auto items = static_cast<double>(figure.items);
  variance = std::max(variance, 2 / (items * stratum));
  const double inside = (x * items + 2) / (items + 4);  // x, but never 0 or 1
  const double m = inside * (1 - inside) / variance;
  const double centre = x + t * t / (2 * m);
  const double half = t * std::sqrt(std::max(x * (1 - x), 0.0) / m + t * t / (4 * m * m));
  const double scale = 1 + t * t / m;
  // At 0 and 1 the formula's end is the figure itself, but for rounding.
  return {x > 0 ? std::max((centre - half) / scale, 0.0) : 0.0,
          x < 1 ? std::min((centre + half) / scale, 1.0) : 1.0};
}

}  // namespace onset
