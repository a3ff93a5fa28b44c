// Scaled dot-product attention of one head over one sequence on the CPU, forward and backward, in plain float
// arrays.
//
//   P = softmax(Q K^T / sqrt(d)),   D = dropout(P),   O = D V                     (Vaswani et al. 2017,
//   section 3.2.1)
//
// with Q [queries, d], K and V [keys, d]. The map P (queries x keys floats) lives in a workspace that stays
// in cache while a reader uses it; maps are never kept. Sequences are never padded against each other, and a
// result depends on its own sequence alone, whatever else is in the batch.
#pragma once

#include <cstdint>
#include <vector>

#include "onset/model/keyed_dropout.h"

namespace onset {

/// The rows of one head; strides count floats from one token to the next.
struct HeadInputs {
  const float* q = nullptr;
  const float* k = nullptr;
  const float* v = nullptr;
  std::int64_t q_stride = 0, k_stride = 0, v_stride = 0;
  int queries = 0, keys = 0, size = 0;
};

/// A probability whose gradient comes from outside (the syntactic regulariser).
struct ArcGradient {
  int query = 0, key = 0;
  float gradient = 0.0F;  ///< dLoss / dD[query, key]
};

struct HeadGradients {
  const float* context = nullptr;  ///< dLoss / dO, read
  std::int64_t context_stride = 0;
  float* q = nullptr;  ///< dLoss / dQ, dK, dV: added to, with the strides of the inputs
  float* k = nullptr;
  float* v = nullptr;
  std::int64_t q_stride = 0, k_stride = 0, v_stride = 0;
};

/// Scratch of one thread; grows to the longest sequence seen: about 4 * keys * (queries + 2 d) bytes forward.
class AttentionWorkspace {
 public:
  /// Row `query` of the map of the last attend_head, after dropout; padded with zeros up to stride().
  const float* row(int query) const { return probabilities.data() + query * stride; }

  std::vector<float> probabilities, gradients, k_transposed, v_packed, packed, products;
  std::int64_t stride = 0;
};

/// O := D V, written to `context` (row stride `context_stride`). Leaves D in the workspace.
void attend_head(const HeadInputs& inputs, const KeyedDropout& dropout, AttentionWorkspace& workspace,
                 float* context, std::int64_t context_stride);

/// Adds the gradients of the inputs. Computes the map again rather than having kept it: a map costs queries *
/// keys floats for each layer, head and sequence, its recomputation a few per cent of a training step.
void attend_head_backward(const HeadInputs& inputs, const KeyedDropout& dropout,
                          const std::vector<ArcGradient>& arcs, AttentionWorkspace& workspace,
                          const HeadGradients& gradients);

/// Elements begin … end - 1; begin is a multiple of 16.
struct ElementRange {
  std::int64_t begin = 0, end = 0;
};

/// out[i] = in[i] times the dropout factor of place i, for the range; in and out may be the same.
void drop_elements(const float* in, float* out, ElementRange range, const KeyedDropout& dropout);

/// log(sum_j exp(x[j])) of a row of n floats, in one pass over cache-resident data; -infinity where n is 0.
float log_sum_exp(const float* row, std::int64_t n);

}  // namespace onset
