// Which elements dropout zeroes (Srivastava et al. 2014), as plain data that kernels and tensors share.
#pragma once

#include <cstdint>

namespace onset {

/// Each element is zeroed with probability `rate`, the others divided by 1 - rate. Which ones is a function
/// of `key` and the element's place alone, so that the backward pass draws the same ones again.
struct KeyedDropout {
  float rate = 0.0F;
  std::uint64_t key = 0;
};

}  // namespace onset
