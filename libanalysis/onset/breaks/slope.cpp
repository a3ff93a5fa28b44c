#include "onset/breaks/slope.h"

#include <algorithm>

namespace onset {

std::optional<LargestSlope> largest_slope(const std::vector<double>& u, const std::vector<double>& y,
                                          double half_window) {
  if (u.size() < 3) return std::nullopt;
  const double slack = 1e-9 * half_window;
  const auto [lowest, highest] = std::minmax_element(y.begin(), y.end());
  const double tie = 1e-9 * (*highest - *lowest) / (u.back() - u.front());
  std::optional<LargestSlope> best;
  std::size_t first = 0, last = 0;  // window: points first ... last-1
  double sum_u = 0, sum_uu = 0, sum_y = 0, sum_uy = 0;
  const auto count = [&](std::size_t k, double sign) {
    const double v = u[k] - u.front(), w = y[k] - y.front();
    sum_u += sign * v;
    sum_uu += sign * v * v;
    sum_y += sign * w;
    sum_uy += sign * v * w;
  };
  for (std::size_t k = 0; k < u.size(); ++k) {
    while (last < u.size() && u[last] <= u[k] + half_window + slack) count(last++, 1);
    while (u[first] < u[k] - half_window - slack) count(first++, -1);
    if (u[k] - half_window < u.front() - slack || u[k] + half_window > u.back() + slack) continue;
    if (last - first < 3) continue;
    const auto n = static_cast<double>(last - first);
    const double slope = (sum_uy - sum_u * sum_y / n) / (sum_uu - sum_u * sum_u / n);
    if (!best || slope > best->slope + tie) best = LargestSlope{k, u[k], slope};
  }
  return best;
}

}  // namespace onset
