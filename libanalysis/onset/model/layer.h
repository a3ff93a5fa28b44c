// The two halves of what a Transformer layer does with a matrix product (encoder.h), each a product and one
// pass over its result. Float32 on the CPU runs layer_kernel.h; other devices and types LibTorch's
// operations. Differentiable in every tensor.
#pragma once

#include <torch/types.h>

#include "onset/model/bert.h"
#include "onset/model/keyed_dropout.h"

namespace onset {

/// act(x), by LibTorch's operations.
torch::Tensor activate(const torch::Tensor& x, Activation activation);

/// act(x W^T + b): [row, in] to [row, out].
torch::Tensor linear_activate(const torch::Tensor& x, const Linear& linear, Activation activation);

/// LN(residual + dropout(x W^T + b)): x [row, in], residual and result [row, out].
torch::Tensor linear_add_normalise(const torch::Tensor& x, const Linear& linear,
                                   const torch::Tensor& residual, const LayerNorm& norm, double epsilon,
                                   const KeyedDropout& dropout = {});

}  // namespace onset
