// Dropout whose zeros are a function of a key and the place alone (Srivastava et al. 2014): the same on every
// resume.
#pragma once

#include <torch/types.h>

#include "onset/model/keyed_dropout.h"

namespace onset {

/// x after dropout. Differentiable; on the CPU in float32 the backward pass draws the same places again
/// instead of keeping a mask. Elsewhere LibTorch's generator decides, seeded by the caller.
torch::Tensor keyed_dropout(const torch::Tensor& x, const KeyedDropout& how);

}  // namespace onset
