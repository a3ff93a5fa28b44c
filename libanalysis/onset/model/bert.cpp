#include "onset/model/bert.h"

#include <ATen/Parallel.h>
#include <torch/utils.h>

#include <algorithm>

#include "onset/base/error.h"
#include "onset/base/random.h"
#include "onset/base/sha256.h"

namespace onset {
namespace {

using Shape = std::vector<std::int64_t>;

/// The parameters' names and shapes, written once: `make` gives the tensor of a name and a shape.
template <typename Make>
Bert build(const BertConfig& config, const Make& make) {
  const std::int64_t hidden = config.hidden;
  const auto linear = [&](const std::string& name, std::int64_t out, std::int64_t in) {
    return Linear{make(name + ".weight", Shape{out, in}), make(name + ".bias", Shape{out})};
  };
  const auto norm = [&](const std::string& name) {
    return LayerNorm{make(name + ".weight", Shape{hidden}), make(name + ".bias", Shape{hidden})};
  };
  Bert bert;
  bert.config = config;
  const std::string embeddings = "bert.embeddings.";
  bert.word_embeddings = make(embeddings + "word_embeddings.weight", Shape{config.vocab_size, hidden});
  bert.position_embeddings = make(embeddings + "position_embeddings.weight", Shape{config.positions, hidden});
  bert.type_embeddings = make(embeddings + "token_type_embeddings.weight", Shape{config.type_vocab, hidden});
  bert.embedding_norm = norm(embeddings + "LayerNorm");
  for (std::int64_t l = 0; l < config.layers; ++l) {
    const std::string layer = "bert.encoder.layer." + std::to_string(l) + ".";
    const Linear q = linear(layer + "attention.self.query", hidden, hidden);
    const Linear k = linear(layer + "attention.self.key", hidden, hidden);
    const Linear v = linear(layer + "attention.self.value", hidden, hidden);
    bert.layers.push_back({{torch::cat({q.weight, k.weight, v.weight}), torch::cat({q.bias, k.bias, v.bias})},
                           linear(layer + "attention.output.dense", hidden, hidden),
                           norm(layer + "attention.output.LayerNorm"),
                           linear(layer + "intermediate.dense", config.ffn, hidden),
                           linear(layer + "output.dense", hidden, config.ffn),
                           norm(layer + "output.LayerNorm")});
  }
  return bert;
}

template <typename Make>
MlmHead build_mlm_head(const Bert& bert, const Make& make, bool tied) {
  const std::int64_t hidden = bert.config.hidden;
  const std::string head = "cls.predictions.";
  return {{make(head + "transform.dense.weight", Shape{hidden, hidden}),
           make(head + "transform.dense.bias", Shape{hidden})},
          {make(head + "transform.LayerNorm.weight", Shape{hidden}),
           make(head + "transform.LayerNorm.bias", Shape{hidden})},
          tied ? bert.word_embeddings : make(head + "decoder.weight", Shape{bert.config.vocab_size, hidden}),
          make(head + "bias", Shape{bert.config.vocab_size})};
}

}  // namespace

Bert load_bert(const Checkpoint& checkpoint, const BertPlacement& placement) {
  const torch::NoGradGuard no_grad;
  const auto make = [&](const std::string& name, const Shape&) {
    const torch::Tensor copy = checkpoint.tensor(name).to(placement.device, placement.dtype,
                                                          /*non_blocking=*/false, /*copy=*/true);
    checkpoint.release_pages();
    return copy;
  };
  Bert bert = build(checkpoint.config(), make);
  if (checkpoint.has_mlm_head()) {
    const std::vector<std::string> names = checkpoint.names();
    const bool tied = std::ranges::find(names, "cls.predictions.decoder.weight") == names.end();
    bert.mlm = build_mlm_head(bert, make, tied);
  }
  if (checkpoint.has_pooler()) {
    bert.pooler = Linear{make("bert.pooler.dense.weight", {}), make("bert.pooler.dense.bias", {})};
  }
  if (!checkpoint.unchanged()) {
    throw error_in(ErrorKind::try_again, checkpoint.folder().string(),
                   "the weight file changed while it was read");
  }
  return bert;
}

Bert initial_bert(const BertConfig& config, std::uint64_t seed) {
  const auto ends_with = [](const std::string& name, const char* end) { return name.ends_with(end); };
  const auto make = [&](const std::string& name, const Shape& shape) {
    if (ends_with(name, "LayerNorm.weight")) return torch::ones(shape);
    if (ends_with(name, "bias")) return torch::zeros(shape);
    torch::Tensor out = torch::empty(shape);
    auto* const values = out.data_ptr<float>();
    const std::uint64_t which = content_hash(name);
    at::parallel_for(0, out.numel(), 1 << 14, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        values[i] = static_cast<float>(
            config.initializer_range *
            draw_normal(seed, Draw::initial_weights, {which, static_cast<std::uint64_t>(i)}));
      }
    });
    if (name == "bert.embeddings.word_embeddings.weight" && config.pad_token_id >= 0 &&
        config.pad_token_id < shape[0]) {
      out[config.pad_token_id].zero_();
    }
    return out;
  };
  Bert bert = build(config, make);
  bert.mlm = build_mlm_head(bert, make, /*tied=*/true);
  return bert;
}

std::vector<std::pair<std::string, torch::Tensor>> named_parameters(const Bert& bert) {
  std::vector<std::pair<std::string, torch::Tensor>> out;
  const auto linear = [&](const std::string& name, const Linear& x) {
    out.emplace_back(name + ".weight", x.weight);
    out.emplace_back(name + ".bias", x.bias);
  };
  const auto norm = [&](const std::string& name, const LayerNorm& x) {
    out.emplace_back(name + ".weight", x.weight);
    out.emplace_back(name + ".bias", x.bias);
  };
  const std::int64_t hidden = bert.config.hidden;
  out.emplace_back("bert.embeddings.word_embeddings.weight", bert.word_embeddings);
  out.emplace_back("bert.embeddings.position_embeddings.weight", bert.position_embeddings);
  out.emplace_back("bert.embeddings.token_type_embeddings.weight", bert.type_embeddings);
  norm("bert.embeddings.LayerNorm", bert.embedding_norm);
  for (std::size_t l = 0; l < bert.layers.size(); ++l) {
    const EncoderLayer& layer = bert.layers[l];
    const std::string name = "bert.encoder.layer." + std::to_string(l) + ".";
    const char* const parts[] = {"query", "key", "value"};
    for (std::int64_t part = 0; part < 3; ++part) {
      linear(name + "attention.self." + parts[part], {layer.qkv.weight.narrow(0, part * hidden, hidden),
                                                      layer.qkv.bias.narrow(0, part * hidden, hidden)});
    }
    linear(name + "attention.output.dense", layer.attention_output);
    norm(name + "attention.output.LayerNorm", layer.attention_norm);
    linear(name + "intermediate.dense", layer.intermediate);
    linear(name + "output.dense", layer.output);
    norm(name + "output.LayerNorm", layer.output_norm);
  }
  if (bert.pooler) linear("bert.pooler.dense", *bert.pooler);
  if (bert.classifier) linear("classifier", *bert.classifier);
  if (bert.mlm) {
    linear("cls.predictions.transform.dense", bert.mlm->transform);
    norm("cls.predictions.transform.LayerNorm", bert.mlm->norm);
    out.emplace_back("cls.predictions.bias", bert.mlm->bias);
    if (!bert.mlm->decoder.is_same(bert.word_embeddings))
      out.emplace_back("cls.predictions.decoder.weight", bert.mlm->decoder);
  }
  return out;
}

}  // namespace onset
