// The masked-language-model head: p(token | hidden) = softmax(E LN(act(W h + b)) + c), with E the word
// embeddings (Devlin et al. 2019, appendix A; Hugging Face's BertLMPredictionHead).
#pragma once

#include <torch/types.h>

#include "onset/model/bert.h"

namespace onset {

/// [row, hidden] to logits [row, vocabulary]. Throws Error(bad_data) where the model has no MLM head.
torch::Tensor mlm_logits(const Bert& bert, const torch::Tensor& hidden);

/// log p(targets[row] | hidden[row]) in nats, [row] float32 on the CPU, without ever holding all logits: the
/// vocabulary is gone through in tiles that stay in cache, each folded into a running log-sum-exp. For
/// inference: no gradient. targets: int64 [row].
torch::Tensor mlm_log_probabilities(const Bert& bert, const torch::Tensor& hidden,
                                    const torch::Tensor& targets);

}  // namespace onset
