#include "onset/checkpoint/config.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "onset/base/file.h"
#include "test/checkpoint/expect_error.h"
#include "test/checkpoint/folders.h"

namespace onset {
namespace {

BertConfig parse(const std::string& text) { return parse_config(text, "config.json"); }

void expect_config_refused(const std::string& text, const std::string& fragment) {
  expect_error(ErrorKind::configuration, "config.json: " + fragment, [&] { parse(text); });
}

TEST(Config, MissingKeysTakeTheDefaultsOfTransformers) {
  const BertConfig config = parse("{}");
  EXPECT_EQ(config, BertConfig{});
  EXPECT_EQ(config.hidden, 768);
  EXPECT_EQ(config.head_size(), 64);
}

TEST(Config, ReadsWhatTransformersWrites) {
  const BertConfig config = read_config(fixture("safetensors") / "config.json");
  EXPECT_EQ(config.layers, 2);
  EXPECT_EQ(config.hidden, 8);
  EXPECT_EQ(config.heads, 2);
  EXPECT_EQ(config.ffn, 12);
  EXPECT_EQ(config.positions, 10);
  EXPECT_EQ(config.vocab_size, 20);
  EXPECT_EQ(config.type_vocab, 2);
  EXPECT_EQ(config.layer_norm_eps, 1e-12);
  EXPECT_EQ(config.hidden_dropout, 0.1);
  EXPECT_EQ(config.activation, Activation::gelu);
  EXPECT_TRUE(config.tie_word_embeddings);
  EXPECT_EQ(read_config(fixture("encoder_only") / "config.json").activation, Activation::relu);
  EXPECT_EQ(read_config(fixture("legacy_names") / "config.json").activation, Activation::gelu_new);
  EXPECT_FALSE(read_config(fixture("separate_decoder") / "config.json").tie_word_embeddings);
}

TEST(Config, WrittenAndReadBackIsTheSame) {
  BertConfig config;
  config.layers = 3;
  config.hidden = 60;
  config.heads = 5;
  config.ffn = 7;
  config.positions = 11;
  config.vocab_size = 13;
  config.type_vocab = 1;
  config.layer_norm_eps = 1e-7;
  config.hidden_dropout = 0;
  config.attention_dropout = 1.0 / 3;
  config.initializer_range = 0.015;
  config.activation = Activation::gelu_new;
  config.pad_token_id = 4;
  config.tie_word_embeddings = false;
  EXPECT_EQ(parse(config_json(config)), config);
  const auto object = nlohmann::json::parse(config_json(config));
  EXPECT_EQ(object["architectures"], nlohmann::json({"BertForMaskedLM"}));
  EXPECT_EQ(object["model_type"], "bert");
  EXPECT_EQ(object["hidden_act"], "gelu_new");
}

TEST(Config, ActivationsByTheNamesThatMeanThem) {
  const auto read = [](const std::string& name) {
    return parse("{\"hidden_act\": \"" + name + "\"}").activation;
  };
  for (const char* const name : {"gelu", "gelu_python"}) EXPECT_EQ(read(name), Activation::gelu) << name;
  for (const char* const name :
       {"gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_accurate", "gelu_fast"}) {
    EXPECT_EQ(read(name), Activation::gelu_new) << name;
  }
  EXPECT_EQ(read("relu"), Activation::relu);
  for (const char* const name : {"quick_gelu", "gelu_10", "silu", "relu2", "mish", "laplace", "GELU", ""}) {
    expect_config_refused("{\"hidden_act\": \"" + std::string(name) + "\"}",
                          "hidden_act: expected gelu, gelu_new or relu, found " + std::string(name));
  }
}

TEST(Config, OtherArchitecturesAreRefused) {
  expect_config_refused(R"({"model_type": "roberta"})", "model_type: expected bert, found roberta");
  expect_config_refused(R"({"architectures": ["RobertaForMaskedLM"]})",
                        "architectures: expected Bert..., found RobertaForMaskedLM");
  expect_config_refused(R"({"architectures": ["BertGenerationDecoder"]})",
                        "architectures: expected Bert..., found BertGenerationDecoder");
  expect_config_refused(R"({"architectures": "BertModel"})",
                        "architectures: expected a list, found the text");
  expect_config_refused(R"({"position_embedding_type": "relative_key"})",
                        "position_embedding_type: expected absolute, found relative_key");
  expect_config_refused(R"({"is_decoder": true})", "is_decoder: expected false, found true");
  expect_config_refused(R"({"add_cross_attention": true})",
                        "add_cross_attention: expected false, found true");
  expect_config_refused(R"({"is_encoder_decoder": true})", "is_encoder_decoder: expected false, found true");
  expect_config_refused(R"({"pruned_heads": {"0": [1]}})", "pruned_heads: expected none, found 1 layers");
  EXPECT_NO_THROW(
      parse(R"({"model_type": null, "architectures": null, "is_decoder": false, "pruned_heads": {}})"));
  EXPECT_NO_THROW(parse(R"({"architectures": ["BertForPreTraining"], "pad_token_id": null})"));
}

TEST(Config, SizesOutOfRange) {
  expect_config_refused(R"({"num_attention_heads": 7})",
                        "num_attention_heads: expected a divisor of hidden_size 768, found 7");
  expect_config_refused(R"({"num_hidden_layers": 0})", "num_hidden_layers: expected 1 to 1024, found 0");
  expect_config_refused(R"({"num_hidden_layers": -2})", "num_hidden_layers: expected 1 to 1024, found -2");
  expect_config_refused(R"({"hidden_size": 99999999999})",
                        "hidden_size: expected 1 to 65536, found 99999999999");
  expect_config_refused(R"({"vocab_size": 18446744073709551615})",
                        "vocab_size: expected 1 to 16777216, found 18446744073709551615");
  expect_config_refused(R"({"vocab_size": 99999999999999999999})",
                        "vocab_size: expected a whole number, found 1e+20");
  expect_config_refused(R"({"max_position_embeddings": 0})",
                        "max_position_embeddings: expected 1 to 1048576, found 0");
  expect_config_refused(R"({"type_vocab_size": 0})", "type_vocab_size: expected 1 to 1024, found 0");
  expect_config_refused(R"({"intermediate_size": -1})", "intermediate_size: expected 1 to 1048576, found -1");
  expect_config_refused(R"({"vocab_size": 10, "pad_token_id": 10})",
                        "pad_token_id: expected 0 to 9, found 10");
  expect_config_refused(R"({"layer_norm_eps": -1e-12})",
                        "layer_norm_eps: expected at least 0 and below 1.0, found -1e-12");
  expect_config_refused(R"({"hidden_dropout_prob": 1})",
                        "hidden_dropout_prob: expected at least 0 and below 1.0, found 1");
  expect_config_refused(R"({"attention_probs_dropout_prob": 1.5})",
                        "attention_probs_dropout_prob: expected at least 0");
}

TEST(Config, MistypedValuesAreNamed) {
  expect_config_refused(R"({"hidden_size": "768"})",
                        "hidden_size: expected a whole number, found the text \"768\"");
  expect_config_refused(R"({"hidden_size": 768.0})", "hidden_size: expected a whole number, found 768.0");
  expect_config_refused(R"({"hidden_size": null})", "hidden_size: expected a whole number, found null");
  expect_config_refused(R"({"num_hidden_layers": [12]})",
                        "num_hidden_layers: expected a whole number, found a list");
  expect_config_refused(R"({"layer_norm_eps": "small"})",
                        "layer_norm_eps: expected a number, found the text \"small\"");
  expect_config_refused(R"({"hidden_act": 1})", "hidden_act: expected text, found 1");
  expect_config_refused(R"({"is_decoder": "no"})",
                        "is_decoder: expected true or false, found the text \"no\"");
  expect_config_refused("[]", "expected an object, found a list");
}

TEST(Config, FilesThatAreNoJson) {
  expect_error(ErrorKind::bad_data, "config.json:@0: not JSON: empty", [] { parse(""); });
  expect_error(ErrorKind::bad_data, "config.json:@18: key hidden_size is given twice, first at byte 1",
               [] { parse(R"({"hidden_size":8, "hidden_size":16})"); });
  expect_error(ErrorKind::bad_data, "nested deeper than 32", [] { parse(std::string(100'000, '[')); });
  expect_error(ErrorKind::missing_input, "nowhere/config.json: cannot open",
               [] { read_config("nowhere/config.json"); });
}

}  // namespace
}  // namespace onset
