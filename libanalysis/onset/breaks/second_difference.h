// The paper's break detector (Chen et al., ICLR 2024, section 3): the point of largest acceleration,
//
//   argmax over t of  D(t) = [f(t + d) - f(t)] - [f(t) - f(t - d)].
//
// t runs over the checkpoints for which t - d and t + d both lie inside the series. f(t - d) and f(t + d)
// come from linear interpolation between checkpoints, so the checkpoints need not be evenly spaced and d need
// not be a multiple of their gaps: this is the generalisation to uneven (dense early, logarithmic) series.
// Distances are taken on the chosen axis. Ties go to the earliest t. On a line broken once, by slope change s
// at k, D(t) = s max(0, d - |t - k|): the maximum is the checkpoint nearest to the break.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace onset {

/// d where none is given: three times the median gap between checkpoints (curve.h), in its units.
inline double default_spacing(double median_gap) { return 3 * median_gap; }

/// Where D is largest.
struct SecondDifference {
  std::size_t index = 0;  ///< of the checkpoint
  double u = 0;           ///< its place on the axis
  double amplitude = 0;   ///< D there, in the curve's units
  bool at_edge = false;   ///< it is the first or the last checkpoint that could be answered
};

/// u ascending, y finite, both [point]; spacing d > 0. Empty when no checkpoint has t - d and t + d inside
/// the series.
std::optional<SecondDifference> second_difference(const std::vector<double>& u, const std::vector<double>& y,
                                                  double spacing);

/// The same for many curves on the same points: what does not depend on y is worked out once.
class SecondDifferenceDetector {
 public:
  SecondDifferenceDetector(const std::vector<double>& u, double spacing);
  std::optional<SecondDifference> operator()(const std::vector<double>& y) const;
  /// Checkpoints that can be answered: [first, last); empty when first == last.
  std::size_t first() const { return first_; }
  std::size_t last() const { return last_; }

 private:
  struct Neighbours {
    std::size_t left = 0, right = 0;         // checkpoints at or below t - d and t + d
    double left_share = 0, right_share = 0;  // how far on towards the next one, 0 to 1
  };
  std::vector<double> u_;
  std::size_t first_ = 0, last_ = 0;
  std::vector<Neighbours> neighbours_;  // of first_ + i
};

/// The answer at one spacing; step is empty when the series is too short for it.
struct SpacingAnswer {
  double spacing = 0;          ///< d, axis units
  std::optional<double> step;  ///< in steps
  double amplitude = 0;        ///< D there
};

}  // namespace onset
