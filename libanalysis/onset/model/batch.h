// Token sequences laid end to end, without padding: what a forward pass reads.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

namespace onset {

struct PackedBatch {
  torch::Tensor ids;        ///< int64 [token]
  torch::Tensor positions;  ///< int64 [token], from 0 in each sequence
  torch::Tensor types;      ///< int64 [token], or undefined: all of type 0
  /// Sequence s owns the tokens offsets[s] … offsets[s + 1] - 1; one entry more than there are sequences.
  std::vector<std::int64_t> offsets;

  std::int64_t sequences() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
  std::int64_t tokens() const { return offsets.back(); }
};

PackedBatch pack(std::span<const std::span<const std::int32_t>> sequences, const torch::Device& device);

/// Cuts items of these lengths into batches of neighbours in length, so that work is even within a batch:
/// each inner vector lists items, of at most `max_tokens` tokens together (one item may exceed it alone).
/// Longest first, equal lengths in the order given.
std::vector<std::vector<std::int64_t>> batches_by_length(std::span<const std::int64_t> lengths,
                                                         std::int64_t max_tokens);

}  // namespace onset
