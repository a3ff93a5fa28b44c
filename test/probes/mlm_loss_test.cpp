#include "onset/probes/mlm_loss.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

#include "onset/model/mlm_head.h"

namespace onset {
namespace {

TEST(MlmLoss, IsTheMeanOverChosenTokensOfAllLines) {
  BertConfig config;
  config.layers = 1;
  config.hidden = 8;
  config.heads = 2;
  config.ffn = 8;
  config.vocab_size = 20;
  config.positions = 10;
  config.initializer_range = 0.5;
  const Bert bert = initial_bert(config, 1);
  const std::vector<MaskedLine> lines = {
      {{2, 4, 6, 3}, {1, 2}, {5, 6}}, {{2, 7, 3}, {}, {}}, {{2, 9, 4, 9, 3}, {2}, {8}}};
  const MlmLoss loss = mlm_loss(bert, lines, {});
  EXPECT_EQ(loss.tokens, 3);
  const c10::InferenceMode inference;
  double sum = 0;
  for (const MaskedLine& line : lines) {
    const std::vector<std::span<const std::int32_t>> one = {line.ids};
    const torch::Tensor p =
        torch::log_softmax(mlm_logits(bert, encode(bert, pack(one, torch::kCPU)).hidden), -1);
    for (std::size_t i = 0; i < line.positions.size(); ++i)
      sum -= p[line.positions[i]][line.targets[i]].item<double>();
  }
  EXPECT_NEAR(loss.loss, sum / 3, 1e-5);
  EXPECT_TRUE(std::isnan(mlm_loss(bert, std::vector<MaskedLine>{lines[1]}, {}).loss));
}

}  // namespace
}  // namespace onset
