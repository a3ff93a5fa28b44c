#include "onset/training/classifier.h"

#include <vector>

#include "onset/base/random.h"
#include "onset/base/sha256.h"
#include "onset/model/dropout.h"
#include "onset/model/encoder.h"

namespace onset {
namespace {

/// Which draw of dropout the pooled vector's is: no layer has this number.
constexpr std::uint64_t pooled_site = 2'000'000;

Linear fresh_linear(const BertConfig& config, const char* name, std::int64_t outputs, std::uint64_t seed) {
  torch::Tensor weight = torch::empty({outputs, config.hidden});
  auto* const values = weight.data_ptr<float>();
  const std::uint64_t which = content_hash(name);
  for (std::int64_t i = 0; i < weight.numel(); ++i) {
    values[i] =
        static_cast<float>(config.initializer_range *
                           draw_normal(seed, Draw::classifier, {which, static_cast<std::uint64_t>(i)}));
  }
  return {weight, torch::zeros({outputs})};
}

}  // namespace

Bert with_classifier(Bert bert, std::int64_t outputs, std::uint64_t seed) {
  bert.mlm.reset();
  bert.classifier = fresh_linear(bert.config, "classifier", outputs, seed);
  if (!bert.pooler) bert.pooler = fresh_linear(bert.config, "pooler", bert.config.hidden, seed);
  return bert;
}

torch::Tensor classify(const Bert& bert, const PackedBatch& batch,
                       const std::optional<std::uint64_t>& dropout_key) {
  const std::vector<std::int64_t> first(batch.offsets.begin(), batch.offsets.end() - 1);
  EncoderOptions options;
  options.dropout_key = dropout_key;
  const bool training = torch::GradMode::is_enabled();
  if (!training) options.rows = first;
  torch::Tensor hidden = encode(bert, batch, options).hidden;
  if (training) hidden = hidden.index_select(0, torch::tensor(first, torch::kInt64).to(hidden.device()));
  torch::Tensor pooled = torch::tanh(torch::linear(hidden, bert.pooler->weight, bert.pooler->bias));
  if (dropout_key) {
    pooled = keyed_dropout(pooled, {static_cast<float>(bert.config.hidden_dropout),
                                    draw_bits(*dropout_key, Draw::dropout, {pooled_site})});
  }
  return torch::linear(pooled, bert.classifier->weight, bert.classifier->bias).to(torch::kFloat32);
}

torch::Tensor classifier_loss(const torch::Tensor& logits, const torch::Tensor& labels) {
  const torch::Tensor gold = labels.to(logits.device());
  if (logits.size(1) == 1) return torch::mse_loss(logits.squeeze(1), gold);
  return torch::cross_entropy_loss(logits, gold.to(torch::kInt64));
}

torch::Tensor predictions(const torch::Tensor& logits) {
  const torch::Tensor out = logits.size(1) == 1 ? logits.squeeze(1) : logits.argmax(1).to(torch::kFloat32);
  return out.to(torch::kCPU).contiguous();
}

}  // namespace onset
