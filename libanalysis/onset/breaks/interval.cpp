#include "onset/breaks/interval.h"

#include <algorithm>
#include <cmath>

namespace onset {

std::optional<Interval> percentile_interval(std::vector<double> values, double level) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.size() < 2) return std::nullopt;
  std::sort(values.begin(), values.end());
  // The addend keeps 0.025 x 200 from being a hair below 5.
  const double rank = static_cast<double>(values.size() + 1) * (1 - level) / 2 + 1e-9;
  const std::size_t k = std::max<std::size_t>(1, static_cast<std::size_t>(rank));
  return Interval{values[k - 1], values[values.size() - k]};
}

std::vector<double> paired_differences(const std::vector<double>& first, const std::vector<double>& second) {
  std::vector<double> differences(std::min(first.size(), second.size()));
  for (std::size_t b = 0; b < differences.size(); ++b) differences[b] = first[b] - second[b];
  return differences;
}

Interval widen_to_resolution(const std::vector<double>& u, const IndexRange& answers,
                             const IndexRange& answerable) {
  Interval widened{u.front(), u.back()};
  if (answers.low > answerable.low) widened.low = 0.5 * (u[answers.low - 1] + u[answers.low]);
  if (answers.high < answerable.high) widened.high = 0.5 * (u[answers.high] + u[answers.high + 1]);
  return widened;
}

}  // namespace onset
