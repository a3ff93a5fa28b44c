// Intervals of an onset.
#pragma once

#include <vector>

namespace onset {

struct Interval {
  double low = 0;
  double high = 0;
};

/// Quantile q in [0, 1] of the values (any order, not empty), linear between order statistics (R's type 7).
double quantile(std::vector<double> values, double q);

}  // namespace onset
