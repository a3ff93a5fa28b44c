#include "onset/sweep/sweep_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/checkpoint/expect_error.h"

namespace onset {
namespace {

using ::testing::ElementsAre;
using Releases = std::vector<std::int64_t>;

std::vector<std::string> names(const SweepPlan& plan) {
  std::vector<std::string> out;
  for (const SweepRun& run : plan.runs) out.push_back(run.name);
  return out;
}

SweepGrid grid(std::vector<double> lambda, std::vector<std::optional<std::int64_t>> release,
               std::vector<std::uint64_t> seed = {1}) {
  return {std::move(lambda), std::move(release), std::move(seed)};
}

TEST(SweepPlan, ReleasedRunsBranchFromTheRunThatIsNever) {
  // The trunk makes 500 updates, the branches 500 - 200 and 500 - 400; alone the three make 1500.
  const SweepPlan plan = plan_sweep(grid({0.1}, {std::nullopt, 200, 400}), {0, 500});
  EXPECT_THAT(names(plan), ElementsAre("lambda_0.1_seed_1", "lambda_0.1_release_200_seed_1",
                                       "lambda_0.1_release_400_seed_1"));
  ASSERT_EQ(plan.groups.size(), 1U);
  EXPECT_EQ(plan.groups[0].trunk.name, "lambda_0.1_seed_1");
  EXPECT_TRUE(plan.groups[0].never);
  EXPECT_EQ(plan.groups[0].releases, (Releases{200, 400}));
  EXPECT_EQ(plan.groups[0].until, 500);
  EXPECT_EQ(plan.updates(), 500 + 300 + 100);
  EXPECT_EQ(plan.updates_alone(), 1500);
}

TEST(SweepPlan, WithoutNeverTheTrunkEndsAtTheLastRelease) {
  const SweepPlan plan = plan_sweep(grid({0.1}, {400, 200}), {0, 500});
  EXPECT_THAT(names(plan), ElementsAre("lambda_0.1_release_400_seed_1", "lambda_0.1_release_200_seed_1"));
  EXPECT_FALSE(plan.groups[0].never);
  EXPECT_EQ(plan.groups[0].releases, (Releases{200, 400}));
  EXPECT_EQ(plan.groups[0].until, 400);
  EXPECT_EQ(plan.updates(), 400 + 300 + 100);
  // One release alone shares with nobody: 200 + 300.
  EXPECT_EQ(plan_sweep(grid({0.1}, {200}), {0, 500}).updates(), 500);
}

TEST(SweepPlan, LambdaZeroIsOneRunASeedAndComesFirst) {
  const SweepPlan plan = plan_sweep(grid({0.1, 0, -0.02}, {std::nullopt, 200}, {7, 8}), {0, 500});
  EXPECT_THAT(names(plan),
              ElementsAre("lambda_0_seed_7", "lambda_0_seed_8",  //
                          "lambda_0.1_seed_7", "lambda_0.1_seed_8", "lambda_0.1_release_200_seed_7",
                          "lambda_0.1_release_200_seed_8", "lambda_-0.02_seed_7", "lambda_-0.02_seed_8",
                          "lambda_-0.02_release_200_seed_7", "lambda_-0.02_release_200_seed_8"));
  // A group a (lambda, seed).
  ASSERT_EQ(plan.groups.size(), 6U);
  EXPECT_EQ(plan.groups[0].until, 500);
  EXPECT_TRUE(plan.groups[0].releases.empty());
  for (const SweepRun& run : plan.runs) {
    EXPECT_EQ(plan.groups[run.group].trunk.lambda, run.lambda);
    EXPECT_EQ(plan.groups[run.group].trunk.seed, run.seed);
  }
  EXPECT_EQ(plan.updates(), 2 * 500 + 4 * (500 + 300));
  EXPECT_EQ(plan.updates_alone(), 10 * 500);
  EXPECT_EQ(plan.runs[4].condition, plan.runs[5].condition);
}

TEST(SweepPlan, ReleasedAtTheStartIsLambdaZero) {
  const SweepPlan plan = plan_sweep(grid({0.1, -0.0}, {0, 200}), {0, 500});
  EXPECT_THAT(names(plan), ElementsAre("lambda_0_seed_1", "lambda_0.1_release_200_seed_1"));
  EXPECT_EQ(plan.runs[0].release, std::nullopt);
}

TEST(SweepPlan, CountsFromTheStepOfInit) {
  // 300 to 500; released by 300 there was never any lambda.
  const SweepPlan plan = plan_sweep(grid({0.1}, {300, 400}), {300, 500});
  EXPECT_THAT(names(plan), ElementsAre("lambda_0_seed_1", "lambda_0.1_release_400_seed_1"));
  EXPECT_EQ(plan.updates(), 200 + (100 + 100));
  EXPECT_EQ(plan.updates_alone(), 2 * 200);
}

TEST(SweepPlan, AnEmptyListIsNoGrid) {
  expect_error(ErrorKind::usage, "expected a lambda", [] { plan_sweep(grid({}, {200}), {0, 500}); });
  expect_error(ErrorKind::usage, "expected a lambda", [] { plan_sweep(grid({0.1}, {}), {0, 500}); });
  expect_error(ErrorKind::usage, "expected a lambda", [] { plan_sweep(grid({0.1}, {200}, {}), {0, 500}); });
}

}  // namespace
}  // namespace onset
