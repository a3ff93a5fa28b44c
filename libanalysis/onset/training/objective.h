// What training minimises: loss = MLM + lambda * R, the masked-language-modelling loss (mean over chosen
// tokens of -log p(token), in nats; Devlin et al. 2019, section 3.1) and the syntactic regulariser
// (regulariser.h).
//
// A step of several batches (accumulation) has one loss. Its MLM loss is the mean over all chosen tokens of
// the step. Its R is the sum of the batches' R, or with reduction mean their mean weighted by parsed tokens:
// the R of all the step's sentences together, but for p != 1, where each batch takes its own root.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <span>

#include "onset/model/bert.h"
#include "onset/training/batches.h"
#include "onset/training/train_config.h"

namespace onset {

struct StepTotals {
  std::int64_t chosen = 0;  ///< tokens to predict, in all batches of the step
  std::int64_t parsed = 0;  ///< tokens with a head
};

struct ObjectiveOptions {
  RegulariserConfig regulariser;
  double lambda = 0;
  std::optional<std::uint64_t> dropout_key;  ///< unset: no dropout
  bool mixed_precision = false;              ///< matrix products in bfloat16 (CUDA)
};

struct LossParts {
  double loss = 0, mlm = 0, regulariser = 0;
};

/// One batch's share of the step's loss, its gradient added to the parameters'. A step without a chosen token
/// has MLM loss 0. R is computed whatever lambda, so that a run without it can be compared; then it has no
/// gradient.
LossParts accumulate_gradient(const Bert& bert, const TrainingBatch& batch, const StepTotals& totals,
                              const ObjectiveOptions& options);

}  // namespace onset
