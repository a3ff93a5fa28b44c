#include "onset/checkpoint/weight_sample.h"

#include <cmath>
#include <limits>
#include <utility>

namespace onset {

WeightSample sample_weights(const Checkpoint& checkpoint) {
  constexpr std::int64_t most = 1LL << 20U;
  WeightSample sample;
  std::vector<torch::Tensor> tensors;
  for (const std::string& name : checkpoint.names()) {
    tensors.push_back(checkpoint.tensor(name));
    sample.parameters += tensors.back().numel();
  }
  const std::int64_t stride = (sample.parameters + most - 1) / most;
  std::int64_t next = 0;  // of the next weight to take, counted from the start of the tensor at hand
  for (const torch::Tensor& tensor : tensors) {
    const auto* const numbers = tensor.data_ptr<float>();
    for (; next < tensor.numel(); next += stride) sample.values.push_back(numbers[next]);
    next -= tensor.numel();
  }
  return sample;
}

double sample_distance(const WeightSample& a, const WeightSample& b) {
  if (a.parameters != b.parameters) return std::numeric_limits<double>::quiet_NaN();
  double sum = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const double difference = static_cast<double>(a.values[i]) - static_cast<double>(b.values[i]);
    sum += difference * difference;
  }
  return std::sqrt(sum);
}

void DetourMeter::add(std::int64_t step, WeightSample sample) {
  const double from_previous = window_.empty() ? 0 : sample_distance(window_.back().sample, sample);
  window_.push_back({step, std::move(sample), from_previous});
  if (window_.size() < 3) return;
  const double direct = sample_distance(window_[0].sample, window_[2].sample);
  const double ratio = (window_[1].from_previous + window_[2].from_previous) / direct;
  if (std::isfinite(ratio)) detours_.push_back({window_[0].step, window_[1].step, window_[2].step, ratio});
  window_.erase(window_.begin());
}

}  // namespace onset
