#include "onset/training/parameters.h"

#include <torch/utils.h>

#include <functional>
#include <numeric>

namespace onset {
namespace {

/// Calls visit(name, tensor, decays) for every tensor that the model holds, in a fixed order.
template <typename Visit>
void for_each_tensor(Bert& bert, const Visit& visit) {
  const bool tied =
      bert.mlm && bert.mlm->decoder.is_same(bert.word_embeddings);  // asked before anything is replaced
  const auto linear = [&](const std::string& name, Linear& x) {
    visit(name + ".weight", x.weight, true);
    visit(name + ".bias", x.bias, false);
  };
  const auto norm = [&](const std::string& name, LayerNorm& x) {
    visit(name + ".weight", x.weight, false);
    visit(name + ".bias", x.bias, false);
  };
  visit("word_embeddings", bert.word_embeddings, true);
  visit("position_embeddings", bert.position_embeddings, true);
  visit("type_embeddings", bert.type_embeddings, true);
  norm("embedding_norm", bert.embedding_norm);
  for (std::size_t l = 0; l < bert.layers.size(); ++l) {
    const std::string name = "layers." + std::to_string(l) + '.';
    EncoderLayer& layer = bert.layers[l];
    linear(name + "qkv", layer.qkv);
    linear(name + "attention_output", layer.attention_output);
    norm(name + "attention_norm", layer.attention_norm);
    linear(name + "intermediate", layer.intermediate);
    linear(name + "output", layer.output);
    norm(name + "output_norm", layer.output_norm);
  }
  if (bert.pooler) linear("pooler", *bert.pooler);
  if (bert.classifier) linear("classifier", *bert.classifier);
  if (!bert.mlm) return;
  linear("mlm.transform", bert.mlm->transform);
  norm("mlm.norm", bert.mlm->norm);
  visit("mlm.bias", bert.mlm->bias, false);
  if (!tied) visit("mlm.decoder", bert.mlm->decoder, true);
}

/// `bert` with its tensors replaced by views of the array.
Bert on_array(Bert bert, const torch::Tensor& array, const std::vector<ParameterSlice>& slices) {
  const bool tied = bert.mlm && bert.mlm->decoder.is_same(bert.word_embeddings);
  std::size_t next = 0;
  for_each_tensor(bert, [&](const std::string&, torch::Tensor& tensor, bool) {
    const ParameterSlice& slice = slices[next++];
    tensor = array.narrow(0, slice.begin, slice.size()).view(slice.shape);
  });
  if (tied) bert.mlm->decoder = bert.word_embeddings;
  return bert;
}

}  // namespace

std::int64_t ParameterSlice::size() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

Parameters::Parameters(const Bert& bert, const torch::Device& device) {
  const torch::NoGradGuard no_grad;
  Bert given = bert;
  if (!given.classifier) given.pooler.reset();
  std::int64_t floats = 0;
  for_each_tensor(given, [&](const std::string& name, const torch::Tensor& tensor, bool decays) {
    slices_.push_back({name, floats, tensor.sizes().vec(), decays});
    floats += (tensor.numel() + 15) / 16 * 16;
  });
  values_ = torch::zeros({floats}, torch::TensorOptions(torch::kFloat32).device(device));
  bert_ = on_array(given, values_, slices_);
  std::size_t next = 0;
  for_each_tensor(given, [&](const std::string&, const torch::Tensor& tensor, bool) {
    const ParameterSlice& slice = slices_[next++];
    values_.narrow(0, slice.begin, slice.size()).copy_(tensor.reshape({-1}));
  });
  for_each_tensor(bert_,
                  [](const std::string&, torch::Tensor& tensor, bool) { tensor.set_requires_grad(true); });
}

Bert Parameters::frozen() const {
  const torch::NoGradGuard no_grad;
  return on_array(bert_, values_, slices_);
}

std::vector<torch::Tensor> Parameters::gradients() const {
  std::vector<torch::Tensor> out;
  Bert bert = bert_;
  for_each_tensor(bert, [&](const std::string&, const torch::Tensor& tensor, bool) {
    out.push_back(tensor.grad().defined() ? tensor.grad().contiguous() : torch::Tensor());
  });
  return out;
}

void Parameters::clear_gradients() {
  for_each_tensor(bert_,
                  [](const std::string&, torch::Tensor& tensor, bool) { tensor.mutable_grad().reset(); });
}

std::vector<std::pair<std::string, torch::Tensor>> Parameters::named(const torch::Tensor& array) const {
  const torch::NoGradGuard no_grad;
  return named_parameters(on_array(bert_, array, slices_));
}

}  // namespace onset
