#include "onset/model/layer_kernel.h"

#include <cmath>

#include "onset/base/simd.h"
#include "onset/model/dropout_factors.h"

namespace onset {
namespace {

using simd::Floats;
using simd::width;

/// The vector at column j of a row that may end inside it: what lies beyond the row is 0.
ONSET_INLINE void load_columns(Floats& to, const float* row, std::int64_t j, std::int64_t columns) {
  if (j + width <= columns) {
    simd::load(to, row + j);
    return;
  }
  to = Floats{};
  std::memcpy(&to, row + j, sizeof(float) * (columns - j));
}

ONSET_INLINE void store_columns(float* row, const Floats& from, std::int64_t j, std::int64_t columns) {
  if (j + width <= columns) {
    simd::store(row + j, from);
  } else {
    std::memcpy(row + j, &from, sizeof(float) * (columns - j));
  }
}

/// Phi(x), the standard normal distribution function, and its density. Phi(-|x|) = erfc(a)/2 with a =
/// |x|/sqrt(2); erfc(a) e^(a^2) is t times a polynomial of degree 7 in t = 1/(1 + 0.33 a), fitted for the
/// least largest relative error (1e-7 over 0 <= a <= 10).
struct Normal {
  Floats distribution, density;
};

ONSET_INLINE void normal(const Floats& x, Normal& out) {
  const Floats size = x < 0.0F ? -x : x;
  const Floats t = 1.0F / (1.0F + size * (0.33F * 0.70710678118654752F));
  Floats p = t * -1.3534471497e-01F + 4.6023321457e-01F;
  p = p * t - 3.5114323160e-01F;
  p = p * t + 4.0849423814e-01F;
  p = p * t + 4.7223593154e-02F;
  p = p * t + 2.0122302156e-01F;
  p = p * t + 1.8295607702e-01F;
  p = p * t + 1.8635779460e-01F;
  Floats bell = x * x * -0.5F;
  simd::exponential(bell);
  const Floats tail = p * t * bell * 0.5F;
  out.distribution = x < 0.0F ? tail : 1.0F - tail;
  out.density = bell * 0.39894228040143268F;
}

/// 1 / (1 + e^-2u) for gelu_new, u = sqrt(2/pi) (x + 0.044715 x^3): its x sigma(2u) is x/2 (1 + tanh u).
ONSET_INLINE void tanh_gate(const Floats& x, Floats& out) {
  Floats e = (x + x * x * x * 0.044715F) * (-2.0F * 0.79788456080286536F);
  e = e > 80.0F ? Floats{} + 80.0F : e;
  simd::exponential(e);
  out = 1.0F / (1.0F + e);
}

template <Activation activation>
ONSET_INLINE void apply(Floats& x) {
  if constexpr (activation == Activation::relu) {
    x = x < 0.0F ? Floats{} : x;  // so that a NaN stays one
  } else if constexpr (activation == Activation::gelu_new) {
    Floats gate;
    tanh_gate(x, gate);
    x = x * gate;
  } else {
    Normal at;
    normal(x, at);
    x = x * at.distribution;
  }
}

template <Activation activation>
ONSET_INLINE void derivative(Floats& x) {
  if constexpr (activation == Activation::relu) {
    x = x > 0.0F ? Floats{} + 1.0F : Floats{};
  } else if constexpr (activation == Activation::gelu_new) {
    Floats gate;
    tanh_gate(x, gate);
    const Floats slope = (x * x * (3.0F * 0.044715F) + 1.0F) * (2.0F * 0.79788456080286536F);
    x = gate + x * gate * (1.0F - gate) * slope;
  } else {
    Normal at;
    normal(x, at);
    x = at.distribution + x * at.density;
  }
}

template <Activation activation>
ONSET_INLINE void activate_all(const float* z, const float* bias, const RowShape& shape, float* y) {
  for (std::int64_t i = 0; i < shape.rows; ++i) {
    const float* const from = z + i * shape.columns;
    float* const to = y + i * shape.columns;
    for (std::int64_t j = 0; j < shape.columns; j += width) {
      Floats x;
      Floats b;
      load_columns(x, from, j, shape.columns);
      load_columns(b, bias, j, shape.columns);
      x += b;
      apply<activation>(x);
      store_columns(to, x, j, shape.columns);
    }
  }
}

template <Activation activation>
ONSET_INLINE void activate_all_backward(const float* z, const float* bias, const float* dy,
                                        const RowShape& shape, float* dz, float* bias_sum) {
  // Column by column block, so that the sums stay in registers; a block of 64 rows of it stays in cache.
  for (std::int64_t j = 0; j < shape.columns; j += width) {
    Floats b;
    load_columns(b, bias, j, shape.columns);
    Floats total = {};
    for (std::int64_t i = 0; i < shape.rows; ++i) {
      const std::int64_t row = i * shape.columns;
      Floats x;
      Floats g;
      load_columns(x, z + row, j, shape.columns);
      load_columns(g, dy + row, j, shape.columns);
      x += b;
      derivative<activation>(x);
      g *= x;
      total += g;
      store_columns(dz + row, g, j, shape.columns);
    }
    store_columns(bias_sum, total, j, shape.columns);
  }
}

ONSET_INLINE void activate_rows_all(const float* z, const float* bias, const RowShape& shape,
                                    Activation activation, float* y) {
  switch (activation) {
    case Activation::relu:
      return activate_all<Activation::relu>(z, bias, shape, y);
    case Activation::gelu_new:
      return activate_all<Activation::gelu_new>(z, bias, shape, y);
    case Activation::gelu:
      return activate_all<Activation::gelu>(z, bias, shape, y);
  }
}

ONSET_INLINE void activate_rows_all_backward(const float* z, const float* bias, const float* dy,
                                             const RowShape& shape, Activation activation, float* dz,
                                             float* bias_sum) {
  switch (activation) {
    case Activation::relu:
      return activate_all_backward<Activation::relu>(z, bias, dy, shape, dz, bias_sum);
    case Activation::gelu_new:
      return activate_all_backward<Activation::gelu_new>(z, bias, dy, shape, dz, bias_sum);
    case Activation::gelu:
      return activate_all_backward<Activation::gelu>(z, bias, dy, shape, dz, bias_sum);
  }
}

ONSET_INLINE void normalise_all(const NormaliseInputs& in, const RowShape& shape, const NormaliseKept& kept,
                                float* y) {
  const std::int64_t columns = shape.columns;
  const float share = 1.0F / static_cast<float>(columns);
  for (std::int64_t i = 0; i < shape.rows; ++i) {
    const std::int64_t row = i * columns;
    const std::int64_t place = (in.first_row + i) * columns;
    float* const sums = kept.sum != nullptr ? kept.sum + row : y + row;
    Floats total = {};
    for (std::int64_t j = 0; j < columns; j += width) {
      Floats x;
      Floats other;
      load_columns(x, in.z + row, j, columns);
      load_columns(other, in.bias, j, columns);
      x += other;
      if (in.dropout.rate > 0) {
        Floats factors;
        dropout_factors(factors, in.dropout, static_cast<std::uint32_t>(place + j));
        x *= factors;
      }
      load_columns(other, in.residual + row, j, columns);
      x += other;
      total += x;
      store_columns(sums, x, j, columns);
      // Beyond the row both summands are 0, so the total is not disturbed.
    }
    const float mean = simd::sum(total) * share;
    Floats squares = {};
    std::int64_t j = 0;
    for (; j + width <= columns; j += width) {
      Floats x;
      simd::load(x, sums + j);
      x = x - mean;
      squares += x * x;
    }
    float variance = simd::sum(squares);
    for (; j < columns; ++j) variance += (sums[j] - mean) * (sums[j] - mean);
    const float inverse = 1.0F / std::sqrt(variance * share + in.epsilon);
    for (j = 0; j < columns; j += width) {
      Floats x;
      Floats gamma;
      Floats beta;
      load_columns(x, sums, j, columns);
      load_columns(gamma, in.gamma, j, columns);
      load_columns(beta, in.beta, j, columns);
      x = (x - mean) * inverse * gamma + beta;
      store_columns(y + row, x, j, columns);
    }
    if (kept.mean != nullptr) {
      kept.mean[i] = mean;
      kept.inverse[i] = inverse;
    }
  }
}

// With n = (s - mean) * inverse and g = gamma . dy:  ds = inverse (g - mean(g) - n mean(g . n)).
ONSET_INLINE void normalise_all_backward(const NormaliseInputs& in, const NormaliseKept& kept,
                                         const RowShape& shape, const NormaliseGradients& out) {
  const std::int64_t columns = shape.columns;
  const float share = 1.0F / static_cast<float>(columns);
  for (std::int64_t j = 0; j < columns; ++j) out.gamma_sum[j] = out.beta_sum[j] = out.bias_sum[j] = 0.0F;
  for (std::int64_t i = 0; i < shape.rows; ++i) {
    const std::int64_t row = i * columns;
    const std::int64_t place = (in.first_row + i) * columns;
    const float mean = kept.mean[i];
    const float inverse = kept.inverse[i];
    Floats total = {};
    Floats along = {};
    for (std::int64_t j = 0; j < columns; j += width) {
      Floats s;
      Floats dy;
      Floats gamma;
      load_columns(s, kept.sum + row, j, columns);
      load_columns(dy, out.dy + row, j, columns);
      load_columns(gamma, in.gamma, j, columns);
      const Floats n = (s - mean) * inverse;
      const Floats g = gamma * dy;  // 0 beyond the row
      total += g;
      along += g * n;
    }
    const float mean_g = simd::sum(total) * share;
    const float mean_gn = simd::sum(along) * share;
    for (std::int64_t j = 0; j < columns; j += width) {
      Floats s;
      Floats dy;
      Floats gamma;
      load_columns(s, kept.sum + row, j, columns);
      load_columns(dy, out.dy + row, j, columns);
      load_columns(gamma, in.gamma, j, columns);
      const Floats n = (s - mean) * inverse;
      Floats ds = (gamma * dy - mean_g - n * mean_gn) * inverse;
      Floats sum;
      load_columns(sum, out.gamma_sum, j, columns);
      store_columns(out.gamma_sum, sum + dy * n, j, columns);
      load_columns(sum, out.beta_sum, j, columns);
      store_columns(out.beta_sum, sum + dy, j, columns);
      store_columns(out.dsum + row, ds, j, columns);
      if (in.dropout.rate > 0) {
        Floats factors;
        dropout_factors(factors, in.dropout, static_cast<std::uint32_t>(place + j));
        ds *= factors;
        store_columns(out.dz + row, ds, j, columns);
      }
      load_columns(sum, out.bias_sum, j, columns);
      store_columns(out.bias_sum, sum + ds, j, columns);
    }
  }
}

ONSET_KERNEL(activate, void,
             (const float* z, const float* bias, const RowShape& shape, Activation activation, float* y),
             activate_rows_all(z, bias, shape, activation, y))
ONSET_KERNEL(activate_backward, void,
             (const float* z, const float* bias, const float* dy, const RowShape& shape,
              Activation activation, float* dz, float* bias_sum),
             activate_rows_all_backward(z, bias, dy, shape, activation, dz, bias_sum))
ONSET_KERNEL(normalise, void,
             (const NormaliseInputs& in, const RowShape& shape, const NormaliseKept& kept, float* y),
             normalise_all(in, shape, kept, y))
ONSET_KERNEL(normalise_backward, void,
             (const NormaliseInputs& in, const NormaliseKept& kept, const RowShape& shape,
              const NormaliseGradients& out),
             normalise_all_backward(in, kept, shape, out))

}  // namespace

void activate_rows(const float* z, const float* bias, RowShape shape, Activation activation, float* y) {
  static const auto run = pick_activate();
  run(z, bias, shape, activation, y);
}

void activate_rows_backward(const float* z, const float* bias, const float* dy, RowShape shape,
                            Activation activation, float* dz, float* bias_sum) {
  static const auto run = pick_activate_backward();
  run(z, bias, dy, shape, activation, dz, bias_sum);
}

void normalise_rows(const NormaliseInputs& in, RowShape shape, const NormaliseKept& kept, float* y) {
  static const auto run = pick_normalise();
  run(in, shape, kept, y);
}

void normalise_rows_backward(const NormaliseInputs& in, const NormaliseKept& kept, RowShape shape,
                             const NormaliseGradients& out) {
  static const auto run = pick_normalise_backward();
  run(in, kept, shape, out);
}

}  // namespace onset
