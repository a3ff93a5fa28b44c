// Self-attention over sequences laid end to end without padding, with a tap on the probabilities.
//
// Layout, here and in the whole room: tokens of all sequences in one axis, [token, feature]; sequence s owns
// the tokens offsets[s] … offsets[s + 1] - 1. A map is [query, key] for each (layer, sequence, head); its
// rows sum to 1.
//
// On the CPU in float32 each (sequence, head) runs through attention_kernel.h and its map is gone when the
// tap returns. Other devices and types go through LibTorch's tensor operations on a padded batch, one layer's
// maps at a time; a tap then reads a copy in main memory. Both are differentiable.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace onset {

/// The attention probabilities of one head on one sequence, readable only while the tap runs.
struct AttentionMap {
  std::int64_t layer = 0, sequence = 0, head = 0;
  int tokens = 0;  ///< queries = keys = tokens of the sequence, [CLS] and [SEP] included
  const float* probabilities = nullptr;  ///< [query, key]
  std::int64_t stride = 0;               ///< floats from one query's row to the next, at least `tokens`

  const float* row(int query) const { return probabilities + query * stride; }
};

/// Called once for each (layer, sequence, head), concurrently from several threads: it must write to places
/// of its own.
using AttentionTap = std::function<void(const AttentionMap&)>;

struct AttentionOptions {
  std::int64_t heads = 1;
  std::int64_t layer = 0;             ///< handed on to the tap
  const AttentionTap* tap = nullptr;  ///< may be null
  double dropout = 0.0;               ///< on the probabilities; the tap and the arcs see them after it
  std::uint64_t dropout_key = 0;      ///< which draw; the same key drops the same places
  torch::Tensor arcs;  ///< int64 [token]: for each token the position of its gold head in its own sequence,
                       ///< -1 for none; may be undefined
};

struct AttentionResult {
  torch::Tensor context;  ///< [token, hidden]
  /// [head, token, 2], where arcs were given: the probabilities a[t, head(t)] and a[head(t), t]; 0 where the
  /// token has no head.
  torch::Tensor arcs;
};

/// softmax(Q K^T / sqrt(d)) V for each sequence and head. `qkv` is [token, 3 * hidden]: the queries, keys and
/// values of all heads side by side. Differentiable in `qkv`, through the context and through the arcs.
AttentionResult attend(const torch::Tensor& qkv, std::span<const std::int64_t> offsets,
                       const AttentionOptions& options);

/// Attention of some queries to rows that are keys and values at once, the same for every head:
/// softmax(Q X^T / sqrt(width)) X. `queries` [row, heads * width], of which query_offsets[s] …
/// query_offsets[s + 1] - 1 belong to sequence s; `states` [token, width]. Returns the means of the states,
/// [row, heads * width]. For inference: no gradient, no tap.
torch::Tensor attend_to_states(const torch::Tensor& queries, std::span<const std::int64_t> query_offsets,
                               const torch::Tensor& states, std::span<const std::int64_t> offsets);

}  // namespace onset
