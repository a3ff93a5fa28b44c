// Masked-language-modelling loss on held-out text with a fixed mask: mean over chosen tokens of -log p(token
// | masked text), in nats.
//
// Of each line's tokens 15 % are chosen ([CLS] and [SEP] never); of those 80 % become [MASK], 10 % a random
// token, 10 % stay (Devlin et al. 2019, appendix A.1). Every choice is a hash of (seed, line, position): the
// same for every checkpoint, batch and shard.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "onset/probes/bootstrap.h"
#include "onset/probes/sentence_pass.h"

namespace onset {

struct MaskingOptions {
  double rate = 0.15;  ///< share of tokens chosen
  std::uint64_t seed = 1;
};

/// A line with some tokens replaced; loss is taken at `positions` against `targets`.
struct MaskedLine {
  TokenIds ids;
  std::vector<std::int32_t> positions;
  std::vector<std::int32_t> targets;
};

/// Masks a line. `line` is its number in the file, `mask` the id of [MASK], random tokens are drawn from 0 …
/// vocabulary - 1.
struct MaskingVocabulary {
  std::int32_t mask = 0, size = 0;
};
MaskedLine mask_line(const TokenIds& ids, std::int64_t line, const MaskingVocabulary& vocabulary,
                     const MaskingOptions& options);

struct MlmLoss {
  double loss = 0;                  ///< nats per chosen token; NaN where there is none
  std::int64_t tokens = 0;          ///< chosen tokens
  std::vector<double> line_loss;    ///< [line] sum over its chosen tokens
  std::vector<double> line_tokens;  ///< [line] chosen tokens
};
MlmLoss mlm_loss(const Bert& bert, std::span<const MaskedLine> lines, const PassOptions& options);

}  // namespace onset
