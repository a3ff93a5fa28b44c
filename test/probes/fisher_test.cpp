#include "onset/probes/fisher.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/utils.h>

#include <cmath>

#include "onset/base/error.h"
#include "onset/model/mlm_head.h"

namespace onset {
namespace {

BertConfig fisher_config() {
  BertConfig config;
  config.layers = 2;
  config.hidden = 8;
  config.heads = 2;
  config.ffn = 12;
  config.vocab_size = 15;
  config.positions = 10;
  config.initializer_range = 0.5;
  return config;
}

/// Fresh parameters with biases and LayerNorms moved off 0 and 1.
Bert tiny_bert(bool tied) {
  torch::manual_seed(1);
  Bert bert = initial_bert(fisher_config(), 1);
  for (const auto& [name, tensor] : named_parameters(bert)) tensor.add_(torch::randn_like(tensor), 0.1);
  if (!tied) bert.mlm->decoder = bert.mlm->decoder.clone() + 0.1;
  return bert;
}

/// log p at one place and its gradient's squared norm in each group, by the model itself with every parameter
/// a leaf: no sums over tokens, no closed forms.
std::vector<double> gradient_norms(const Bert& bert, const FisherExample& example, std::int64_t label) {
  // Views of one matrix (query, key, value) must not each be a leaf: the tensors of the struct are.
  std::vector<std::vector<torch::Tensor>> groups;
  const auto& norm = bert.embedding_norm;
  groups.push_back(
      {bert.word_embeddings, bert.position_embeddings, bert.type_embeddings, norm.weight, norm.bias});
  for (const EncoderLayer& layer : bert.layers) {
    groups.push_back({layer.qkv.weight, layer.qkv.bias, layer.attention_output.weight,
                      layer.attention_output.bias, layer.attention_norm.weight, layer.attention_norm.bias,
                      layer.intermediate.weight, layer.intermediate.bias, layer.output.weight,
                      layer.output.bias, layer.output_norm.weight, layer.output_norm.bias});
  }
  const MlmHead& head = *bert.mlm;
  groups.push_back({head.transform.weight, head.transform.bias, head.norm.weight, head.norm.bias, head.bias});
  if (!head.decoder.is_same(bert.word_embeddings)) groups.back().push_back(head.decoder);
  std::vector<torch::Tensor> all;
  for (const auto& group : groups) {
    for (const torch::Tensor& tensor : group) all.push_back(tensor.set_requires_grad(true));
  }
  const std::vector<std::span<const std::int32_t>> one = {example.ids};
  const torch::Tensor logits = mlm_logits(bert, encode(bert, pack(one, torch::kCPU)).hidden);
  const auto gradients = torch::autograd::grad({torch::log_softmax(logits[example.position], 0)[label]}, all);
  for (const torch::Tensor& tensor : all) tensor.set_requires_grad(false);
  std::vector<double> out;
  std::size_t next = 0;
  for (const auto& group : groups) {
    double sum = 0;
    for (std::size_t i = 0; i < group.size(); ++i) sum += gradients[next++].square().sum().item<double>();
    out.push_back(sum);
  }
  return out;
}

std::vector<double> probabilities(const Bert& bert, const FisherExample& example) {
  const torch::NoGradGuard no_grad;
  const std::vector<std::span<const std::int32_t>> one = {example.ids};
  const torch::Tensor logits = mlm_logits(bert, encode(bert, pack(one, torch::kCPU)).hidden);
  const torch::Tensor p = torch::softmax(logits[example.position].to(torch::kFloat64), 0);
  return {p.data_ptr<double>(), p.data_ptr<double>() + p.numel()};
}

/// A uniform number that draws this label.
double uniform_for(const std::vector<double>& p, std::size_t label) {
  double below = 0;
  for (std::size_t i = 0; i < label; ++i) below += p[i];
  return below + p[label] / 2;
}

double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

class Fisher : public testing::TestWithParam<bool> {};

TEST_P(Fisher, NormsAreThoseOfWholeGradients) {
  const Bert bert = tiny_bert(GetParam());
  // Words repeat within a line, and the label is a word of the line: a tied decoder meets its embedding.
  std::vector<FisherExample> examples = {
      {{2, 4, 6, 6, 7, 3}, 1, 2, 0}, {{2, 4, 3}, 1, 1, 0}, {{2, 9, 9, 4, 9, 12, 3}, 3, 3, 0}};
  const std::vector<std::size_t> labels = {6, 11, 9};
  double weighted = 0;
  std::vector<std::vector<double>> expected;
  for (std::size_t s = 0; s < examples.size(); ++s) {
    examples[s].uniform = uniform_for(probabilities(bert, examples[s]), labels[s]);
    expected.push_back(gradient_norms(bert, examples[s], static_cast<std::int64_t>(labels[s])));
    weighted += static_cast<double>(examples[s].masked) * sum_of(expected[s]);
  }
  const FisherTrace fisher = fisher_trace(bert, examples, {});
  EXPECT_EQ(fisher.examples, 3);
  EXPECT_NEAR(fisher.trace, weighted / 6, 1e-4 * fisher.trace);
  for (std::size_t s = 0; s < 3; ++s)
    EXPECT_NEAR(fisher.squared_norm[s], sum_of(expected[s]), 1e-4 * sum_of(expected[s])) << s;
  ASSERT_EQ(fisher.group_trace.size(), 4U);
  for (std::size_t group = 0; group < 4; ++group) {
    const double part = (2 * expected[0][group] + expected[1][group] + 3 * expected[2][group]) / 6;
    EXPECT_NEAR(fisher.group_trace[group], part, 1e-4 * part) << group;
  }
  // error^2 = 3/2 * sum of (n (q - trace))^2 / 6^2
  double spread = 0;
  for (std::size_t s = 0; s < 3; ++s)
    spread += std::pow(static_cast<double>(examples[s].masked) * (sum_of(expected[s]) - weighted / 6), 2);
  EXPECT_NEAR(fisher.error, std::sqrt(1.5 * spread) / 6, 1e-3 * fisher.error);
  for (std::size_t group = 0; group < 4; ++group) {
    double part = 0;
    for (std::size_t s = 0; s < 3; ++s) {
      part += std::pow(
          static_cast<double>(examples[s].masked) * (expected[s][group] - fisher.group_trace[group]), 2);
    }
    EXPECT_NEAR(fisher.group_error[group], std::sqrt(1.5 * part) / 6, 1e-3 * fisher.group_error[group]);
  }
}

INSTANTIATE_TEST_SUITE_P(Decoder, Fisher, testing::Bool(),
                         [](const auto& info) { return info.param ? "tied" : "untied"; });

TEST(FisherTrace, IsTheExpectationOverLabelsAndMaskedTokens) {
  const Bert bert = tiny_bert(true);
  const MaskedLine masked = {{2, 4, 6, 4, 7, 3}, {1, 3}, {5, 8}};
  double exact = 0;  // mean over the two places of sum over labels of p * norm
  for (const std::int64_t position : {1, 3}) {
    const FisherExample example{masked.ids, position, 2, 0};
    const std::vector<double> p = probabilities(bert, example);
    for (std::size_t label = 0; label < p.size(); ++label)
      exact += p[label] * sum_of(gradient_norms(bert, example, static_cast<std::int64_t>(label))) / 2;
  }
  std::vector<FisherExample> drawn;
  for (std::int64_t line = 0; line < 3000; ++line) drawn.push_back(*fisher_example(masked, line, 7));
  const FisherTrace fisher = fisher_trace(bert, drawn, {});
  EXPECT_NEAR(fisher.trace, exact, 4 * fisher.error);
  EXPECT_LT(fisher.error, 0.05 * exact);  // so that the line above says something
}

TEST(FisherTrace, DoesNotDependOnTheBatch) {
  const Bert bert = tiny_bert(true);
  std::vector<FisherExample> drawn;
  for (std::int64_t line = 0; line < 9; ++line) {
    MaskedLine masked = {{2, 4, 6, 4, 7, 3}, {1, 3}, {5, 8}};
    masked.ids.resize(static_cast<std::size_t>(4 + line % 3));
    drawn.push_back(*fisher_example({masked.ids, {1}, {5}}, line, 1));
  }
  PassOptions one_by_one;
  one_by_one.batch_tokens = 1;
  const FisherTrace fisher = fisher_trace(bert, drawn, {});
  EXPECT_NEAR(fisher.trace, fisher_trace(bert, drawn, one_by_one).trace, 1e-5 * fisher.trace);
}

TEST(FisherExample, DrawsAPlaceAndLuckByCounter) {
  const MaskedLine masked = {{2, 4, 6, 4, 7, 3}, {1, 3}, {5, 8}};
  int first = 0;
  for (std::int64_t line = 0; line < 1000; ++line) {
    const FisherExample example = *fisher_example(masked, line, 7);
    EXPECT_EQ(example.uniform, fisher_example(masked, line, 7)->uniform);
    EXPECT_TRUE(example.position == 1 || example.position == 3);
    EXPECT_EQ(example.masked, 2);
    first += example.position == 1 ? 1 : 0;
  }
  EXPECT_NEAR(first, 500, 64);  // four standard deviations of 15.8
  EXPECT_FALSE(fisher_example({{2, 5, 3}, {}, {}}, 0, 7));
}

TEST(FisherTrace, HasNoValueWithoutExamplesNorAnHonestErrorWithOne) {
  const Bert bert = tiny_bert(true);
  EXPECT_TRUE(std::isnan(fisher_trace(bert, {}, {}).trace));
  const std::vector<FisherExample> one = {{{2, 4, 3}, 1, 1, 0.5}};
  const FisherTrace fisher = fisher_trace(bert, one, {});
  EXPECT_GT(fisher.trace, 0);
  EXPECT_TRUE(std::isnan(fisher.error));
}

TEST(FisherTrace, NeedsAnMlmHead) {
  Bert bert = tiny_bert(true);
  bert.mlm.reset();
  const std::vector<FisherExample> one = {{{2, 4, 3}, 1, 1, 0.5}};
  EXPECT_THROW(fisher_trace(bert, one, {}), Error);
}

}  // namespace
}  // namespace onset
