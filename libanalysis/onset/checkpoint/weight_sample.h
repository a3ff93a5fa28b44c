// How far checkpoints lie from each other, judged on a sample of their weights.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "onset/checkpoint/checkpoint.h"

namespace onset {

/// At most 2^20 weights, evenly spaced through all tensors in the order of their names.
struct WeightSample {
  std::vector<float> values;
  std::int64_t parameters = 0;  ///< weights in all
};

WeightSample sample_weights(const Checkpoint& checkpoint);

/// Euclidean distance; NaN when the two are not of one size.
double sample_distance(const WeightSample& a, const WeightSample& b);

/// How much longer the way from one neighbour to the other is by way of this step:
///   ratio = (d(before, step) + d(step, after)) / d(before, after) >= 1
struct Detour {
  std::int64_t before = 0;
  std::int64_t step = 0;
  std::int64_t after = 0;
  double ratio = 1;
};

/// Takes samples by ascending step and holds three of them at a time.
class DetourMeter {
 public:
  void add(std::int64_t step, WeightSample sample);
  /// One for each step with two neighbours, but for those where a distance is no number or the neighbours are
  /// equal.
  const std::vector<Detour>& detours() const { return detours_; }

 private:
  struct Point {
    std::int64_t step = 0;
    WeightSample sample;
    double from_previous = 0;
  };
  std::vector<Point> window_;
  std::vector<Detour> detours_;
};

}  // namespace onset
