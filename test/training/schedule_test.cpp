#include "onset/training/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace onset {
namespace {

TEST(LearningRate, WarmsUpAndDecaysLinearly) {
  OptimiserSettings settings;
  settings.lr = 2;
  settings.warmup = 4;
  settings.horizon = 12;
  // 0, 1/4, 2/4, 3/4, 1 of the peak, then down by 1/8 an update to 0 at 12.
  const double expected[] = {0, 0.5, 1, 1.5, 2, 1.75, 1.5, 1.25, 1, 0.75, 0.5, 0.25, 0, 0};
  for (int done = 0; done < 14; ++done)
    EXPECT_DOUBLE_EQ(learning_rate(settings, done), expected[done]) << done;
  settings.warmup = 0;
  EXPECT_DOUBLE_EQ(learning_rate(settings, 0), 2);
  EXPECT_DOUBLE_EQ(learning_rate(settings, 6), 1);
}

TEST(LearningRate, ThePapersHorizonIsAMillionStepsHoweverLongTheRun) {
  EXPECT_DOUBLE_EQ(learning_rate({}, 10'000), 1e-4);
  EXPECT_DOUBLE_EQ(learning_rate({}, 100'000), 1e-4 * 900'000 / 990'000);
}

TEST(Lambda, HoldsFromItsStepOn) {
  const std::vector<LambdaStage> stages = {{0, 0.01}, {3000, 0}, {5000, -0.5}};
  EXPECT_EQ(lambda_at(stages, 0), 0.01);
  EXPECT_EQ(lambda_at(stages, 2999), 0.01);  // the 3,000th update is the last one suppressed
  EXPECT_EQ(lambda_at(stages, 3000), 0);
  EXPECT_EQ(lambda_at(stages, 4999), 0);
  EXPECT_EQ(lambda_at(stages, 1'000'000), -0.5);
}

TEST(StepSchedule, LogarithmicRegularAndListed) {
  const auto steps = [](const StepSchedule& schedule, std::int64_t last) {
    std::set<std::int64_t> out;
    for (std::int64_t step = 0; step <= last; ++step) {
      if (is_scheduled(schedule, step)) out.insert(step);
    }
    return out;
  };
  // 10^(k/10), k = 0 … 20: 1 1.26 1.58 2.0 2.51 3.16 3.98 5.01 6.31 7.94
  // 10 12.6 15.8 20.0 25.1 31.6 39.8 50.1 63.1 79.4 100
  EXPECT_EQ(steps({10, 0, {}}, 100),
            (std::set<std::int64_t>{1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 63, 79, 100}));
  EXPECT_EQ(steps({1, 0, {}}, 1500), (std::set<std::int64_t>{1, 10, 100, 1000}));
  EXPECT_EQ(steps({0, 30, {7, 30}}, 100), (std::set<std::int64_t>{0, 7, 30, 60, 90}));
  EXPECT_TRUE(steps({0, 0, {}}, 100).empty());
  // Every power is there, also where many fall on one step and where steps are large.
  const std::set<std::int64_t> many = steps({50, 0, {}}, 100'000);
  for (int k = 0; k <= 250; ++k) EXPECT_TRUE(many.contains(std::llround(std::pow(10.0, k / 50.0)))) << k;
  EXPECT_TRUE(is_scheduled({10, 0, {}}, 794'328));
  EXPECT_FALSE(is_scheduled({10, 0, {}}, 794'329));
}

}  // namespace
}  // namespace onset
