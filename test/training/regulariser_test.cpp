#include "onset/training/regulariser.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

#include "onset/model/encoder.h"
#include "onset/training/objective.h"
#include "onset/training/parameters.h"
#include "test/training/fixture.h"

namespace onset {
namespace {

const RegulariserConfig uniform{};

double value_of(const std::vector<torch::Tensor>& arcs, std::int64_t parsed,
                const RegulariserConfig& config) {
  return regulariser(arcs, parsed, config).item<double>();
}

/// Two layers of one head, two tokens, of which the first has a head.
std::vector<torch::Tensor> two_layers() {
  return {torch::tensor({0.5, 0.2, 0.0, 0.0}, torch::kFloat64).view({1, 2, 2}),
          torch::tensor({0.3, 0.4, 0.0, 0.0}, torch::kFloat64).view({1, 2, 2})};
}

TEST(Regulariser, EqualsTheFormulaWorkedByHand) {
  const auto arcs = two_layers();
  EXPECT_NEAR(value_of(arcs, 1, uniform), 0.5 + 0.3 + 0.2 + 0.4, 1e-12);
  EXPECT_NEAR(value_of(arcs, 1, {.terms = RegulariserTerms::heads}), 0.8, 1e-12);
  EXPECT_NEAR(value_of(arcs, 1, {.terms = RegulariserTerms::children}), 0.6, 1e-12);
  // p = 2: sqrt(0.25 + 0.09) + sqrt(0.04 + 0.16)
  EXPECT_NEAR(value_of(arcs, 1, {.p = 2}), std::sqrt(0.34) + std::sqrt(0.2), 1e-12);
  // The greater of the layers for each term.
  EXPECT_NEAR(value_of(arcs, 1, {.kind = RegulariserKind::max}), 0.5 + 0.4, 1e-12);
  // Means over one parsed token and two heads of the network.
  EXPECT_NEAR(value_of(arcs, 1, {.reduction = Reduction::mean}), 0.4 + 0.3, 1e-12);
  EXPECT_NEAR(value_of(arcs, 1, {.p = 2, .reduction = Reduction::mean}), std::sqrt(0.17) + std::sqrt(0.1),
              1e-12);
  EXPECT_NEAR(value_of(arcs, 1, {.kind = RegulariserKind::max, .reduction = Reduction::mean}), 0.9, 1e-12);
}

TEST(Regulariser, TheMeanDoesNotDependOnHowOftenASentenceIsThere) {
  std::vector<torch::Tensor> twice;
  for (const torch::Tensor& layer : two_layers()) twice.push_back(torch::cat({layer, layer}, 1));
  for (const RegulariserConfig& config :
       {RegulariserConfig{.p = 3, .reduction = Reduction::mean},
        RegulariserConfig{.kind = RegulariserKind::max, .reduction = Reduction::mean}}) {
    EXPECT_NEAR(value_of(twice, 2, config), value_of(two_layers(), 1, config), 1e-12);
  }
  EXPECT_NEAR(value_of(twice, 2, uniform), 2 * value_of(two_layers(), 1, uniform), 1e-12);
}

TEST(Regulariser, WithoutAParsedTokenItIsZeroWithZeroGradient) {
  for (const double p : {0.5, 1.0, 2.0}) {
    torch::Tensor layer = torch::zeros({2, 3, 2}, torch::kFloat64).requires_grad_(true);
    const std::vector<torch::Tensor> arcs = {layer * 1.0};
    // No parse at all, and parses whose arcs dropout cut, all of them.
    EXPECT_EQ(value_of(arcs, 0, {.p = p}), 0.0);
    const torch::Tensor r = regulariser(arcs, 2, {.p = p});
    EXPECT_EQ(r.item<double>(), 0.0);
    r.backward();
    if (p != 1) {
      EXPECT_EQ(layer.grad().abs().sum().item<double>(), 0.0) << p;
    }
  }
}

class Case : public testing::TestWithParam<std::pair<const char*, RegulariserConfig>> {};

TEST_P(Case, ValueAndGradientEqualHuggingFaces) {
  const SafetensorsFile expected(fixture("regulariser.safetensors"));
  const SafetensorsFile batches(fixture("batches.safetensors"));
  const TrainingBatch batch = fixture_batch(batches, 0);
  const std::string name = GetParam().first;
  Parameters parameters(fixture_bert());
  EncoderOptions options;
  options.arcs = batch.arcs;
  const Encoded encoded = encode(parameters.bert(), batch.packed, options);
  const torch::Tensor r = regulariser(encoded.arcs, batch.parsed, GetParam().second);
  EXPECT_NEAR(r.item<double>(), expected.tensor("value_" + name).item<double>(), 1e-4);
  r.backward();
  torch::Tensor gradient = torch::zeros_like(parameters.values());
  const auto gradients = parameters.gradients();
  for (std::size_t s = 0; s < gradients.size(); ++s) {
    const ParameterSlice& slice = parameters.slices()[s];
    if (gradients[s].defined()) gradient.narrow(0, slice.begin, slice.size()).copy_(gradients[s].flatten());
  }
  int compared = 0;
  for (const auto& [parameter, found] : parameters.named(gradient)) {
    const std::string key = "gradient_" + name + '.' + parameter;
    const bool there =
        std::ranges::any_of(expected.entries(), [&](const auto& entry) { return entry.name == key; });
    const torch::Tensor wanted = there ? expected.tensor(key) : torch::zeros_like(found);
    EXPECT_TRUE(torch::allclose(found, wanted, 1e-3, 1e-5))
        << parameter << ": " << (found - wanted).abs().max().item<double>();
    compared += there ? 1 : 0;
  }
  EXPECT_GT(compared, 20);  // the query, key, value and output weights of two layers, the embeddings
}

TEST_P(Case, ValueAndGradientEqualThePlainFormulaOnWholeMapsInDouble) {
  // The reference reads whole maps off the tap; its gradient is a central difference along a random
  // direction.
  const SafetensorsFile batches(fixture("batches.safetensors"));
  const TrainingBatch batch = fixture_batch(batches, 1);
  const RegulariserConfig& config = GetParam().second;
  const Bert bert = load_bert(Checkpoint::open(fixture("start")), {torch::kCPU, torch::kFloat64});
  const auto reference = [&] {
    const torch::NoGradGuard no_grad;
    std::vector<std::vector<torch::Tensor>> maps(bert.config.layers *
                                                 bert.config.heads);  // [layer * head][sequence]
    for (auto& of_head : maps) of_head.resize(batch.packed.sequences());
    EncoderOptions options;
    options.attention = [&](const AttentionMap& map) {
      torch::Tensor& copy = maps[map.layer * bert.config.heads + map.head][map.sequence];
      copy = torch::zeros({map.tokens, map.tokens}, torch::kFloat64);
      for (int q = 0; q < map.tokens; ++q) {
        for (int k = 0; k < map.tokens; ++k) copy[q][k] = static_cast<double>(map.row(q)[k]);
      }
    };
    encode(bert, batch.packed, options);
    double terms[2] = {0, 0};
    for (std::int64_t s = 0; s < batch.packed.sequences(); ++s) {
      const std::int64_t begin = batch.packed.offsets[s];
      for (std::int64_t t = 0; t < batch.packed.offsets[s + 1] - begin; ++t) {
        const auto head = batch.arcs[begin + t].item<std::int64_t>();
        if (head < 0) continue;
        double most[2] = {0, 0};
        for (const auto& of_head : maps) {
          const double a[2] = {of_head[s][t][head].item<double>(), of_head[s][head][t].item<double>()};
          for (int d = 0; d < 2; ++d) {
            most[d] = std::max(most[d], a[d]);
            if (config.kind == RegulariserKind::uniform) terms[d] += std::pow(a[d], config.p);
          }
        }
        for (int d = 0; d < 2 && config.kind == RegulariserKind::max; ++d) terms[d] += most[d];
      }
    }
    double sum = 0;
    for (int d = 0; d < 2; ++d) {
      if (config.terms == (d == 0 ? RegulariserTerms::children : RegulariserTerms::heads)) continue;
      const double heads = config.kind == RegulariserKind::max ? 1.0 : static_cast<double>(maps.size());
      const double addends =
          config.reduction == Reduction::mean ? heads * static_cast<double>(batch.parsed) : 1.0;
      sum += std::pow(terms[d] / addends, 1 / config.p);
    }
    return sum;
  };
  EncoderOptions options;
  options.arcs = batch.arcs;
  torch::Tensor weight = bert.layers[0].qkv.weight;
  weight.set_requires_grad(true);
  const torch::Tensor r = regulariser(encode(bert, batch.packed, options).arcs, batch.parsed, config);
  EXPECT_NEAR(r.item<double>(), reference(), 1e-5 * (1 + r.item<double>()));  // taps give float32
  r.backward();

  torch::manual_seed(5);
  const torch::Tensor direction = torch::randn_like(weight).detach();
  const double along = (weight.grad() * direction).sum().item<double>();
  const auto moved = [&](double by) {
    const torch::NoGradGuard no_grad;
    weight.add_(direction, by);
    const double value =
        regulariser(encode(bert, batch.packed, options).arcs, batch.parsed, config).item<double>();
    weight.add_(direction, -by);
    return value;
  };
  constexpr double h = 1e-5;
  EXPECT_NEAR((moved(h) - moved(-h)) / (2 * h), along, 1e-6 * (1 + std::abs(along)));
}

TEST_P(Case, TheKernelsGradientEqualsFiniteDifferences) {
  // float32 through the kernel, against differences of the path in double.
  const SafetensorsFile batches(fixture("batches.safetensors"));
  const TrainingBatch batch = fixture_batch(batches, 2);
  EncoderOptions options;
  options.arcs = batch.arcs;
  const Bert exact = load_bert(Checkpoint::open(fixture("start")), {torch::kCPU, torch::kFloat64});
  const Bert quick = fixture_bert();
  torch::Tensor weight = quick.layers[0].qkv.weight;
  weight.set_requires_grad(true);
  regulariser(encode(quick, batch.packed, options).arcs, batch.parsed, GetParam().second).backward();
  torch::manual_seed(6);
  const torch::Tensor direction = torch::randn(weight.sizes(), torch::kFloat64);
  const auto moved = [&](double by) {
    const torch::NoGradGuard no_grad;
    exact.layers[0].qkv.weight.add_(direction, by);
    const double value =
        regulariser(encode(exact, batch.packed, options).arcs, batch.parsed, GetParam().second)
            .item<double>();
    exact.layers[0].qkv.weight.add_(direction, -by);
    return value;
  };
  constexpr double h = 1e-5;
  const double along = (weight.grad().to(torch::kFloat64) * direction).sum().item<double>();
  EXPECT_NEAR((moved(h) - moved(-h)) / (2 * h), along, 1e-4 * (1 + std::abs(along)));
}

const std::pair<const char*, RegulariserConfig> cases[] = {
    {"uniform", {}},
    {"uniform_p2", {.p = 2}},
    {"uniform_half_heads", {.p = 0.5, .terms = RegulariserTerms::heads}},
    {"uniform_mean", {.p = 3, .reduction = Reduction::mean}},
    {"max", {.kind = RegulariserKind::max}},
    {"max_children_mean",
     {.kind = RegulariserKind::max, .terms = RegulariserTerms::children, .reduction = Reduction::mean}},
};
INSTANTIATE_TEST_SUITE_P(Cases, Case, testing::ValuesIn(cases),
                         [](const auto& info) { return info.param.first; });

}  // namespace
}  // namespace onset
