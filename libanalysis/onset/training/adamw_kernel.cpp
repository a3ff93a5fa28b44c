#include "onset/training/adamw_kernel.h"

#include <cmath>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)
#define ONSET_CLONES [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#else
#define ONSET_CLONES
#endif

namespace onset {

ONSET_CLONES void adamw_update(float* __restrict w, float* __restrict m, float* __restrict v,
                               const float* __restrict g, std::int64_t n, const AdamWFactors& factors) {
  const AdamWFactors f = factors;
  for (std::int64_t i = 0; i < n; ++i) {
    const float gradient = g[i] * f.scale;
    const float first = f.beta1 * m[i] + f.rest1 * gradient;
    const float second = f.beta2 * v[i] + f.rest2 * gradient * gradient;
    m[i] = first;
    v[i] = second;
    w[i] = f.keep * w[i] - f.step * first / (f.root * std::sqrt(second) + f.eps);
  }
}

ONSET_CLONES double sum_of_squares(const float* x, std::int64_t n) {
  constexpr int lanes = 16;
  double sums[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (int lane = 0; lane < lanes; ++lane) {
      const double value = x[i + lane];
      sums[lane] += value * value;
    }
  }
  for (; i < n; ++i) sums[i % lanes] += static_cast<double>(x[i]) * x[i];
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace onset
