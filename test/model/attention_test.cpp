#include "onset/model/attention.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <atomic>
#include <cmath>
#include <functional>
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

/// Every map, [sequence * heads + head] of [query, key], and the arcs.
struct SeenAttention {
  std::vector<std::vector<float>> maps;
  torch::Tensor arcs;
};

SeenAttention see_attention(const torch::Tensor& qkv, AttentionOptions options) {
  SeenAttention out;
  out.maps.resize((offsets.size() - 1) * options.heads);
  const AttentionTap tap = [&](const AttentionMap& map) {
    std::vector<float>& to = out.maps[map.sequence * options.heads + map.head];
    for (int q = 0; q < map.tokens; ++q) to.insert(to.end(), map.row(q), map.row(q) + map.tokens);
  };
  options.tap = &tap;
  out.arcs = attend(qkv, offsets, options).arcs;
  return out;
}

TEST(Attention, ArcsAreTheProbabilitiesOfTheTapAfterDropout) {
  AttentionOptions options;
  options.heads = 2;
  options.arcs = some_arcs();
  for (const torch::ScalarType dtype : {torch::kFloat32, torch::kFloat64}) {  // the kernel; tensor operations
    const torch::Tensor qkv = some_qkv(8, dtype);
    options.dropout = 0.0;
    const SeenAttention whole = see_attention(qkv, options);
    options.dropout = 0.3;
    options.dropout_key = 77;
    const SeenAttention dropped = see_attention(qkv, options);
    const torch::Tensor arcs = dropped.arcs.to(torch::kFloat32);
    int zeroed = 0;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
      const std::int64_t n = offsets[s + 1] - offsets[s];
      for (std::int64_t head = 0; head < 2; ++head) {
        const std::vector<float>& before = whole.maps[s * 2 + head];
        const std::vector<float>& after = dropped.maps[s * 2 + head];
        for (std::int64_t t = 0; t < n; ++t) {
          const torch::Tensor pair = arcs[head][offsets[s] + t];
          const auto to = options.arcs[offsets[s] + t].item<std::int64_t>();
          for (const std::int64_t side : {0, 1}) {
            const auto arc = pair[side].item<float>();
            if (to < 0) {
              EXPECT_EQ(arc, 0.0F);
              continue;
            }
            const std::int64_t place = side == 0 ? t * n + to : to * n + t;
            EXPECT_EQ(arc, after[place]) << dtype << ' ' << s << ' ' << head << ' ' << t << ' ' << side;
            // Dropped, or divided by 1 - 0.3.
            if (arc == 0.0F) {
              ++zeroed;
            } else {
              EXPECT_NEAR(arc, before[place] / 0.7, 1e-6) << s << ' ' << head << ' ' << t << ' ' << side;
            }
          }
        }
      }
    }
    // 3 + 1 + 17 tokens have a head, so there are 84 arcs: 0.3 of them are 25, give or take 4.
    EXPECT_GT(zeroed, 8) << dtype;
    EXPECT_LT(zeroed, 42) << dtype;
  }
}

/// Along five random directions, so that a wrong gradient of any of queries, keys and values counts.
void expect_gradient_of_differences(torch::Tensor qkv,
                                    const std::function<torch::Tensor(const torch::Tensor&)>& loss) {
  qkv.requires_grad_(true);
  loss(qkv).backward();
  const torch::NoGradGuard no_grad;
  for (int direction = 0; direction < 5; ++direction) {
    constexpr float h = 1e-2F;
    const torch::Tensor step = torch::randn_like(qkv);
    const double slope =
        (loss(qkv + step * h).item<double>() - loss(qkv - step * h).item<double>()) / (2 * h);
    EXPECT_NEAR((qkv.grad() * step).sum().item<double>(), slope, 1e-2 * std::abs(slope) + 1e-3) << direction;
  }
}

TEST(Attention, GradientWithDropoutMatchesFiniteDifferences) {
  AttentionOptions options;
  options.heads = 2;
  options.dropout = 0.3;
  options.dropout_key = 77;
  expect_gradient_of_differences(some_qkv(8), [&](const torch::Tensor& x) {
    return attend(x, offsets, options).context.to(torch::kFloat64).pow(2).sum();
  });
}

TEST(Attention, ArcGradientWithDropoutMatchesFiniteDifferences) {
  AttentionOptions options;
  options.heads = 2;
  options.dropout = 0.3;
  options.dropout_key = 77;
  options.arcs = some_arcs();
  // Of the arcs alone, each with a weight of its own.
  const torch::Tensor weights = torch::linspace(-1, 2, 2 * offsets.back() * 2).view({2, offsets.back(), 2});
  expect_gradient_of_differences(some_qkv(8), [&](const torch::Tensor& x) {
    return (attend(x, offsets, options).arcs * weights).to(torch::kFloat64).sum();
  });
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
