#include "onset/model/attention_kernel.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "onset/base/simd.h"
#include "onset/model/dropout_factors.h"

namespace onset {
namespace {

using simd::Floats;
using simd::padded;
using simd::width;

/// A matrix read element by element, so that a transpose is only another pair of strides.
struct Elements {
  const float* data;
  std::int64_t row, column;
};

/// C[i, 0..16*vectors) = sum_k A[i, k] * B[k, ...] for `rows` consecutive i. B and C are row-major, padded to
/// whole vectors.
template <int rows, int vectors>
ONSET_INLINE void multiply_block(const Elements& a, int depth, const float* b, std::int64_t b_stride,
                                 float* c, std::int64_t c_stride) {
  Floats sums[rows][vectors] = {};
  for (int k = 0; k < depth; ++k) {
    Floats right[vectors];
    for (int v = 0; v < vectors; ++v) simd::load(right[v], b + k * b_stride + v * width);
    for (int i = 0; i < rows; ++i) {
      const float left = a.data[i * a.row + k * a.column];
      for (int v = 0; v < vectors; ++v) sums[i][v] += left * right[v];
    }
  }
  for (int i = 0; i < rows; ++i) {
    for (int v = 0; v < vectors; ++v) simd::store(c + i * c_stride + v * width, sums[i][v]);
  }
}

template <int vectors>
ONSET_INLINE void multiply_columns(const Elements& a, int rows, int depth, const float* b,
                                   std::int64_t b_stride, float* c, std::int64_t c_stride) {
  int i = 0;
  for (; i + 6 <= rows; i += 6) {
    multiply_block<6, vectors>({a.data + i * a.row, a.row, a.column}, depth, b, b_stride, c + i * c_stride,
                               c_stride);
  }
  for (; i + 2 <= rows; i += 2) {
    multiply_block<2, vectors>({a.data + i * a.row, a.row, a.column}, depth, b, b_stride, c + i * c_stride,
                               c_stride);
  }
  for (; i < rows; ++i) {
    multiply_block<1, vectors>({a.data + i * a.row, a.row, a.column}, depth, b, b_stride, c + i * c_stride,
                               c_stride);
  }
}

/// C = A B, with `columns` a multiple of the vector width.
ONSET_INLINE void multiply(const Elements& a, int rows, int depth, const float* b, std::int64_t b_stride,
                           int columns, float* c, std::int64_t c_stride) {
  int j = 0;
  for (; j + 2 * width <= columns; j += 2 * width)
    multiply_columns<2>(a, rows, depth, b + j, b_stride, c + j, c_stride);
  for (; j < columns; j += width) multiply_columns<1>(a, rows, depth, b + j, b_stride, c + j, c_stride);
}

/// out[c, r] = in[r, c] * factor; the row of `out` is padded with zeros to whole vectors.
ONSET_INLINE void transpose(const float* in, std::int64_t in_stride, int rows, int columns, float factor,
                            float* out) {
  const int out_stride = padded(rows);
  for (int c = 0; c < columns; ++c) {
    float* to = out + static_cast<std::int64_t>(c) * out_stride;
    for (int r = 0; r < rows; ++r) to[r] = in[r * in_stride + c] * factor;
    for (int r = rows; r < out_stride; ++r) to[r] = 0.0F;
  }
}

/// Rows of `size` floats copied to rows padded with zeros to whole vectors.
ONSET_INLINE void pack(const float* in, std::int64_t in_stride, int rows, int size, float* out) {
  const int out_stride = padded(size);
  for (int r = 0; r < rows; ++r) {
    float* to = out + static_cast<std::int64_t>(r) * out_stride;
    std::memcpy(to, in + r * in_stride, sizeof(float) * size);
    for (int c = size; c < out_stride; ++c) to[c] = 0.0F;
  }
}

/// Rows of scores to rows of probabilities, in place; padding becomes 0.
ONSET_INLINE void softmax_rows(float* scores, int rows, int columns, std::int64_t stride) {
  for (int i = 0; i < rows; ++i) {
    float* row = scores + i * stride;
    for (int j = columns; j < stride; ++j) row[j] = -std::numeric_limits<float>::infinity();
    Floats best;
    simd::load(best, row);
    for (int j = width; j < stride; j += width) {
      Floats x;
      simd::load(x, row + j);
      best = x > best ? x : best;
    }
    const float top = simd::maximum(best);
    Floats total = {};
    for (int j = 0; j < stride; j += width) {
      Floats x;
      simd::load(x, row + j);
      x = x - top;
      simd::exponential(x);
      total += x;
      simd::store(row + j, x);
    }
    const float inverse = 1.0F / simd::sum(total);
    for (int j = 0; j < stride; j += width) {
      Floats x;
      simd::load(x, row + j);
      simd::store(row + j, x * inverse);
    }
  }
}

ONSET_INLINE void drop(const float* in, float* out, std::int64_t begin, std::int64_t end,
                       const KeyedDropout& dropout) {
  for (std::int64_t at = begin; at < end; at += width) {
    Floats factors;
    dropout_factors(factors, dropout, static_cast<std::uint32_t>(at));
    if (end - at >= width) {
      Floats x;
      simd::load(x, in + at);
      simd::store(out + at, x * factors);
    } else {
      for (std::int64_t j = at; j < end; ++j) out[j] = in[j] * factors[j - at];
    }
  }
}

/// Multiplies a padded map by its dropout factors.
ONSET_INLINE void apply_dropout(float* map, int rows, std::int64_t stride, const KeyedDropout& dropout) {
  drop(map, map, 0, rows * stride, dropout);
}

/// The map before dropout.
ONSET_INLINE void probabilities(const HeadInputs& in, AttentionWorkspace& work) {
  const int key_stride = padded(in.keys);
  work.stride = key_stride;
  work.k_transposed.resize(static_cast<std::size_t>(in.size) * key_stride);
  work.probabilities.resize(static_cast<std::size_t>(in.queries) * key_stride);
  transpose(in.k, in.k_stride, in.keys, in.size, 1.0F / std::sqrt(static_cast<float>(in.size)),
            work.k_transposed.data());
  multiply({in.q, in.q_stride, 1}, in.queries, in.size, work.k_transposed.data(), key_stride, key_stride,
           work.probabilities.data(), key_stride);
  softmax_rows(work.probabilities.data(), in.queries, in.keys, key_stride);
}

/// to[r, :] += from[r, :] * factor, from padded rows.
ONSET_INLINE void add_rows(const float* from, int rows, int size, float factor, float* to,
                           std::int64_t to_stride) {
  const int from_stride = padded(size);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < size; ++c)
      to[r * to_stride + c] += from[static_cast<std::int64_t>(r) * from_stride + c] * factor;
  }
}

ONSET_INLINE void forward(const HeadInputs& in, const KeyedDropout& dropout, AttentionWorkspace& work,
                          float* context, std::int64_t context_stride) {
  probabilities(in, work);
  if (dropout.rate > 0) apply_dropout(work.probabilities.data(), in.queries, work.stride, dropout);
  const Elements map = {work.probabilities.data(), work.stride, 1};
  if (in.size % width == 0) {
    multiply(map, in.queries, in.keys, in.v, in.v_stride, in.size, context, context_stride);
    return;
  }
  const int size_stride = padded(in.size);
  work.v_packed.resize(static_cast<std::size_t>(in.keys) * size_stride);
  work.products.resize(static_cast<std::size_t>(in.queries) * size_stride);
  pack(in.v, in.v_stride, in.keys, in.size, work.v_packed.data());
  multiply(map, in.queries, in.keys, work.v_packed.data(), size_stride, size_stride, work.products.data(),
           size_stride);
  for (int i = 0; i < in.queries; ++i) {
    std::memcpy(context + i * context_stride,
                work.products.data() + static_cast<std::int64_t>(i) * size_stride, sizeof(float) * in.size);
  }
}

// With D = F . P (F the dropout factors): dV = D^T dO; dD = dO V^T + arcs; dP = F . dD; dS = P . (dP -
// rowsum(dP . P)); dQ = dS K / sqrt(d); dK = dS^T Q / sqrt(d).
ONSET_INLINE void backward(const HeadInputs& in, const KeyedDropout& dropout,
                           const std::vector<ArcGradient>& arcs, AttentionWorkspace& work,
                           const HeadGradients& out) {
  probabilities(in, work);
  const int key_stride = padded(in.keys);
  const int size_stride = padded(in.size);
  const int rows = std::max(in.queries, in.keys);
  float* const p = work.probabilities.data();
  work.gradients.resize(static_cast<std::size_t>(in.queries) * key_stride);
  work.v_packed.resize(static_cast<std::size_t>(in.size) * key_stride);
  work.packed.resize(static_cast<std::size_t>(rows) * size_stride);
  work.products.resize(static_cast<std::size_t>(rows) * size_stride);
  float* const g = work.gradients.data();

  transpose(in.v, in.v_stride, in.keys, in.size, 1.0F, work.v_packed.data());
  multiply({out.context, out.context_stride, 1}, in.queries, in.size, work.v_packed.data(), key_stride,
           key_stride, g, key_stride);
  for (const ArcGradient& arc : arcs)
    g[arc.query * static_cast<std::int64_t>(key_stride) + arc.key] += arc.gradient;

  // dV takes D while P is still needed below, so with dropout D is a copy, in the buffer the transposed keys
  // no longer use.
  const float* d = p;
  if (dropout.rate > 0) {
    apply_dropout(g, in.queries, key_stride, dropout);
    work.k_transposed.assign(work.probabilities.begin(), work.probabilities.end());
    apply_dropout(work.k_transposed.data(), in.queries, key_stride, dropout);
    d = work.k_transposed.data();
  }
  pack(out.context, out.context_stride, in.queries, in.size, work.packed.data());
  multiply({d, 1, key_stride}, in.keys, in.queries, work.packed.data(), size_stride, size_stride,
           work.products.data(), size_stride);
  add_rows(work.products.data(), in.keys, in.size, 1.0F, out.v, out.v_stride);

  for (int i = 0; i < in.queries; ++i) {
    float* const row_g = g + static_cast<std::int64_t>(i) * key_stride;
    const float* const row_p = p + static_cast<std::int64_t>(i) * key_stride;
    Floats total = {};
    for (int j = 0; j < key_stride; j += width) {
      Floats a;
      Floats b;
      simd::load(a, row_g + j);
      simd::load(b, row_p + j);
      total += a * b;
    }
    const float mean = simd::sum(total);
    for (int j = 0; j < key_stride; j += width) {
      Floats a;
      Floats b;
      simd::load(a, row_g + j);
      simd::load(b, row_p + j);
      simd::store(row_g + j, b * (a - mean));
    }
  }

  const float scale = 1.0F / std::sqrt(static_cast<float>(in.size));
  pack(in.k, in.k_stride, in.keys, in.size, work.packed.data());
  multiply({g, key_stride, 1}, in.queries, in.keys, work.packed.data(), size_stride, size_stride,
           work.products.data(), size_stride);
  add_rows(work.products.data(), in.queries, in.size, scale, out.q, out.q_stride);
  pack(in.q, in.q_stride, in.queries, in.size, work.packed.data());
  multiply({g, 1, key_stride}, in.keys, in.queries, work.packed.data(), size_stride, size_stride,
           work.products.data(), size_stride);
  add_rows(work.products.data(), in.keys, in.size, scale, out.k, out.k_stride);
}

ONSET_INLINE float log_sum(const float* row, std::int64_t n) {
  if (n == 0) return -std::numeric_limits<float>::infinity();
  float top = row[0];
  std::int64_t j = 0;
  if (n >= width) {
    Floats best;
    simd::load(best, row);
    for (j = width; j + width <= n; j += width) {
      Floats x;
      simd::load(x, row + j);
      best = x > best ? x : best;
    }
    top = simd::maximum(best);
  }
  for (; j < n; ++j) top = row[j] > top ? row[j] : top;
  Floats total = {};
  for (j = 0; j + width <= n; j += width) {
    Floats x;
    simd::load(x, row + j);
    x = x - top;
    simd::exponential(x);
    total += x;
  }
  double sum = simd::sum(total);
  for (; j < n; ++j) sum += std::exp(row[j] - top);
  return top + static_cast<float>(std::log(sum));
}

ONSET_KERNEL(forward, void,
             (const HeadInputs& in, const KeyedDropout& dropout, AttentionWorkspace& work, float* context,
              std::int64_t stride),
             forward(in, dropout, work, context, stride))
ONSET_KERNEL(backward, void,
             (const HeadInputs& in, const KeyedDropout& dropout, const std::vector<ArcGradient>& arcs,
              AttentionWorkspace& work, const HeadGradients& out),
             backward(in, dropout, arcs, work, out))
ONSET_KERNEL(drop, void,
             (const float* in, float* out, std::int64_t begin, std::int64_t end, const KeyedDropout& dropout),
             drop(in, out, begin, end, dropout))
ONSET_KERNEL(log_sum, float, (const float* row, std::int64_t n), log_sum(row, n))

}  // namespace

void attend_head(const HeadInputs& inputs, const KeyedDropout& dropout, AttentionWorkspace& workspace,
                 float* context, std::int64_t context_stride) {
  static const auto run = pick_forward();
  run(inputs, dropout, workspace, context, context_stride);
}

void attend_head_backward(const HeadInputs& inputs, const KeyedDropout& dropout,
                          const std::vector<ArcGradient>& arcs, AttentionWorkspace& workspace,
                          const HeadGradients& gradients) {
  static const auto run = pick_backward();
  run(inputs, dropout, arcs, workspace, gradients);
}

void drop_elements(const float* in, float* out, ElementRange range, const KeyedDropout& dropout) {
  static const auto run = pick_drop();
  run(in, out, range.begin, range.end, dropout);
}

float log_sum_exp(const float* row, std::int64_t n) {
  static const auto run = pick_log_sum();
  return run(row, n);
}

}  // namespace onset
