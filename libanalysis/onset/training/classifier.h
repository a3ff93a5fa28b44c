// A classifier, or a regressor, on a pretrained encoder (Devlin et al. 2019, section 4.1; Hugging Face's
// BertForSequenceClassification): from h, the last hidden state of [CLS],
//
//   pooled = tanh(W_p h + b_p),   logits = W_c dropout(pooled) + b_c
//
// Loss over a batch: the mean of -log softmax(logits)[label]; with one output, of (logit - score)^2.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>

#include "onset/model/batch.h"
#include "onset/model/bert.h"

namespace onset {

/// `bert` with a fresh classifier of this many outputs, with a fresh pooler where it has none, and without
/// its MLM head. Fresh weights are normal with config.initializer_range, biases 0; each a function of (seed,
/// name, place). The other tensors are those of `bert`, not copies.
Bert with_classifier(Bert bert, std::int64_t outputs, std::uint64_t seed);

/// Logits, float32 [sequence, output]. With `dropout_key` at the configuration's rates (training), else
/// without dropout; differentiable unless gradients are off, and then the last layer runs on [CLS] alone.
torch::Tensor classify(const Bert& bert, const PackedBatch& batch,
                       const std::optional<std::uint64_t>& dropout_key = {});

/// The loss above. labels: float32 [sequence], classes from 0 or scores.
torch::Tensor classifier_loss(const torch::Tensor& logits, const torch::Tensor& labels);

/// What the logits say: float32 [sequence], the likeliest class, or the one output itself.
torch::Tensor predictions(const torch::Tensor& logits);

}  // namespace onset
