// Where this room's own kernels run; elsewhere LibTorch's operations do.
#pragma once

#include <torch/types.h>

namespace onset {

inline bool runs_in_kernel(const torch::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == torch::kFloat32;
}

}  // namespace onset
