// One vector a sentence from the hidden states after each layer: what TwoNN measures.
//   cls  = the first token's state,   mean = the mean over tokens that are not special ([CLS] and [SEP] left
//   out)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "onset/probes/sentence_pass.h"
#include "onset/probes/twonn.h"

namespace onset {

inline constexpr const char* poolings[] = {"cls", "mean"};

/// Collects the vectors of one checkpoint: 4 * 2 * (layers + 1) * sentences * hidden bytes. Sentences with
/// the same token ids count once.
class SentenceVectors {
 public:
  SentenceVectors(std::span<const TokenIds> sentences, const BertConfig& config);

  void read(const HiddenStates& states);
  /// [layer, pooling], layer 0 = embeddings … L. Sentences equal in token ids are among the duplicates.
  std::vector<TwoNn> dimensions() const;

 private:
  std::int64_t layers_;
  std::int64_t repeated_ = 0;           ///< sentences whose token ids an earlier one has
  std::vector<std::int64_t> row_;       ///< [sentence] its row among the vectors, -1 where repeated
  std::vector<torch::Tensor> vectors_;  ///< [layer, pooling] of [sentence, hidden]
};

}  // namespace onset
