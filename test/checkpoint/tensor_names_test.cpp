#include "onset/checkpoint/tensor_names.h"

#include <gtest/gtest.h>

namespace onset {
namespace {

std::string canonical(std::string_view name) {
  const auto match = match_name(name);
  return match ? match->canonical : "";
}

TEST(TensorNames, WithAndWithoutPrefix) {
  EXPECT_EQ(canonical("bert.encoder.layer.3.output.dense.weight"),
            "bert.encoder.layer.3.output.dense.weight");
  EXPECT_EQ(canonical("encoder.layer.3.output.dense.weight"), "bert.encoder.layer.3.output.dense.weight");
  EXPECT_TRUE(match_name("embeddings.LayerNorm.weight")->prefix_added);
  EXPECT_FALSE(match_name("bert.embeddings.LayerNorm.weight")->prefix_added);
  EXPECT_EQ(canonical("pooler.dense.bias"), "bert.pooler.dense.bias");
  EXPECT_EQ(canonical("classifier.bias"), "classifier.bias");
}

TEST(TensorNames, OldNamesOfLayerNorm) {
  EXPECT_EQ(canonical("embeddings.LayerNorm.gamma"), "bert.embeddings.LayerNorm.weight");
  EXPECT_EQ(canonical("cls.predictions.transform.LayerNorm.beta"),
            "cls.predictions.transform.LayerNorm.bias");
  EXPECT_TRUE(match_name("bert.embeddings.LayerNorm.beta")->renamed_norm);
  // only there: a gamma elsewhere is another thing
  EXPECT_EQ(canonical("bert.encoder.layer.0.output.dense.gamma"), "bert.encoder.layer.0.output.dense.gamma");
}

TEST(TensorNames, TheDecodersBias) {
  const auto match = match_name("cls.predictions.decoder.bias");
  EXPECT_EQ(match->canonical, "cls.predictions.bias");
  EXPECT_TRUE(match->decoder_bias);
}

TEST(TensorNames, WhatIsNoneOfBerts) {
  for (const char* const name : {"cls.seq_relationship.weight", "bert.embeddings.position_ids",
                                 "embeddings.position_ids", "roberta.encoder.layer.0.output.dense.weight",
                                 "bert", "", "lm_head.bias", "bert.bert.pooler.dense.bias"}) {
    EXPECT_FALSE(match_name(name)) << name;
  }
}

TEST(TensorNames, ExpectedShapes) {
  BertConfig config;
  config.layers = 2;
  config.hidden = 8;
  config.ffn = 12;
  config.positions = 10;
  config.vocab_size = 20;
  // 5 of the embeddings and 16 a layer: query, key, value, output, intermediate, output (2 each), two norms
  // (2 each)
  const auto encoder = encoder_tensors(config);
  EXPECT_EQ(encoder.size(), 5U + 2 * 16U);
  std::int64_t parameters = 0;
  for (const auto& group : {encoder, mlm_head_tensors(config), pooler_tensors(config)}) {
    for (const ExpectedTensor& tensor : group) {
      std::int64_t numbers = 1;
      for (const std::int64_t size : tensor.shape) numbers *= size;
      parameters += numbers;
    }
  }
  // embeddings (20 + 10 + 2) 8 + 16 = 272; a layer 4 (64 + 8) + (96 + 12) + (96 + 8) + 32 = 532;
  // head 72 + 16 + 20 + 160 = 268; pooler 72
  EXPECT_EQ(parameters, 272 + 2 * 532 + 268 + 72);
}

TEST(TensorNames, ClosestName) {
  EXPECT_EQ(closest_name("kitten", {"mitten", "kitchen", "sitting"}), "mitten");  // distances 1, 2, 3
  EXPECT_EQ(closest_name("kitten", {}), "");
  EXPECT_EQ(closest_name("", {"abc", "a"}), "a");
}

}  // namespace
}  // namespace onset
