#include "onset/training/adamw.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>

#include "onset/training/adamw_kernel.h"
#include "test/training/fixture.h"

namespace onset {
namespace {

/// Gives every parameter the gradient `scale` * sin(its place).
void set_gradients(const Parameters& parameters, double scale) {
  const Bert& bert = parameters.bert();
  double phase = 0;
  for (torch::Tensor tensor : {bert.word_embeddings, bert.layers[0].qkv.weight, bert.layers[0].qkv.bias,
                               bert.embedding_norm.weight, bert.mlm->bias}) {
    tensor.mutable_grad() =
        torch::sin(torch::arange(tensor.numel(), torch::kFloat32) + phase).mul(scale).view(tensor.sizes());
    phase += 1;
  }
}

TEST(AdamW, TwoUpdatesOfOneWeightWorkedByHand) {
  // b1 = 0.5, b2 = 0.75, eps = 0, lr = 0.1, decay 0.2, no clipping. g = 2 then -1, w = 1.
  // Update 1: w = 1 - 0.02 = 0.98; m = 1, v = 1; m^ = 1 / 0.5 = 2, v^ = 1 / 0.25 = 4; w = 0.98 - 0.1 * 2 / 2
  // = 0.88 Update 2: w = 0.88 * 0.98 = 0.8624; m = 0.5 - 0.5 = 0; so w stays; v = 0.75 + 0.25 = 1
  AdamWFactors factors{1, 1 - 0.1F * 0.2F, 0.5F, 0.75F, 0.5F, 0.25F, 0.1F / 0.5F, 1 / std::sqrt(0.25F), 0};
  float w = 1, m = 0, v = 0, g = 2;
  adamw_update(&w, &m, &v, &g, 1, factors);
  EXPECT_FLOAT_EQ(w, 0.88F);
  EXPECT_FLOAT_EQ(v, 1.0F);
  g = -1;
  factors.step = 0.1F / (1 - 0.25F);
  factors.root = 1 / std::sqrt(1 - 0.5625F);
  adamw_update(&w, &m, &v, &g, 1, factors);
  EXPECT_FLOAT_EQ(w, 0.8624F);
  EXPECT_FLOAT_EQ(m, 0.0F);
  EXPECT_FLOAT_EQ(v, 1.0F);
}

TEST(AdamW, SumOfSquaresOfAnyLength) {
  std::vector<float> x(100, 3.0F);
  for (const int n : {0, 1, 15, 16, 17, 100}) EXPECT_EQ(sum_of_squares(x.data(), n), 9.0 * n);
}

TEST(AdamW, OneUpdateFromNothingIsTheSignOfTheGradient) {
  // m^ = g and sqrt(v^) = |g|, so each weight that has a gradient moves by lr whatever the gradient's size;
  // clipping cancels. Weights but not biases and LayerNorms shrink by lr * decay first; what has no gradient
  // stays.
  for (const double clip : {0.0, 1e-3}) {
    Parameters parameters(fixture_bert());
    OptimiserSettings settings;
    settings.weight_decay = 0.5;
    settings.clip = clip;
    settings.eps = 1e-20;
    AdamW optimiser(parameters, settings);
    set_gradients(parameters, 0.3);
    const torch::Tensor before = parameters.values().clone();
    const auto gradients = parameters.gradients();
    const double norm = optimiser.update(parameters, 0.01);
    double squares = 0;
    for (std::size_t s = 0; s < gradients.size(); ++s) {
      const ParameterSlice& slice = parameters.slices()[s];
      torch::Tensor expected = before.narrow(0, slice.begin, slice.size()).clone();
      if (gradients[s].defined()) {
        squares += gradients[s].to(torch::kFloat64).square().sum().item<double>();
        if (slice.decays) expected *= 1 - 0.01 * 0.5;
        expected -= 0.01 * gradients[s].flatten().sign();
      }
      EXPECT_TRUE(
          torch::allclose(parameters.values().narrow(0, slice.begin, slice.size()), expected, 0, 1e-6))
          << slice.name;
    }
    EXPECT_NEAR(norm, std::sqrt(squares), 1e-9);
  }
}

TEST(AdamW, BiasesAndLayerNormsDoNotDecay) {
  const Parameters parameters(fixture_bert());
  for (const ParameterSlice& slice : parameters.slices()) {
    const bool spared = slice.name.ends_with("bias") || slice.name.find("norm") != std::string::npos;
    EXPECT_EQ(slice.decays, !spared) << slice.name;
    EXPECT_EQ(slice.begin % 16, 0) << slice.name;
  }
}

TEST(AdamW, TheBitsDoNotDependOnTheThreads) {
  const int before = at::get_num_threads();
  BertConfig large;  // several chunks a matrix
  large.layers = 1;
  large.hidden = 64;
  large.heads = 2;
  large.ffn = 800;
  large.vocab_size = 1500;
  std::vector<torch::Tensor> results;
  for (const int threads : {1, 3, 4}) {
    at::set_num_threads(threads);
    Parameters parameters(initial_bert(large, 1));
    AdamW optimiser(parameters, {});
    for (int step = 0; step < 3; ++step) {
      set_gradients(parameters, 10);
      optimiser.update(parameters, 1e-3);
    }
    results.push_back(parameters.values());
  }
  at::set_num_threads(before);
  EXPECT_TRUE(torch::equal(results[0], results[1]));
  EXPECT_TRUE(torch::equal(results[0], results[2]));
}

TEST(AdamW, AGradientThatIsNotFiniteChangesNothing) {
  Parameters parameters(fixture_bert());
  AdamW optimiser(parameters, {});
  set_gradients(parameters, 1);
  torch::Tensor bias = parameters.bert().mlm->bias;
  bias.mutable_grad()[3] = std::numeric_limits<float>::quiet_NaN();
  const torch::Tensor before = parameters.values().clone();
  EXPECT_TRUE(std::isnan(optimiser.update(parameters, 1e-3)));
  EXPECT_TRUE(torch::equal(parameters.values(), before));
  EXPECT_EQ(optimiser.updates(), 0);
}

TEST(Parameters, TheModelAndTheArrayAreOneMemory) {
  const Bert bert = fixture_bert();
  const Parameters parameters(bert);
  const auto named = parameters.named(parameters.values());
  const auto given = named_parameters(bert);
  ASSERT_EQ(named.size(), given.size());
  for (std::size_t i = 0; i < named.size(); ++i) {
    EXPECT_EQ(named[i].first, given[i].first);
    EXPECT_TRUE(torch::equal(named[i].second, given[i].second)) << named[i].first;
  }
  EXPECT_TRUE(parameters.bert().mlm->decoder.is_same(parameters.bert().word_embeddings));
  parameters.values().fill_(7);
  EXPECT_EQ(parameters.bert().layers[1].output.bias[0].item<float>(), 7);
}

}  // namespace
}  // namespace onset
