// The arithmetic of AdamW on a run of floats, in one pass over memory. Plain C++ that the compiler makes into
// vector instructions, once for each instruction set and chosen at run time.
#pragma once

#include <cstdint>

namespace onset {

/// The numbers of one update that are the same for all parameters of a group.
struct AdamWFactors {
  float scale = 1;  ///< of the gradient: clipping
  float keep = 1;   ///< 1 - lr * weight_decay
  float beta1 = 0, beta2 = 0;
  float rest1 = 1, rest2 = 1;  ///< 1 - beta1, 1 - beta2, subtracted in double
  float step = 0;              ///< lr / (1 - beta1^t)
  float root = 1;              ///< 1 / sqrt(1 - beta2^t)
  float eps = 0;
};

/// For each i: m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, w = keep w - step m / (root
/// sqrt(v) + eps)
void adamw_update(float* w, float* m, float* v, const float* g, std::int64_t n, const AdamWFactors& factors);

/// The sum of squares, in 16 partial sums of doubles joined in a fixed order.
double sum_of_squares(const float* x, std::int64_t n);

}  // namespace onset
