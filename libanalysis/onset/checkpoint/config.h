// The shape of a BERT encoder, as config.json states it (the names and defaults of transformers.BertConfig).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace onset {

/// The non-linearity of the feed-forward blocks and of the MLM head's transform.
enum class Activation {
  gelu,      ///< x Phi(x), Phi the normal distribution function (by erf)
  gelu_new,  ///< the tanh approximation: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
  relu,      ///< max(x, 0)
};

struct BertConfig {
  std::int64_t layers = 12;         ///< transformer blocks (num_hidden_layers)
  std::int64_t hidden = 768;        ///< width of a token's vector (hidden_size)
  std::int64_t heads = 12;          ///< attention heads a layer (num_attention_heads); divides `hidden`
  std::int64_t ffn = 3072;          ///< width inside the feed-forward block (intermediate_size)
  std::int64_t positions = 512;     ///< longest input in subwords (max_position_embeddings)
  std::int64_t vocab_size = 30522;  ///< rows of the word embedding
  std::int64_t type_vocab = 2;      ///< segments (type_vocab_size)
  double layer_norm_eps = 1e-12;    ///< added to the variance in layer normalisation
  double hidden_dropout = 0.1;  ///< probability of dropping a hidden unit in training (hidden_dropout_prob)
  double attention_dropout = 0.1;   ///< the same for an attention weight (attention_probs_dropout_prob)
  double initializer_range = 0.02;  ///< standard deviation of fresh weights
  Activation activation = Activation::gelu;  ///< hidden_act
  std::int64_t pad_token_id = 0;             ///< id of [PAD]
  bool tie_word_embeddings =
      true;  ///< the MLM head's decoder is the word embedding unless the file holds its own

  std::int64_t head_size() const { return hidden / heads; }
  friend bool operator==(const BertConfig&, const BertConfig&) = default;
};

/// Reads config.json. Missing keys take the defaults above. Throws Error: missing_input (no such file),
/// bad_data (not JSON, a key given twice), configuration (a value of the wrong type, out of range, sizes that
/// do not fit each other, another architecture than BERT's encoder, an unknown activation).
BertConfig read_config(const std::filesystem::path& config_json);

/// The same from text; `file` is the name used in messages.
BertConfig parse_config(std::string_view text, const std::filesystem::path& file);

/// The text of a config.json that says this, for BertForMaskedLM; transformers loads it, read_config gives it
/// back exactly.
std::string config_json(const BertConfig& config);

/// The name config.json uses: "gelu", "gelu_new" or "relu".
std::string activation_name(Activation activation);

}  // namespace onset
