// The syntactic regulariser of "Sudden Drops in the Loss" (Chen et al., ICLR 2024, section 3.2): the
// attention that the heads of a network pay along the arcs of dependency parses.
//
// Token t (a word's first subword) has its gold head at position g(t), [CLS] for a root; tokens without a
// parse take no part. With a = the attention probabilities after dropout, row = the attending token,
//
//   uniform:  R = (sum_t S[t, g(t)])^(1/p) + (sum_t S[g(t), t])^(1/p),     S = sum over layers, heads of a^p
//   max:      R =  sum_t M[t, g(t)]        +  sum_t M[g(t), t],            M = max over layers, heads of a
//
// The first term is called heads, the second children; either can be taken alone. Sums are over the batch.
// With reduction mean a term is the power mean instead, (sum_t S / (tokens * layers * heads))^(1/p), and for
// max sum_t M / tokens, tokens being those with a head. No such token, or p != 1 and no attention on any arc:
// R = 0 and its gradient is 0.
//
// Only the probabilities of the arcs are needed, two a token, head and layer, and the encoder hands them over
// without keeping a map (AttentionOptions::arcs).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>

#include "onset/training/train_config.h"

namespace onset {

/// R as a scalar tensor, differentiable in the arcs. `arcs` holds for each layer [head, token, 2]: a[t, g(t)]
/// and a[g(t), t], 0 for tokens without a head; `parsed` is the number of tokens with one.
torch::Tensor regulariser(std::span<const torch::Tensor> arcs, std::int64_t parsed,
                          const RegulariserConfig& config);

}  // namespace onset
