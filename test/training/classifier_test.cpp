// Twenty steps from the same weights and batches as Hugging Face's BertForSequenceClassification under
// PyTorch's AdamW (fixtures/make_finetune_fixtures.py): classes and a score.
#include "onset/training/classifier.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include "onset/training/adamw.h"
#include "onset/training/schedule.h"
#include "test/training/fixture.h"

namespace onset {
namespace {

class FineTuning : public testing::TestWithParam<const char*> {};

TEST_P(FineTuning, EqualsTheReferenceLoop) {
  constexpr double tolerance = 1e-4;
  const std::string name = GetParam();
  const SafetensorsFile expected(fixture("finetune.safetensors"));
  const Checkpoint start = Checkpoint::open(fixture("finetune_" + name));
  Bert bert = with_classifier(load_bert(start), start.tensor("classifier.weight").size(0), 1);
  bert.classifier = Linear{start.tensor("classifier.weight"), start.tensor("classifier.bias")};
  Parameters parameters(bert);
  OptimiserSettings settings;
  settings.lr = 0.005;
  settings.warmup = 3;
  settings.horizon = 40;
  AdamW optimiser(parameters, settings);
  PackedBatch batch;
  for (int step = 0; step < 20; ++step) {
    SCOPED_TRACE(step);
    const std::string which = '_' + name + '_' + std::to_string(step);
    batch = {};
    batch.ids = expected.tensor("ids" + which);
    batch.types = expected.tensor("types" + which);
    batch.offsets = {0};
    const torch::Tensor lengths = expected.tensor("lengths" + which);
    std::vector<torch::Tensor> positions;
    for (std::int64_t s = 0; s < lengths.size(0); ++s) {
      positions.push_back(torch::arange(lengths[s].item<std::int64_t>(), torch::kInt64));
      batch.offsets.push_back(batch.offsets.back() + positions.back().numel());
    }
    batch.positions = torch::cat(positions);
    const torch::Tensor loss =
        classifier_loss(classify(parameters.bert(), batch), expected.tensor("labels" + which));
    EXPECT_NEAR(loss.item<double>(), expected.tensor("loss_" + name)[step].item<double>(), tolerance);
    loss.backward();
    const double lr = learning_rate(settings, step);
    EXPECT_NEAR(lr, expected.tensor("lr_" + name)[step].item<double>(), 1e-12);
    const double norm = expected.tensor("norm_" + name)[step].item<double>();
    EXPECT_NEAR(optimiser.update(parameters, lr), norm, tolerance * (1 + norm));
    parameters.clear_gradients();
  }
  const torch::NoGradGuard no_grad;
  EXPECT_TRUE(torch::allclose(classify(parameters.bert(), batch), expected.tensor("final_" + name), 0, 1e-3));
}

INSTANTIATE_TEST_SUITE_P(Of, FineTuning, testing::Values("classes", "score"),
                         [](const auto& info) { return info.param; });

TEST(Classifier, IsAFunctionOfTheSeed) {
  const Bert start = fixture_bert();
  const auto weight = [&](std::uint64_t seed) { return with_classifier(start, 3, seed).classifier->weight; };
  EXPECT_TRUE(torch::equal(weight(3), weight(3)));
  EXPECT_FALSE(torch::equal(weight(3), weight(4)));
}

TEST(Classifier, KeepsTheCheckpointsPoolerAndDropsItsMlmHead) {
  Bert start = fixture_bert();
  ASSERT_FALSE(start.pooler);
  EXPECT_TRUE(with_classifier(start, 2, 1).pooler);
  EXPECT_FALSE(with_classifier(start, 2, 1).mlm);
  start.pooler = Linear{torch::eye(16), torch::ones(16)};
  EXPECT_TRUE(with_classifier(start, 2, 1).pooler->weight.is_same(start.pooler->weight));
}

TEST(Classifier, DropsWithItsKeyAndOnlyWithOne) {
  Bert bert = fixture_bert();
  bert.config.hidden_dropout = 0.5;
  bert = with_classifier(bert, 2, 1);
  const std::vector<std::int32_t> line = {2, 9, 8, 3};
  const std::vector<std::span<const std::int32_t>> sequences = {line};
  const PackedBatch batch = pack(sequences, torch::kCPU);
  EXPECT_TRUE(torch::equal(classify(bert, batch, 7), classify(bert, batch, 7)));
  EXPECT_FALSE(torch::equal(classify(bert, batch, 7), classify(bert, batch, 8)));
  EXPECT_FALSE(torch::equal(classify(bert, batch, 7), classify(bert, batch)));
}

TEST(Classifier, PredictsTheLikeliestClassOrTheOutput) {
  const torch::Tensor classes = torch::tensor({{0.1F, 0.3F, 0.2F}, {0.5F, 0.0F, 0.1F}});
  EXPECT_TRUE(torch::equal(predictions(classes), torch::tensor({1.0F, 0.0F})));
  const torch::Tensor scores = torch::tensor({{3.5F}, {-1.0F}});
  EXPECT_TRUE(torch::equal(predictions(scores), torch::tensor({3.5F, -1.0F})));
  // (3.5 - 4)^2 = 0.25 and (-1 - 0)^2 = 1: mean 0.625.
  EXPECT_NEAR(classifier_loss(scores, torch::tensor({4.0F, 0.0F})).item<double>(), 0.625, 1e-6);
}

}  // namespace
}  // namespace onset
