#include "onset/checkpoint/config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/checkpoint/json_text.h"
#include "onset/checkpoint/printable.h"

namespace onset {
namespace {

using nlohmann::json;

/// The names transformers has for exactly these functions.
constexpr std::array<std::pair<std::string_view, Activation>, 8> activations = {{
    {"gelu", Activation::gelu},
    {"gelu_python", Activation::gelu},
    {"gelu_new", Activation::gelu_new},
    {"gelu_pytorch_tanh", Activation::gelu_new},
    {"gelu_python_tanh", Activation::gelu_new},
    {"gelu_accurate", Activation::gelu_new},
    {"gelu_fast", Activation::gelu_new},
    {"relu", Activation::relu},
}};

/// One config.json, asked key by key.
class Reader {
 public:
  Reader(const json& object, std::string file) : object_(object), file_(std::move(file)) {}

  Error fault(const std::string& key, const std::string& what) const {
    return error_in(ErrorKind::configuration, file_, key + ": " + what);
  }

  std::int64_t whole(const std::string& key, std::int64_t missing,
                     std::pair<std::int64_t, std::int64_t> range) const {
    const json* const value = find(key);
    if (value == nullptr) return missing;
    if (!value->is_number_integer()) throw fault(key, "expected a whole number, found " + json_kind(*value));
    // Above 2^63 the value is unsigned and certainly out of range.
    const bool huge = value->is_number_unsigned() && value->get<std::uint64_t>() > (1ULL << 62U);
    if (huge || value->get<std::int64_t>() < range.first || value->get<std::int64_t>() > range.second) {
      throw fault(key, "expected " + std::to_string(range.first) + " to " + std::to_string(range.second) +
                           ", found " + value->dump());
    }
    return value->get<std::int64_t>();
  }

  /// A number in [0, below).
  double fraction(const std::string& key, double missing, double below) const {
    const json* const value = find(key);
    if (value == nullptr) return missing;
    if (!value->is_number()) throw fault(key, "expected a number, found " + json_kind(*value));
    const auto number = value->get<double>();
    if (!(number >= 0 && number < below)) {
      throw fault(key, "expected at least 0 and below " + json(below).dump() + ", found " + value->dump());
    }
    return number;
  }

  bool flag(const std::string& key, bool missing) const {
    const json* const value = find(key);
    if (value == nullptr || value->is_null()) return missing;
    if (!value->is_boolean()) throw fault(key, "expected true or false, found " + json_kind(*value));
    return value->get<bool>();
  }

  std::string text(const std::string& key, std::string missing) const {
    const json* const value = find(key);
    if (value == nullptr || value->is_null()) return missing;
    return text_of(key, *value);
  }

  std::string text_of(const std::string& key, const json& value) const {
    if (!value.is_string()) throw fault(key, "expected text, found " + json_kind(value));
    return value.get<std::string>();
  }

  const json* find(const std::string& key) const {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }

 private:
  const json& object_;
  std::string file_;
};

/// Refuses whatever would be computed differently from a plain BERT encoder.
void require_bert_encoder(const Reader& reader) {
  const std::string model_type = reader.text("model_type", "bert");
  if (model_type != "bert") {
    throw reader.fault("model_type", "expected bert, found " + printable(model_type));
  }
  if (const json* const list = reader.find("architectures"); list != nullptr && !list->is_null()) {
    if (!list->is_array()) throw reader.fault("architectures", "expected a list, found " + json_kind(*list));
    for (const json& item : *list) {
      const std::string name = reader.text_of("architectures", item);
      if (!name.starts_with("Bert") || name.starts_with("BertGeneration")) {
        throw reader.fault("architectures", "expected Bert..., found " + printable(name));
      }
    }
  }
  const std::string positions = reader.text("position_embedding_type", "absolute");
  if (positions != "absolute") {
    throw reader.fault("position_embedding_type", "expected absolute, found " + printable(positions));
  }
  for (const char* const key : {"is_decoder", "add_cross_attention", "is_encoder_decoder"}) {
    if (reader.flag(key, false))
      throw reader.fault(key, "expected false, found true: only encoders are read");
  }
  if (const json* const pruned = reader.find("pruned_heads"); pruned != nullptr && !pruned->empty()) {
    throw reader.fault("pruned_heads", "expected none, found " + std::to_string(pruned->size()) +
                                           " layers with heads removed: every layer must have all its heads");
  }
}

}  // namespace

BertConfig parse_config(std::string_view text, const std::filesystem::path& file) {
  const json object = parse_json(text, file.string());
  if (!object.is_object()) {
    throw error_in(ErrorKind::configuration, file.string(), "expected an object, found " + json_kind(object));
  }
  const Reader reader(object, file.string());
  require_bert_encoder(reader);

  BertConfig config;
  config.layers = reader.whole("num_hidden_layers", config.layers, {1, 1024});
  config.hidden = reader.whole("hidden_size", config.hidden, {1, 65'536});
  config.heads = reader.whole("num_attention_heads", config.heads, {1, 65'536});
  config.ffn = reader.whole("intermediate_size", config.ffn, {1, 1'048'576});
  config.positions = reader.whole("max_position_embeddings", config.positions, {1, 1'048'576});
  config.vocab_size = reader.whole("vocab_size", config.vocab_size, {1, 16'777'216});
  config.type_vocab = reader.whole("type_vocab_size", config.type_vocab, {1, 1024});
  if (config.hidden % config.heads != 0) {
    throw reader.fault("num_attention_heads", "expected a divisor of hidden_size " +
                                                  std::to_string(config.hidden) + ", found " +
                                                  std::to_string(config.heads));
  }
  config.layer_norm_eps = reader.fraction("layer_norm_eps", config.layer_norm_eps, 1);
  config.hidden_dropout = reader.fraction("hidden_dropout_prob", config.hidden_dropout, 1);
  config.attention_dropout = reader.fraction("attention_probs_dropout_prob", config.attention_dropout, 1);
  config.initializer_range = reader.fraction("initializer_range", config.initializer_range, 1000);
  if (const json* const pad = reader.find("pad_token_id"); pad != nullptr && !pad->is_null()) {
    config.pad_token_id = reader.whole("pad_token_id", config.pad_token_id, {0, config.vocab_size - 1});
  }
  config.tie_word_embeddings = reader.flag("tie_word_embeddings", config.tie_word_embeddings);

  const std::string activation = reader.text("hidden_act", activation_name(config.activation));
  const auto* const known = std::find_if(activations.begin(), activations.end(),
                                         [&](const auto& entry) { return entry.first == activation; });
  if (known == activations.end()) {
    throw reader.fault("hidden_act", "expected gelu, gelu_new or relu, found " + printable(activation));
  }
  config.activation = known->second;
  return config;
}

BertConfig read_config(const std::filesystem::path& config_json) {
  return parse_config(MappedFile(config_json).text(), config_json);
}

std::string activation_name(Activation activation) {
  switch (activation) {
    case Activation::gelu_new:
      return "gelu_new";
    case Activation::relu:
      return "relu";
    case Activation::gelu:
      break;
  }
  return "gelu";
}

std::string config_json(const BertConfig& config) {
  const nlohmann::ordered_json object = {
      {"architectures", {"BertForMaskedLM"}},
      {"model_type", "bert"},
      {"num_hidden_layers", config.layers},
      {"hidden_size", config.hidden},
      {"num_attention_heads", config.heads},
      {"intermediate_size", config.ffn},
      {"max_position_embeddings", config.positions},
      {"vocab_size", config.vocab_size},
      {"type_vocab_size", config.type_vocab},
      {"layer_norm_eps", config.layer_norm_eps},
      {"hidden_dropout_prob", config.hidden_dropout},
      {"attention_probs_dropout_prob", config.attention_dropout},
      {"initializer_range", config.initializer_range},
      {"hidden_act", activation_name(config.activation)},
      {"position_embedding_type", "absolute"},
      {"pad_token_id", config.pad_token_id},
      {"tie_word_embeddings", config.tie_word_embeddings},
  };
  return object.dump(2) + "\n";
}

}  // namespace onset
