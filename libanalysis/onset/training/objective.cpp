#include "onset/training/objective.h"

#include "onset/model/encoder.h"
#include "onset/model/mlm_head.h"
#include "onset/training/autocast.h"
#include "onset/training/regulariser.h"

namespace onset {
namespace {

/// The share of a batch's R in the step's.
double share_of(const TrainingBatch& batch, const StepTotals& totals, Reduction reduction) {
  if (reduction == Reduction::sum) return 1;
  return totals.parsed > 0 ? static_cast<double>(batch.parsed) / static_cast<double>(totals.parsed) : 0;
}

}  // namespace

LossParts accumulate_gradient(const Bert& bert, const TrainingBatch& batch, const StepTotals& totals,
                              const ObjectiveOptions& options) {
  LossParts out;
  torch::Tensor loss;
  {
    const Autocast autocast(options.mixed_precision);
    EncoderOptions encoder;
    encoder.dropout_key = options.dropout_key;
    if (batch.parsed > 0) encoder.arcs = batch.arcs;
    const Encoded encoded = encode(bert, batch.packed, encoder);
    if (batch.chosen.numel() > 0) {
      // Only the tokens to predict go through the head: 15 % of them, and the vocabulary is its widest axis.
      const torch::Tensor logits = mlm_logits(bert, encoded.hidden.index_select(0, batch.chosen));
      loss = torch::cross_entropy_loss(logits.to(torch::kFloat32), batch.targets, {}, at::Reduction::Sum) /
             static_cast<double>(totals.chosen);
      out.mlm = loss.item<double>();
    }
    if (batch.parsed > 0) {
      const torch::Tensor r = regulariser(encoded.arcs, batch.parsed, options.regulariser) *
                              share_of(batch, totals, options.regulariser.reduction);
      out.regulariser = r.item<double>();
      if (options.lambda != 0) loss = loss.defined() ? loss + options.lambda * r : options.lambda * r;
    }
  }
  out.loss = out.mlm + options.lambda * out.regulariser;
  if (loss.defined()) loss.backward();
  return out;
}

}  // namespace onset
