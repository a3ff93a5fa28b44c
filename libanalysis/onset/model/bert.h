// BERT's parameters (Devlin et al. 2019) as plain tensors. The functions on them are in encoder.h and
// mlm_head.h.
//
// Queries, keys and values of a layer are kept as one matrix [3 * hidden, hidden], so that one product makes
// all three; under their own names (Hugging Face's) they are views of its rows.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "onset/checkpoint/checkpoint.h"
#include "onset/checkpoint/config.h"

namespace onset {

struct Linear {
  torch::Tensor weight;  ///< [out, in]
  torch::Tensor bias;    ///< [out]
};

struct LayerNorm {
  torch::Tensor weight;  ///< [hidden]
  torch::Tensor bias;    ///< [hidden]
};

struct EncoderLayer {
  Linear qkv;  ///< [3 * hidden, hidden]: queries, keys, values
  Linear attention_output;
  LayerNorm attention_norm;
  Linear intermediate;  ///< [ffn, hidden]
  Linear output;        ///< [hidden, ffn]
  LayerNorm output_norm;
};

struct MlmHead {
  Linear transform;
  LayerNorm norm;
  torch::Tensor decoder;  ///< [vocabulary, hidden]; the word embeddings themselves where the two are tied
  torch::Tensor bias;     ///< [vocabulary]
};

struct Bert {
  BertConfig config;
  torch::Tensor word_embeddings;      ///< [vocabulary, hidden]
  torch::Tensor position_embeddings;  ///< [positions, hidden]
  torch::Tensor type_embeddings;      ///< [types, hidden]
  LayerNorm embedding_norm;
  std::vector<EncoderLayer> layers;
  std::optional<MlmHead> mlm;
  std::optional<Linear> pooler;      ///< [hidden, hidden], on [CLS]
  std::optional<Linear> classifier;  ///< [outputs, hidden], on the pooler's output

  torch::Device device() const { return word_embeddings.device(); }
  torch::ScalarType dtype() const { return word_embeddings.scalar_type(); }
};

struct BertPlacement {
  torch::Device device = torch::kCPU;
  torch::ScalarType dtype = torch::kFloat32;
};

/// Copies a checkpoint's parameters: afterwards its file may change or go. Throws what Checkpoint::tensor
/// throws, and Error(try_again) where the file changed meanwhile.
Bert load_bert(const Checkpoint& checkpoint, const BertPlacement& placement = {});

/// Fresh parameters: weights normal with config.initializer_range, biases 0, LayerNorms 1 and 0 (Hugging
/// Face's initialisation; the padding token's embedding is 0). Each a function of (seed, name, place). With
/// MLM head, decoder tied.
Bert initial_bert(const BertConfig& config, std::uint64_t seed);

/// Every parameter under its name in Hugging Face's BertForMaskedLM, as views: writing to one changes the
/// model. A tied decoder is listed once, as the word embeddings.
std::vector<std::pair<std::string, torch::Tensor>> named_parameters(const Bert& bert);

}  // namespace onset
