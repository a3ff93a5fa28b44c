// BERT's encoder: embeddings, then layers of self-attention and feed-forward network, each followed by its
// residual and LayerNorm (post-LN; Devlin et al. 2019, section 3; Vaswani et al. 2017, section 3.1).
//
//   h_0 = LN(word + position + type)
//   a_l = LN(h_{l-1} + W_o attend(W_qkv h_{l-1})),   h_l = LN(a_l + W_2 act(W_1 a_l))
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "onset/model/attention.h"
#include "onset/model/batch.h"
#include "onset/model/bert.h"

namespace onset {

/// Reads the hidden states after a layer, [token, hidden]; layer 0 = embeddings … L. Called in order, from
/// one thread.
using HiddenTap = std::function<void(std::int64_t layer, const torch::Tensor& hidden)>;

struct EncoderOptions {
  AttentionTap attention;  ///< may be empty
  HiddenTap hidden;        ///< may be empty
  /// Tokens whose last hidden state is wanted, ascending; empty: all. The last layer is then computed for
  /// these only. Inference only; the taps still see whole layers, so it must not be set along with them.
  std::vector<std::int64_t> rows;
  /// Only the attention maps are wanted: the last layer stops after its own, and Encoded::hidden is
  /// undefined. The hidden tap is not called for the last layer.
  bool maps_only = false;
  /// Training: dropout at the configuration's rates, drawn from this key. Unset: none.
  std::optional<std::uint64_t> dropout_key;
  torch::Tensor arcs;  ///< AttentionOptions::arcs; may be undefined
};

struct Encoded {
  torch::Tensor hidden;             ///< [token, hidden], or [row, hidden] where rows were asked for
  std::vector<torch::Tensor> arcs;  ///< for each layer [head, token, 2], where arcs were given
};

/// Throws Error(bad_data) where a sequence is longer than the positions or an id is not in the vocabulary.
Encoded encode(const Bert& bert, const PackedBatch& batch, const EncoderOptions& options = {});

}  // namespace onset
