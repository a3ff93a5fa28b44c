// The model once more (encoder.h, mlm_head.h), by LibTorch's operations, keeping what every parameter acts
// on: enough to know the gradient of each parameter from each sequence alone, after one backward pass over a
// batch of them.
//
// A parameter enters in one of three ways, and with x what goes in, y what comes out and g = dL/dy:
//
//   product     y_t = W x_t + b               dL/dW = sum_t g_t x_t^T     dL/db = sum_t g_t
//   scale       y_t = gamma x_t + beta        dL/dgamma = sum_t g_t x_t   dL/dbeta = sum_t g_t
//   embedding   y_t = word + position + type  dL/dword_i = sum over t with id i of g_t, and so on
//
// A sequence's tokens meet no other sequence's, so these sums over a sequence's tokens are its own gradient.
// The weights themselves take no gradient, which saves their products: backward costs about what forward
// does. No dropout.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "onset/model/batch.h"
#include "onset/model/bert.h"

namespace onset {

/// A use of a pair of parameters (weight and bias).
struct ParameterUse {
  enum class Kind { product, scale };
  Kind kind = Kind::product;
  std::int64_t group = 0;  ///< 0: embeddings, 1 … L: the layers, L + 1: the MLM head
  torch::Tensor input;     ///< x, no gradient: [token, in], in the MLM head [sequence, in]; of a scale after
                           ///< centring and division
  torch::Tensor output;    ///< y, a node of the graph
};

struct RecordedForward {
  torch::Tensor embedded;          ///< [token, hidden] word + position + type, a leaf that takes a gradient
  std::vector<ParameterUse> uses;  ///< in the order of computation; all but the decoder's
  torch::Tensor inner;             ///< [sequence, hidden]: what the decoder multiplies, no gradient
  torch::Tensor logits;            ///< [sequence, vocabulary], a node of the graph
};

/// Logits at one token of each sequence: rows[s] is its place among all tokens of the batch. Call it with
/// gradients enabled. Throws Error(bad_data) where the model has no MLM head.
RecordedForward record_forward(const Bert& bert, const PackedBatch& batch,
                               const std::vector<std::int64_t>& rows);

}  // namespace onset
