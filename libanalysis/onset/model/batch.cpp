#include "onset/model/batch.h"

#include <algorithm>
#include <numeric>

namespace onset {

PackedBatch pack(std::span<const std::span<const std::int32_t>> sequences, const torch::Device& device) {
  PackedBatch batch;
  batch.offsets.push_back(0);
  for (const auto& sequence : sequences)
    batch.offsets.push_back(batch.offsets.back() + static_cast<std::int64_t>(sequence.size()));
  batch.ids = torch::empty({batch.tokens()}, torch::kInt64);
  batch.positions = torch::empty({batch.tokens()}, torch::kInt64);
  auto* id = batch.ids.data_ptr<std::int64_t>();
  auto* position = batch.positions.data_ptr<std::int64_t>();
  for (const auto& sequence : sequences) {
    id = std::copy(sequence.begin(), sequence.end(), id);
    std::iota(position, position + sequence.size(), std::int64_t{0});
    position += sequence.size();
  }
  batch.ids = batch.ids.to(device);
  batch.positions = batch.positions.to(device);
  return batch;
}

std::vector<std::vector<std::int64_t>> batches_by_length(std::span<const std::int64_t> lengths,
                                                         std::int64_t max_tokens) {
  std::vector<std::int64_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return lengths[a] > lengths[b]; });
  std::vector<std::vector<std::int64_t>> batches;
  std::int64_t tokens = 0;
  for (const std::int64_t item : order) {
    if (batches.empty() || tokens + lengths[item] > max_tokens) {
      batches.emplace_back();
      tokens = 0;
    }
    batches.back().push_back(item);
    tokens += lengths[item];
  }
  return batches;
}

}  // namespace onset
