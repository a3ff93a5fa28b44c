// Twenty steps from the same weights, batches and masks as Hugging Face's BERT under PyTorch's AdamW
// (fixtures/make_fixtures.py), without and with each regulariser.
#include <gtest/gtest.h>

#include "onset/training/adamw.h"
#include "onset/training/objective.h"
#include "onset/training/schedule.h"
#include "test/training/fixture.h"

namespace onset {
namespace {

struct Run {
  std::string name;
  RegulariserConfig regulariser;
  double lambda;
};

class TwentySteps : public testing::TestWithParam<Run> {};

TEST_P(TwentySteps, EqualTheReferenceLoop) {
  constexpr double tolerance = 1e-4;
  const SafetensorsFile batches(fixture("batches.safetensors"));
  const SafetensorsFile expected(fixture("training.safetensors"));
  const auto value = [&](const std::string& column, int step) {
    return expected.tensor(column + '_' + GetParam().name)[step].item<double>();
  };
  OptimiserSettings settings;
  settings.lr = 0.01;
  settings.warmup = 5;
  settings.horizon = 100;
  Parameters parameters(fixture_bert());
  AdamW optimiser(parameters, settings);
  for (int step = 0; step < 20; ++step) {
    SCOPED_TRACE(step);
    const TrainingBatch batch = fixture_batch(batches, step);
    const LossParts parts =
        accumulate_gradient(parameters.bert(), batch, {batch.chosen.numel(), batch.parsed},
                            {GetParam().regulariser, GetParam().lambda, std::nullopt, false});
    EXPECT_NEAR(parts.loss, value("loss", step), tolerance);
    EXPECT_NEAR(parts.mlm, value("mlm", step), tolerance);
    EXPECT_NEAR(parts.regulariser, value("r", step), 10 * tolerance);  // a sum of some fifty probabilities
    const double lr = learning_rate(settings, step);
    EXPECT_NEAR(lr, value("lr", step), 1e-12);
    EXPECT_NEAR(optimiser.update(parameters, lr), value("norm", step), tolerance * (1 + value("norm", step)));
    parameters.clear_gradients();
  }
  for (const auto& [name, tensor] : parameters.named(parameters.values())) {
    // Softmax is blind to a key's bias: its gradient is rounding, which AdamW scales up to the size of a
    // step.
    if (name.ends_with("attention.self.key.bias")) continue;
    EXPECT_TRUE(torch::allclose(tensor, expected.tensor("final_" + GetParam().name + '.' + name), 1e-3, 1e-3))
        << name;
  }
}

const Run runs[] = {
    {"plain", {}, 0.0},
    {"suppressed", {}, 0.05},
    {"rewarded", {RegulariserKind::uniform, 2}, -0.05},
    {"max", {RegulariserKind::max}, 0.05},
};
INSTANTIATE_TEST_SUITE_P(Runs, TwentySteps, testing::ValuesIn(runs),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace onset
