#include "onset/training/adamw_kernel.h"

#include <cmath>

#include "onset/base/simd.h"

namespace onset {
namespace {

ONSET_INLINE void update_all(float* __restrict w, float* __restrict m, float* __restrict v,
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

ONSET_INLINE double squares_all(const float* x, std::int64_t n) {
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

ONSET_KERNEL(update, void,
             (float* w, float* m, float* v, const float* g, std::int64_t n, const AdamWFactors& factors),
             update_all(w, m, v, g, n, factors))
ONSET_KERNEL(squares, double, (const float* x, std::int64_t n), squares_all(x, n))

}  // namespace

void adamw_update(float* w, float* m, float* v, const float* g, std::int64_t n, const AdamWFactors& factors) {
  static const auto run = pick_update();
  run(w, m, v, g, n, factors);
}

double sum_of_squares(const float* x, std::int64_t n) {
  static const auto run = pick_squares();
  return run(x, n);
}

}  // namespace onset
