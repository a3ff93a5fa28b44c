#include "onset/sweep/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "onset/base/file.h"
#include "onset/base/stop.h"
#include "onset/series/hdf5_file.h"
#include "onset/training/run_folder.h"
#include "onset/training/trainer.h"
#include "onset/training/training_state.h"
#include "test/checkpoint/expect_error.h"
#include "test/sweep/small_sweep.h"

namespace onset {
namespace {

using ::testing::HasSubstr;

/// What a call did, seen from its hooks; asks to stop after so many updates or measured sentences.
struct Observed {
  std::int64_t updates = 0, events = 0, measured = 0;
  std::vector<std::string> warnings;
};

class SweepTest : public testing::Test {
 protected:
  SweepTest() { write_small_sweep(folder_); }

  SweepConfig config(const std::string& grid) {
    write_file_atomically(folder_ / "sweep.json", small_sweep(grid));
    return read_sweep_config(folder_ / "sweep.json");
  }
  SweepResult run(const std::string& name, const std::string& grid, Observed* seen = nullptr,
                  std::int64_t stop_after = -1, Shard shard = {}) {
    std::stop_source source;
    Observed ignored;
    Observed& observed = seen == nullptr ? ignored : *seen;
    std::int64_t events = 0;
    SweepHooks hooks;
    hooks.progress = [&](const ProgressUpdate& update) {
      if (update.task.ends_with(": training")) ++observed.updates;
      ++observed.events;
      if (++events == stop_after) source.request_stop();
    };
    hooks.warn = [&](const std::string& text) { observed.warnings.push_back(text); };
    hooks.note = [&](const std::string& text) { observed.measured += measured_in(text); };
    hooks.stop = source.get_token();
    return sweep(config(grid), {folder_ / name, "test", shard}, hooks);
  }
  /// "lambda_0_seed_1: measured 3 checkpoints, …"
  static std::int64_t measured_in(const std::string& note) {
    const std::string before = ": measured ";
    const std::size_t at = note.find(before);
    return at == std::string::npos ? 0 : std::stoll(note.substr(at + before.size()));
  }
  std::string bytes(const std::string& path) const { return read_file(folder_ / path); }
  /// log.csv's rows without their seconds, by step.
  std::vector<std::string> log(const std::string& run) const {
    std::istringstream stream(bytes(run + "/log.csv"));
    std::vector<std::string> out;
    std::string line;
    std::getline(stream, line);
    while (std::getline(stream, line)) out.push_back(line.substr(0, line.rfind(',')));
    return out;
  }
  /// The run of the sweep equals one that is trained alone from its first step to its last.
  void expect_trained_alone(const std::string& sweep, const std::string& grid, const std::string& name) {
    const SweepConfig all = config(grid);
    const SweepPlan plan = plan_sweep(all.grid, all.extent);
    const auto run = std::ranges::find(plan.runs, name, &SweepRun::name);
    ASSERT_NE(run, plan.runs.end());
    train(train_config_of(all, *run), {folder_ / ("alone/" + name), true}, {});
    for (const char* const file : {"model.safetensors", "optimizer.safetensors"})
      EXPECT_EQ(bytes(sweep + "/" + name + "/checkpoint-12/" + file),
                bytes("alone/" + name + "/checkpoint-12/" + file))
          << file;
    const std::vector<std::string> own = log(sweep + "/" + name), whole = log("alone/" + name);
    ASSERT_EQ(whole.size(), 12U);
    ASSERT_LE(own.size(), whole.size());
    EXPECT_TRUE(std::equal(own.rbegin(), own.rend(), whole.rbegin()));
  }

  TemporaryFolder folder_;
};

constexpr const char* full_grid = R"("lambda": [0, 0.5], "release": [null, 4, 7], "seed": [1, 2])";
constexpr const char* one_seed = R"("lambda": [0, 0.5], "release": [null, 4, 7])";
const std::vector<std::string> files = {"lambda_0_seed_1.h5",
                                        "lambda_0.5_release_4_seed_1.h5",
                                        "lambda_0.5_seed_1.h5",
                                        "lambda_0.5_release_7_seed_1.h5",
                                        "sweep.csv",
                                        "comparison.csv"};

TEST_F(SweepTest, ABranchIsTheRunTrainedAloneToTheBit) {
  Observed seen;
  const SweepResult result = run("sweep", full_grid, &seen);
  EXPECT_TRUE(result.failures.empty());
  // Two base runs; two trunks of 12, each with branches of 12 - 4 and 12 - 7.
  EXPECT_EQ(result.updates, 2 * 12 + 2 * (12 + 8 + 5));
  EXPECT_EQ(seen.updates, result.updates);
  EXPECT_EQ(result.updates, result.plan.updates());
  for (const char* const name : {"lambda_0_seed_1", "lambda_0.5_seed_2", "lambda_0.5_release_4_seed_1",
                                 "lambda_0.5_release_7_seed_1", "lambda_0.5_release_7_seed_2"})
    expect_trained_alone("sweep", full_grid, name);
  // The log of a branch begins after its release.
  EXPECT_EQ(log("sweep/lambda_0.5_release_7_seed_1").size(), 5U);
  EXPECT_THAT(log("sweep/lambda_0.5_release_7_seed_1").front(), testing::StartsWith("8,"));
}

TEST_F(SweepTest, ASeriesIsTheTrunkUpToTheReleaseThenTheBranch) {
  const SweepResult result = run("sweep", full_grid);
  const auto series = [&](const std::string& name) {
    return read_series(folder_ / ("sweep/" + name + ".h5"));
  };
  const Series never = series("lambda_0.5_seed_1"), late = series("lambda_0.5_release_7_seed_1"),
               early = series("lambda_0.5_release_4_seed_1"), other = series("lambda_0.5_seed_2");
  for (const Series* const each : {&never, &late, &early}) {
    ASSERT_EQ(each->steps.size(), 3U);  // the release at 7 is a state to branch from and no checkpoint
    EXPECT_EQ(each->steps[1].step, 4);
    EXPECT_EQ(each->steps[2].step, 12);
    for (const std::size_t step : {0U, 1U}) EXPECT_EQ(each->steps[step].sha256, never.steps[step].sha256);
  }
  EXPECT_NE(late.steps[2].sha256, never.steps[2].sha256);
  EXPECT_NE(late.steps[2].sha256, early.steps[2].sha256);
  EXPECT_NE(other.steps[0].sha256, never.steps[0].sha256);
  EXPECT_EQ(std::get<std::string>(late.attributes.at("run")), "lambda_0.5_release_7_seed_1");
  // A seed's runs have one start; base, never and its branches share step 4: 1 + 2 + 4 checkpoints a seed.
  EXPECT_EQ(result.measured, 2 * (1 + 2 + 4));
}

TEST_F(SweepTest, RunAgainNothingIsDoneAndNothingChanges) {
  run("sweep", one_seed);
  std::vector<std::string> before;
  for (const std::string& file : files) before.push_back(bytes("sweep/" + file));
  Observed seen;
  const SweepResult again = run("sweep", one_seed, &seen);
  EXPECT_EQ(again.updates, 0);
  EXPECT_EQ(seen.updates, 0);
  EXPECT_EQ(again.measured, 0);
  for (std::size_t f = 0; f < files.size(); ++f) EXPECT_EQ(bytes("sweep/" + files[f]), before[f]) << files[f];
}

TEST_F(SweepTest, InterruptedAgainAndAgainNothingIsDoneTwice) {
  const SweepResult calm = run("calm", one_seed);
  Observed seen;
  int interruptions = 0;
  for (bool done = false; !done;) {
    try {
      // Sooner or later than a run's end, in training and in measuring.
      run("sweep", one_seed, &seen, 3 + 2 * (interruptions % 4));
      done = true;
    } catch (const Interrupted&) {
      ASSERT_LT(++interruptions, 200);
    }
  }
  EXPECT_GT(interruptions, 8);
  EXPECT_EQ(seen.updates, calm.updates);
  for (const std::string& file : files) {
    if (file.ends_with(".csv")) continue;  // they hold paths
    EXPECT_EQ(bytes("sweep/" + file), bytes("calm/" + file)) << file;
  }
  EXPECT_EQ(bytes("sweep/sweep.csv"), bytes("calm/sweep.csv"));
}

TEST_F(SweepTest, ShardsMakeTheirGroupsAndTheWholeFindsThemDone) {
  const SweepResult calm = run("calm", full_grid);
  const SweepResult first = run("sweep", full_grid, nullptr, -1, {0, 3}),
                    second = run("sweep", full_grid, nullptr, -1, {1, 3}),
                    third = run("sweep", full_grid, nullptr, -1, {2, 3});
  // Four groups: the base runs of both seeds, then the trunks of both.
  EXPECT_EQ(first.updates, 12 + 25);
  EXPECT_EQ(second.updates, 12);
  EXPECT_EQ(third.updates, 25);
  EXPECT_FALSE(first.comparison);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "sweep/sweep.csv"));
  const SweepResult whole = run("sweep", full_grid);
  EXPECT_EQ(whole.updates, 0);
  EXPECT_EQ(whole.measured, 0);
  EXPECT_EQ(bytes("sweep/sweep.csv"), bytes("calm/sweep.csv"));
}

TEST_F(SweepTest, TheGridMayGrow) {
  // The trunk ends at 9; then a release that it passed without saving, and the run that is never released.
  EXPECT_EQ(run("sweep", R"("lambda": [0.5], "release": [9])").updates, 9 + 3);
  const char* const more = R"("lambda": [0.5], "release": [9, 6, null])";
  // From 9 to the end; from the checkpoint at 4 to the end.
  EXPECT_EQ(run("sweep", more).updates, 3 + 8);
  for (const char* const name :
       {"lambda_0.5_release_9_seed_1", "lambda_0.5_release_6_seed_1", "lambda_0.5_seed_1"})
    expect_trained_alone("sweep", more, name);
  EXPECT_EQ(run("sweep", more).updates, 0);
  // A seed and a lambda more; one run in the table where the grid shrinks.
  EXPECT_EQ(run("sweep", R"("lambda": [0.5, 0], "release": [9], "seed": [1, 2])").updates, 12 + 12 + 12);
  EXPECT_EQ(run("sweep", R"("lambda": [0.5], "release": [9])").comparison->runs.size(), 1U);
}

TEST_F(SweepTest, ATrunkWithoutItsStateIsNotBranchedFrom) {
  run("sweep", R"("lambda": [0.5], "release": [null])");
  std::filesystem::remove(folder_ / "sweep/lambda_0.5_seed_1/checkpoint-4/optimizer.safetensors");
  const SweepResult result = run("sweep", R"("lambda": [0.5], "release": [null, 4])");
  ASSERT_EQ(result.failures.size(), 1U);
  EXPECT_EQ(result.failures[0].run, "lambda_0.5_release_4_seed_1");
  EXPECT_THAT(result.failures[0].why, HasSubstr("no state at step 4"));
}

TEST_F(SweepTest, ASweepMayStartFromACheckpoint) {
  write_file_atomically(folder_ / "base.json", small_config());
  train(read_train_config(folder_ / "base.json"), {folder_ / "base", false}, {});
  write_file_atomically(folder_ / "train.json", small_config(R"(, "init": "base/checkpoint-4")"));
  const char* const from_there = R"("lambda": [0.5, -0.5], "release": [4, 7])";
  const SweepResult result = run("sweep", from_there);
  // Released at the start there is no lambda: the base run, 4 to 12. Two trunks, 4 to 7; two branches, 7
  // to 12.
  EXPECT_EQ(result.updates, 8 + 2 * 3 + 2 * 5);
  const Series series = read_series(folder_ / "sweep/lambda_-0.5_release_7_seed_1.h5");
  ASSERT_EQ(series.steps.size(), 2U);
  EXPECT_EQ(series.steps[0].step, 4);
  EXPECT_EQ(run("sweep", from_there).updates, 0);
}

TEST_F(SweepTest, ARunThatDivergesDoesNotStopTheOthers) {
  const SweepResult result = run("sweep", R"("lambda": [1e39, 0.5], "release": [null, 7])");
  ASSERT_EQ(result.failures.size(), 2U);
  EXPECT_EQ(result.failures[0].run, "lambda_1e+39_seed_1");
  EXPECT_THAT(result.failures[0].why, HasSubstr("the last good checkpoint is checkpoint-0"));
  EXPECT_EQ(result.failures[1].run, "lambda_1e+39_release_7_seed_1");
  EXPECT_THAT(result.failures[1].why, HasSubstr("no state at step 7"));
  EXPECT_EQ(result.comparison->runs.size(), 2U);
  EXPECT_EQ(result.made, 2);
  EXPECT_THAT(bytes("sweep/sweep.csv"), HasSubstr("lambda_1e+39_seed_1,lambda_1e+39,1,1e+39,,12,,,,,,"));
}

TEST_F(SweepTest, DataThatCannotBeReadAreFoundOutBeforeTraining) {
  write_file_atomically(folder_ / "dev.conllu", "not\ta\tparse\n");
  Observed seen;
  expect_error(ErrorKind::bad_data, "dev.conllu:1", [&] { run("sweep", full_grid, &seen); });
  EXPECT_EQ(seen.updates, 0);
  // Called again it is found out again.
  expect_error(ErrorKind::bad_data, "dev.conllu:1", [&] { run("sweep", full_grid, &seen); });
  EXPECT_EQ(seen.updates, 0);
}

TEST_F(SweepTest, AnotherConfigurationIsRefused) {
  run("sweep", R"("lambda": [0.5], "release": [7])");
  std::string text = small_config();
  text.replace(text.find("\"lr\": 0.005"), 11, "\"lr\": 0.004");
  write_file_atomically(folder_ / "train.json", text);
  expect_error(ErrorKind::configuration, "optimiser/lr is 0.005 there and 0.004 here",
               [&] { run("sweep", R"("lambda": [0.5], "release": [7])"); });
}

TEST_F(SweepTest, ACurveThatNoFileHasIsTheConfigurationsFault) {
  write_file_atomically(folder_ / "sweep.json",
                        R"({"train": "train.json", "lambda": [0], "analyze": {"parses": "dev.conllu",
                        "min_relation": 1, "replicates": 0}, "detect": {"structure": "uas/accuracy[relation=x]"}})");
  expect_error(ErrorKind::configuration, "sweep.json: detect: ", [&] {
    sweep(read_sweep_config(folder_ / "sweep.json"), {folder_ / "sweep", "test", {}}, {});
  });
}

}  // namespace
}  // namespace onset
