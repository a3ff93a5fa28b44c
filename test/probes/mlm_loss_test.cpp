#include "onset/probes/mlm_loss.h"

#include <gtest/gtest.h>

#include <cmath>

#include "onset/model/mlm_head.h"

namespace onset {
namespace {

TEST(Masking, ChoosesTheShareAndKindsOfThePaper) {
  const TokenIds line(52, 10);
  std::int64_t chosen = 0;
  std::int64_t masked = 0;
  std::int64_t kept = 0;
  for (std::int64_t l = 0; l < 2000; ++l) {
    const MaskedLine out = mask_line(line, l, {4, 1000}, {});
    EXPECT_EQ(out.ids.front(), 10);
    EXPECT_EQ(out.ids.back(), 10);
    for (std::size_t i = 0; i < out.positions.size(); ++i) {
      EXPECT_EQ(out.targets[i], 10);
      ++chosen;
      masked += out.ids[out.positions[i]] == 4 ? 1 : 0;
      kept += out.ids[out.positions[i]] == 10 ? 1 : 0;
    }
  }
  // 100,000 tokens: 15 % with standard error 0.0011; of some 15,000 chosen 80 % with 0.0033; kept 10 % (+
  // 0.01 % drawn again) with 0.0025.
  EXPECT_NEAR(chosen / 100'000.0, 0.15, 0.005);
  EXPECT_NEAR(double(masked) / chosen, 0.8, 0.014);
  EXPECT_NEAR(double(kept) / chosen, 0.1, 0.011);
}

TEST(Masking, IsAFunctionOfSeedLineAndPosition) {
  const TokenIds line(60, 10);
  EXPECT_EQ(mask_line(line, 3, {4, 100}, {}).positions, mask_line(line, 3, {4, 100}, {}).positions);
  EXPECT_NE(mask_line(line, 3, {4, 100}, {}).positions, mask_line(line, 4, {4, 100}, {}).positions);
  EXPECT_NE(mask_line(line, 3, {4, 100}, {}).positions, mask_line(line, 3, {4, 100}, {.seed = 2}).positions);
}

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
