#include "onset/breaks/second_difference.h"

#include <algorithm>
#include <cmath>

namespace onset {
namespace {

/// How much of the distance to the next checkpoint may be rounding: 3 x a gap must reach the third neighbour.
constexpr double rounding = 1e-9;

struct Place {
  std::size_t index = 0;
  double share = 0;
};

/// x as a checkpoint and the share of the gap after it; shares within rounding of a checkpoint are put on it.
Place locate(const std::vector<double>& u, double x) {
  auto right = static_cast<std::size_t>(std::upper_bound(u.begin(), u.end(), x) - u.begin());
  right = std::clamp<std::size_t>(right, 1, u.size() - 1);
  const double share = std::clamp((x - u[right - 1]) / (u[right] - u[right - 1]), 0.0, 1.0);
  if (share < rounding) return {right - 1, 0};
  if (share > 1 - rounding) return {right - 1, 1};
  return {right - 1, share};
}

}  // namespace

SecondDifferenceDetector::SecondDifferenceDetector(const std::vector<double>& u, double spacing) : u_(u) {
  if (u.size() < 3) return;
  const double slack = rounding * spacing;
  while (first_ < u.size() && u[first_] - spacing < u.front() - slack) ++first_;
  last_ = u.size();
  while (last_ > first_ && u[last_ - 1] + spacing > u.back() + slack) --last_;
  for (std::size_t k = first_; k < last_; ++k) {
    const Place left = locate(u, u[k] - spacing);
    const Place right = locate(u, u[k] + spacing);
    neighbours_.push_back({left.index, right.index, left.share, right.share});
  }
}

std::optional<SecondDifference> SecondDifferenceDetector::operator()(const std::vector<double>& y) const {
  if (first_ == last_) return std::nullopt;
  const auto [low, high] = std::minmax_element(y.begin(), y.end());
  const double tie = 1e-12 * (*high - *low);
  SecondDifference best;
  for (std::size_t i = 0; i < neighbours_.size(); ++i) {
    const Neighbours& at = neighbours_[i];
    const double left = y[at.left] + at.left_share * (y[at.left + 1] - y[at.left]);
    const double right = y[at.right] + at.right_share * (y[at.right + 1] - y[at.right]);
    const double here = y[first_ + i];
    const double acceleration = (right - here) - (here - left);
    if (i == 0 || acceleration > best.amplitude + tie) {
      best.index = first_ + i;
      best.amplitude = acceleration;
    }
  }
  best.u = u_[best.index];
  best.at_edge = best.index == first_ || best.index + 1 == last_;
  return best;
}

std::optional<SecondDifference> second_difference(const std::vector<double>& u, const std::vector<double>& y,
                                                  double spacing) {
  return SecondDifferenceDetector(u, spacing)(y);
}

}  // namespace onset
