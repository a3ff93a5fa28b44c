// What a Transformer layer does between its matrix products, one pass each over rows of float32 on the CPU,
// forward and backward: bias + activation, and bias + dropout + residual + LayerNorm. Plain arrays; tensors
// are in layer.h.
//
//   activate_rows:   y = act(z + b)
//   normalise_rows:  s = dropout(z + b) + r,   y = gamma (s - mean(s)) / sqrt(var(s) + epsilon) + beta
//
// (Ba et al. 2016 for LayerNorm; Hendrycks & Gimpel 2016 for GELU.) A row's result depends on that row alone.
#pragma once

#include <cstdint>

#include "onset/checkpoint/config.h"
#include "onset/model/keyed_dropout.h"

namespace onset {

/// Row-major [rows, columns], contiguous.
struct RowShape {
  std::int64_t rows = 0, columns = 0;
};

/// y := act(z + bias); z and y may be the same. GELU to 2e-7 of max(1, |x|).
void activate_rows(const float* z, const float* bias, RowShape shape, Activation activation, float* y);

/// dz := dy . act'(z + bias), and bias_sum[column] := the sum of dz over the rows.
void activate_rows_backward(const float* z, const float* bias, const float* dy, RowShape shape,
                            Activation activation, float* dz, float* bias_sum);

struct NormaliseInputs {
  const float* z = nullptr;         ///< [row, column]
  const float* bias = nullptr;      ///< [column]
  const float* residual = nullptr;  ///< [row, column]
  const float* gamma = nullptr;     ///< [column]
  const float* beta = nullptr;      ///< [column]
  float epsilon = 1e-12F;
  KeyedDropout dropout;  ///< of z + bias, by the element's place, counted from `first_row`
  std::int64_t first_row = 0;
};

/// What the backward pass needs; all null where it is not wanted.
struct NormaliseKept {
  float* sum = nullptr;      ///< [row, column] s
  float* mean = nullptr;     ///< [row]
  float* inverse = nullptr;  ///< [row] 1 / sqrt(var + epsilon)
};

/// z, sum and y may be the same as one another (then only y is left).
void normalise_rows(const NormaliseInputs& in, RowShape shape, const NormaliseKept& kept, float* y);

struct NormaliseGradients {
  const float* dy = nullptr;   ///< [row, column], read
  float* dsum = nullptr;       ///< [row, column] dLoss / ds: also the residual's gradient
  float* dz = nullptr;         ///< [row, column]; may be the same as dsum where nothing is dropped
  float* gamma_sum = nullptr;  ///< [column] sums over the rows
  float* beta_sum = nullptr;   ///< [column]
  float* bias_sum = nullptr;   ///< [column]
};

/// `in` needs gamma, dropout and first_row; `kept` as normalise_rows left it.
void normalise_rows_backward(const NormaliseInputs& in, const NormaliseKept& kept, RowShape shape,
                             const NormaliseGradients& out);

}  // namespace onset
