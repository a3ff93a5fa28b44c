// The names tensors of a BERT go by in files, and the one name each has here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "onset/checkpoint/config.h"

namespace onset {

/// Where a file's name leads.
struct NameMatch {
  std::string canonical;      ///< as transformers.BertForMaskedLM has it, with the `bert.` prefix
  bool prefix_added = false;  ///< the file leaves `bert.` out
  bool renamed_norm = false;  ///< LayerNorm.gamma / beta, of TensorFlow's originals
  bool decoder_bias = false;  ///< cls.predictions.decoder.bias, the same parameter as cls.predictions.bias
};

/// Nothing when the name can be none of a BERT's tensors, e.g. the buffer embeddings.position_ids.
std::optional<NameMatch> match_name(std::string_view name);

/// A tensor that must be there, and its shape.
struct ExpectedTensor {
  std::string name;  ///< canonical
  std::vector<std::int64_t> shape;
};

/// The embeddings and the layers: in every checkpoint.
std::vector<ExpectedTensor> encoder_tensors(const BertConfig& config);
/// The pooler: all of it or none.
std::vector<ExpectedTensor> pooler_tensors(const BertConfig& config);
/// The MLM head with its own decoder: all of it or none, but for the decoder.
std::vector<ExpectedTensor> mlm_head_tensors(const BertConfig& config);

/// Which of `names` differs least from `wanted` (insertions, deletions and replacements); empty without
/// names. Only the first 5000 names and 200 characters are looked at.
std::string closest_name(std::string_view wanted, const std::vector<std::string>& names);

}  // namespace onset
