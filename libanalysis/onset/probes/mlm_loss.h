// Masked-language-modelling loss on held-out text with a fixed mask (text/masking.h): mean over chosen tokens
// of -log p(token | masked text), in nats.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "onset/probes/bootstrap.h"
#include "onset/probes/sentence_pass.h"
#include "onset/text/masking.h"

namespace onset {

struct MlmLoss {
  double loss = 0;                  ///< nats per chosen token; NaN where there is none
  std::int64_t tokens = 0;          ///< chosen tokens
  std::vector<double> line_loss;    ///< [line] sum over its chosen tokens
  std::vector<double> line_tokens;  ///< [line] chosen tokens
};
MlmLoss mlm_loss(const Bert& bert, std::span<const MaskedLine> lines, const PassOptions& options);

}  // namespace onset
