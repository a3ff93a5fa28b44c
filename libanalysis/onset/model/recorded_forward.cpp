#include "onset/model/recorded_forward.h"

#include "onset/base/error.h"
#include "onset/model/attention.h"
#include "onset/model/layer.h"

namespace onset {
namespace {

class Recorder {
 public:
  explicit Recorder(const Bert& bert) : bert_(bert) {}

  torch::Tensor embed(const PackedBatch& batch) {
    torch::Tensor sum = torch::embedding(bert_.word_embeddings, batch.ids) +
                        torch::embedding(bert_.position_embeddings, batch.positions);
    sum = sum + (batch.types.defined() ? torch::embedding(bert_.type_embeddings, batch.types)
                                       : bert_.type_embeddings[0]);
    out_.embedded = sum.detach().requires_grad_();
    return normalise(out_.embedded, bert_.embedding_norm);
  }

  torch::Tensor layer(const torch::Tensor& hidden, const PackedBatch& batch, std::int64_t l) {
    const EncoderLayer& layer = bert_.layers[l];
    group_ = l + 1;
    AttentionOptions options;
    options.heads = bert_.config.heads;
    options.layer = l;
    const torch::Tensor context = attend(multiply(hidden, layer.qkv), batch.offsets, options).context;
    const torch::Tensor attended =
        normalise(hidden + multiply(context, layer.attention_output), layer.attention_norm);
    const torch::Tensor inner = activate(multiply(attended, layer.intermediate), bert_.config.activation);
    return normalise(attended + multiply(inner, layer.output), layer.output_norm);
  }

  void head(const torch::Tensor& hidden) {
    const MlmHead& head = *bert_.mlm;
    group_ = bert_.config.layers + 1;
    const torch::Tensor inner =
        normalise(activate(multiply(hidden, head.transform), bert_.config.activation), head.norm);
    out_.inner = inner.detach();
    out_.logits = torch::linear(inner, head.decoder, head.bias);
  }

  RecordedForward take() { return std::move(out_); }

 private:
  torch::Tensor multiply(const torch::Tensor& x, const Linear& linear) {
    const torch::Tensor y = torch::linear(x, linear.weight, linear.bias);
    out_.uses.push_back({ParameterUse::Kind::product, group_, x.detach(), y});
    return y;
  }

  torch::Tensor normalise(const torch::Tensor& x, const LayerNorm& norm) {
    const torch::Tensor plain = torch::layer_norm(x, {x.size(-1)}, {}, {}, bert_.config.layer_norm_eps);
    const torch::Tensor y = plain * norm.weight + norm.bias;
    out_.uses.push_back({ParameterUse::Kind::scale, group_, plain.detach(), y});
    return y;
  }

  const Bert& bert_;
  RecordedForward out_;
  std::int64_t group_ = 0;
};

}  // namespace

RecordedForward record_forward(const Bert& bert, const PackedBatch& batch,
                               const std::vector<std::int64_t>& rows) {
  if (!bert.mlm)
    throw Error(ErrorKind::bad_data, "the checkpoint has no masked-language-model head (cls.predictions.*)");
  Recorder recorder(bert);
  torch::Tensor hidden = recorder.embed(batch);
  for (std::int64_t l = 0; l < bert.config.layers; ++l) hidden = recorder.layer(hidden, batch, l);
  recorder.head(hidden.index_select(0, torch::tensor(rows, torch::kInt64).to(hidden.device())));
  return recorder.take();
}

}  // namespace onset
