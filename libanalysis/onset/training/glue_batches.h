// GLUE examples as token sequences: [CLS] first [SEP], or [CLS] first [SEP] second [SEP] with token type 1
// from the second sentence on (Devlin et al. 2019, figure 4).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "onset/model/batch.h"
#include "onset/text/glue.h"
#include "onset/text/wordpiece.h"

namespace onset {

struct EncodedGlue {
  std::vector<std::vector<std::int32_t>> ids;  ///< [example]
  std::vector<std::int64_t> second;  ///< [example] where token type 1 begins; its length where there is none
  std::vector<float> labels;         ///< [example] class or score
  std::int64_t shortened = 0;        ///< examples that were longer than max_tokens

  std::int64_t size() const { return static_cast<std::int64_t>(ids.size()); }
};

/// Longer examples lose tokens from the end of whichever sentence is longer, of equal ones from the second,
/// until [CLS] and [SEP] included they fit (Hugging Face's "longest_first"). max_tokens: at least 5.
EncodedGlue encode_glue(const GlueTask& task, std::span<const GlueExample> examples,
                        const WordPiece& wordpiece, std::int64_t max_tokens);

/// These examples as a batch. `types`: whether the model tells token types apart.
PackedBatch pack_glue(const EncodedGlue& data, std::span<const std::int64_t> items, bool types,
                      const torch::Device& device);

}  // namespace onset
