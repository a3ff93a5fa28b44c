// Which tokens of a sequence are hidden from a masked language model, and by what (Devlin et al. 2019,
// appendix A.1): each token is chosen with probability `rate`; of the chosen 80 % become [MASK], 10 % a
// random token, 10 % stay. Every choice is a hash of (seed, line, position): the same on every machine, in
// every batch, on a resume.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "onset/text/vocabulary.h"

namespace onset {

struct MaskingOptions {
  double rate = 0.15;  ///< share of tokens chosen
  std::uint64_t seed = 1;
};

/// A line with some tokens replaced; loss is taken at `positions` against `targets`.
struct MaskedLine {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> positions;  ///< ascending
  std::vector<std::int32_t> targets;
};

struct MaskingVocabulary {
  std::int32_t mask = 0;  ///< id of [MASK]
  std::int32_t size = 0;  ///< random tokens are drawn from 0 … size - 1
  std::int32_t unk = -1;  ///< a token that is never chosen; -1: none
};

/// [UNK] is never chosen: as a target it would reward guessing that a word is unknown. (Hugging Face's
/// collator leaves special tokens alone, too.)
MaskingVocabulary masking_vocabulary(const Vocabulary& vocabulary);

/// Masks a line of ids whose first and last token ([CLS] and [SEP]) are never chosen. `line` tells lines
/// apart: its number in the file, or which of all sequences drawn in a training run it is.
MaskedLine mask_line(std::span<const std::int32_t> ids, std::int64_t line,
                     const MaskingVocabulary& vocabulary, const MaskingOptions& options);

}  // namespace onset
