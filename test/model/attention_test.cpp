#include "onset/model/attention.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <atomic>
#include <cmath>
#include <limits>

#include "onset/model/attention_kernel.h"
#include "onset/model/dropout.h"

namespace onset {
namespace {

const std::vector<std::int64_t> offsets = {0, 5, 6, 40};  // sequences of 5, 1 and 34 tokens

torch::Tensor some_qkv(std::int64_t hidden, torch::ScalarType dtype = torch::kFloat32) {
  torch::manual_seed(1);
  return torch::randn({offsets.back(), 3 * hidden}, torch::kFloat64).to(dtype);
}

/// Gold heads: two words apart within the sequence, some tokens without.
torch::Tensor some_arcs() {
  torch::Tensor arcs = torch::full({offsets.back()}, -1, torch::kInt64);
  for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
    const std::int64_t n = offsets[s + 1] - offsets[s];
    for (std::int64_t t = 0; t < n; t += 2) arcs[offsets[s] + t] = (t + 2) % n;
  }
  return arcs;
}

TEST(Attention, EqualsTheFormulaWorkedByHand) {
  // One head of size 1, two tokens: q = (1, 0), k = (0, ln 3), v = (10, 20). Scores of token 0: (0, ln 3), so
  // its probabilities are (1/4, 3/4) and its context 17.5; token 1 scores (0, 0): 15.
  const torch::Tensor qkv = torch::tensor({1.0F, 0.0F, 10.0F, 0.0F, std::log(3.0F), 20.0F}).view({2, 3});
  const std::vector<std::int64_t> one = {0, 2};
  AttentionOptions options;
  std::vector<float> row;
  const AttentionTap tap = [&](const AttentionMap& map) { row = {map.row(0)[0], map.row(0)[1]}; };
  options.tap = &tap;
  const torch::Tensor context = attend(qkv, one, options).context;
  EXPECT_NEAR(context[0][0].item<float>(), 17.5, 1e-5);
  EXPECT_NEAR(context[1][0].item<float>(), 15.0, 1e-5);
  EXPECT_NEAR(row.at(0), 0.25, 1e-6);
  EXPECT_NEAR(row.at(1), 0.75, 1e-6);
}

TEST(Attention, ScoresOfAnySizeGiveProbabilities) {
  const torch::Tensor qkv =
      some_qkv(8) *
      100;  // scores in the thousands: exp must neither overflow nor leave rows that do not sum to 1
  AttentionOptions options;
  options.heads = 2;
  std::atomic<int> wrong = 0;
  const AttentionTap tap = [&](const AttentionMap& map) {
    for (int q = 0; q < map.tokens; ++q) {
      double sum = 0;
      for (int k = 0; k < map.tokens; ++k) sum += map.row(q)[k];
      if (!(std::abs(sum - 1) < 1e-5)) ++wrong;
    }
  };
  options.tap = &tap;
  attend(qkv, offsets, options);
  EXPECT_EQ(wrong, 0);
}

class BothPaths : public testing::TestWithParam<std::int64_t> {};

TEST_P(BothPaths,
       AgreeInContextArcsAndGradients) {  // the kernel in float32 against tensor operations in double
  const std::int64_t hidden = GetParam();
  AttentionOptions options;
  options.heads = 2;
  options.arcs = some_arcs();
  const auto run = [&](torch::ScalarType dtype) {
    torch::Tensor qkv = some_qkv(hidden, dtype).requires_grad_(true);
    const AttentionResult result = attend(qkv, offsets, options);
    const torch::Tensor weights =
        torch::linspace(-1, 1, result.context.numel(), result.context.options()).view(result.context.sizes());
    ((result.context * weights).sum() + result.arcs.pow(2).sum() * 3).backward();
    return std::vector<torch::Tensor>{result.context.detach(), result.arcs.detach(), qkv.grad()};
  };
  const auto kernel = run(torch::kFloat32);
  const auto reference = run(torch::kFloat64);
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    EXPECT_TRUE(torch::allclose(kernel[i].to(torch::kFloat64), reference[i], 1e-4, 1e-5)) << "output " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(HeadSizes, BothPaths, testing::Values(4, 32, 64, 134));

TEST(Attention, DoesNotDependOnWhatElseIsInTheBatch) {
  const torch::Tensor qkv = some_qkv(16);
  AttentionOptions options;
  options.heads = 4;
  const torch::Tensor together = attend(qkv, offsets, options).context;
  const std::vector<std::int64_t> alone = {0, 34};
  EXPECT_TRUE(torch::equal(attend(qkv.narrow(0, 6, 34), alone, options).context, together.narrow(0, 6, 34)));
}

TEST(Attention, DropoutGradientMatchesFiniteDifferences) {
  AttentionOptions options;
  options.heads = 2;
  options.dropout = 0.3;
  options.dropout_key = 77;
  torch::Tensor qkv = some_qkv(8).requires_grad_(true);
  const auto loss = [&](const torch::Tensor& x) { return attend(x, offsets, options).context.pow(2).sum(); };
  loss(qkv).backward();
  const torch::NoGradGuard no_grad;
  for (const std::int64_t at : {3, 200, 500}) {
    constexpr float h = 1e-2F;
    torch::Tensor up = qkv.detach().clone();
    torch::Tensor down = qkv.detach().clone();
    up.view({-1})[at] += h;
    down.view({-1})[at] -= h;
    const double slope = (loss(up).item<double>() - loss(down).item<double>()) / (2 * h);
    EXPECT_NEAR(qkv.grad().view({-1})[at].item<double>(), slope, 0.02 * std::abs(slope) + 0.02) << at;
  }
}

TEST(Dropout, ZeroesTheGivenShareAndKeepsTheMean) {
  const torch::Tensor x = torch::ones({100'003});
  const torch::Tensor y = keyed_dropout(x, {0.25F, 9});
  // 100,003 draws: the share of zeros has standard error sqrt(.25 * .75 / 1e5) = 0.0014.
  EXPECT_NEAR(y.eq(0).to(torch::kFloat64).mean().item<double>(), 0.25, 0.006);
  EXPECT_NEAR(y.max().item<double>(), 4.0 / 3, 1e-6);
  EXPECT_TRUE(torch::equal(y, keyed_dropout(x, {0.25F, 9})));
  EXPECT_FALSE(torch::equal(y, keyed_dropout(x, {0.25F, 10})));
}

TEST(LogSumExp, EqualsDoubleArithmeticAtAnyLength) {
  for (const int n : {1, 15, 16, 17, 100}) {
    const torch::Tensor x = torch::randn({n}) * 20;
    EXPECT_NEAR(log_sum_exp(x.data_ptr<float>(), n),
                torch::logsumexp(x.to(torch::kFloat64), 0).item<double>(), 1e-4)
        << n;
  }
  EXPECT_EQ(log_sum_exp(nullptr, 0), -std::numeric_limits<float>::infinity());
}

}  // namespace
}  // namespace onset
