// TwoNN intrinsic dimension (Facco, d'Errico, Rodriguez & Laio 2017, Scientific Reports 7:12140).
//
// For each point mu = r2 / r1, the ratio of the distances to its second and first nearest neighbours. Sorted
// ascending, the i-th of N has F = i / N; the k = floor(0.9 N) smallest are kept (the largest tenth is
// dropped). The dimension is the slope through the origin of -log(1 - F) against log mu:  d = sum x y / sum
// x^2,  x = log mu_i,  y = -log(1 - i / N),  i = 1 … k.
//
// Bit-equal points are one point; the others are counted as duplicates. Fewer than 10 points left, or a point
// that is not finite: NaN.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace onset {

struct TwoNn {
  double dimension = 0;         ///< above 0, or NaN
  std::int64_t points = 0;      ///< kept
  std::int64_t duplicates = 0;  ///< left out because an equal point was kept
};

/// points: float32 [point, coordinate], contiguous, on the CPU. Candidates for the neighbours come from
/// matrix products in float32, whose squared distances cancel and underflow; the two distances themselves are
/// then taken in double from the coordinates, over every candidate that the products' rounding leaves in
/// doubt. Memory: two copies of the points, 1 MiB a thread and about 200 N bytes.
TwoNn twonn(const torch::Tensor& points);

/// The first and second nearest neighbours' distances of each point, [point]. At least three points.
struct NeighbourDistances {
  std::vector<double> first, second;
};
NeighbourDistances nearest_two(const torch::Tensor& points);

/// The fit alone, from mu >= 1 in any order.
double twonn_dimension(std::vector<double> mu);

}  // namespace onset
