#include "onset/sweep/sweep_config.h"

#include <gtest/gtest.h>

#include "test/checkpoint/expect_error.h"
#include "test/sweep/small_sweep.h"

namespace onset {
namespace {

class SweepConfigTest : public testing::Test {
 protected:
  SweepConfigTest() { write_small_sweep(folder_); }

  SweepConfig read(const std::string& text) {
    write_file_atomically(folder_ / "sweep.json", text);
    return read_sweep_config(folder_ / "sweep.json");
  }
  void refused(const std::string& text, ErrorKind kind, const std::string& message) {
    expect_error(kind, message, [&] { read(text); });
  }

  TemporaryFolder folder_;
};

TEST_F(SweepConfigTest, ReadsEveryKey) {
  const SweepConfig config = read(R"({"train": "train.json", "lambda": [0, -0.02], "release": [null, 0, 11],
    "seed": [3, 4], "analyze": {"parses": "dev.conllu", "pairs": "pairs.jsonl", "text": "vocab.txt",
    "probes": ["uas"], "max_sentences": 4, "pairs_per_paradigm": 2, "max_tokens": 9, "min_relation": 1,
    "replicates": 0, "steps": "4:"},
    "detect": {"structure": "uas/macro", "capability": "loss/mlm", "axis": "log", "spacing": 0.5}})");
  EXPECT_EQ(config.train.steps, 12);
  EXPECT_EQ(config.grid.lambda, (std::vector<double>{0, -0.02}));
  EXPECT_EQ(config.grid.release, (std::vector<std::optional<std::int64_t>>{std::nullopt, 0, 11}));
  EXPECT_EQ(config.grid.seed, (std::vector<std::uint64_t>{3, 4}));
  EXPECT_EQ(config.probes.parses, folder_ / "dev.conllu");
  EXPECT_EQ(config.probes.probes, std::vector<std::string>{"uas"});
  EXPECT_EQ(config.probes.max_sentences, 4);
  EXPECT_EQ(config.probes.pairs_per_paradigm, 2);
  EXPECT_EQ(config.probes.uas.max_tokens, 9);
  EXPECT_EQ(config.probes.uas.min_relation, 1);
  EXPECT_EQ(config.probes.bootstrap.replicates, 0);
  EXPECT_EQ(config.measured, (std::vector<std::int64_t>{4, 12}));  // of 0, 4, 12
  EXPECT_EQ(config.detect.structure, "uas/macro");
  EXPECT_EQ(config.detect.capability, "loss/mlm");
  EXPECT_EQ(config.detect.onset.axis, StepAxis::log_step);
  EXPECT_EQ(config.detect.onset.spacing, 0.5);
}

TEST_F(SweepConfigTest, TheExampleIsInOrder) {
  namespace fs = std::filesystem;
  fs::create_directories(folder_ / "demo/corpus/pairs");
  fs::create_directory(folder_ / "examples");
  for (const char* const file : {"train.conllu", "dev.conllu", "vocab.txt"})
    fs::copy(folder_ / file, folder_ / "demo/corpus" / file);
  fs::copy(ONSET_EXAMPLES "/demo", folder_ / "examples/demo", fs::copy_options::recursive);
  const SweepConfig config = read_sweep_config(folder_ / "examples/demo/sweep.json");
  EXPECT_EQ(config.train.steps, 2500);
  // Of each seed: lambda 0, lambda 1.2, and its five releases.
  EXPECT_EQ(plan_sweep(config.grid, config.extent).runs.size(), 2U * 7);
}

TEST_F(SweepConfigTest, WhatIsLeftOutIsTrainsOrTheOptionsDefault) {
  write_file_atomically(folder_ / "train.json", small_config(R"(, "seed": 9)"));
  const SweepConfig config = read(small_sweep(R"("lambda": [0.5])"));
  EXPECT_EQ(config.grid.release, (std::vector<std::optional<std::int64_t>>{std::nullopt}));
  EXPECT_EQ(config.grid.seed, std::vector<std::uint64_t>{9});
  EXPECT_EQ(config.measured, (std::vector<std::int64_t>{0, 4, 12}));
  EXPECT_EQ(config.extent.start, 0);
  EXPECT_EQ(config.probes.max_sentences, -1);
  EXPECT_EQ(config.detect.structure, DetectOptions().structure);
}

TEST_F(SweepConfigTest, ARunIsTrainWithItsLambdaAndSeed) {
  const SweepConfig config = read(small_sweep(R"("lambda": [0.5], "release": [null, 7], "seed": [3])"));
  const SweepPlan plan = plan_sweep(config.grid, config.extent);
  const auto stages = [&](std::size_t run) {
    std::vector<std::pair<std::int64_t, double>> out;
    for (const LambdaStage& stage : train_config_of(config, plan.runs[run]).objective.lambda)
      out.emplace_back(stage.from, stage.value);
    return out;
  };
  EXPECT_EQ(stages(0), (std::vector<std::pair<std::int64_t, double>>{{0, 0.5}}));
  EXPECT_EQ(stages(1), (std::vector<std::pair<std::int64_t, double>>{{0, 0.5}, {7, 0}}));
  EXPECT_EQ(train_config_of(config, plan.runs[1]).seed, 3U);
  EXPECT_EQ(train_config_of(config, plan.runs[1]).batch, config.train.batch);
}

TEST_F(SweepConfigTest, RefusesWhatItDoesNotKnow) {
  refused(small_sweep(R"("lambda": [0], "relase": [4])"), ErrorKind::configuration,
          "sweep.json: relase: no such key; did you mean release?");
  refused(R"({"train": "train.json", "lambda": [0], "analyze": {"parse": "dev.conllu"}})",
          ErrorKind::configuration, "analyze.parse: no such key; did you mean parses?");
  refused(R"({"train": "train.json", "lambda": [0], "detect": {"axes": "log"}})", ErrorKind::configuration,
          "detect.axes: no such key; did you mean axis?");
  refused("[1]", ErrorKind::configuration, "sweep.json: expected an object, found");
  refused("{", ErrorKind::bad_data, "sweep.json:@");
}

TEST_F(SweepConfigTest, RefusesValuesThatMakeNoGrid) {
  const auto grid = [&](const std::string& text, const std::string& message) {
    refused(small_sweep(text), ErrorKind::configuration, message);
  };
  grid(R"("seed": [1])", "lambda: missing");
  grid(R"("lambda": 0.5)", "lambda: expected a list of one or more, found");
  grid(R"("lambda": [])", "lambda: expected a list of one or more, found an empty one");
  grid(R"("lambda": ["x"])", "lambda: expected a number");
  grid(R"("lambda": [0.5, 0, 0.5])", "lambda: expected each value once, found 0.5 twice");
  grid(R"("lambda": [0.5], "release": [null, 4, null])",
       "release: expected each value once, found null twice");
  grid(R"("lambda": [0.5], "release": [12])", "release: expected 0 to 11, found 12");
  grid(R"("lambda": [0.5], "release": [-1])", "release: expected 0 to 11, found -1");
  grid(R"("lambda": [0.5], "release": [1.5])", "release: expected a whole number");
  grid(R"("lambda": [0.5], "seed": [-1])", "seed: expected 0 to");
}

TEST_F(SweepConfigTest, RefusesMeasurementsThatCannotBe) {
  const auto with = [](const std::string& more) {
    return R"({"train": "train.json", "lambda": [0], )" + more + "}";
  };
  const auto configuration = ErrorKind::configuration;
  refused(R"({"lambda": [0]})", configuration, "train: missing");
  refused(with(R"("analyze": {})"), configuration, "analyze: nothing to measure");
  refused(with(R"("analyze": {"parses": "dev.conllu", "probes": ["uass"]})"), configuration,
          "there is no probe \"uass\"");
  refused(with(R"("analyze": {"parses": "dev.conllu", "steps": "0,5"})"), configuration,
          "analyze.steps: step 5 is not among the 3 checkpoints of a run");
  refused(with(R"("analyze": {"parses": "dev.conllu", "steps": "5:11"})"), configuration,
          "analyze.steps: \"5:11\" leaves no checkpoint");
  refused(with(R"("analyze": {"parses": "dev.conllu", "steps": "x"})"), configuration, "analyze.steps: ");
  refused(with(R"("analyze": {"parses": "dev.conllu", "max_sentences": 0})"), configuration,
          "analyze.max_sentences: expected 1 to");
  refused(with(R"("analyze": {"parses": "dev.conllu"}, "detect": {"structure": "uas"})"), configuration,
          "detect.structure: ");
  refused(with(R"("analyze": {"parses": "dev.conllu"}, "detect": {"spacing": 0})"), configuration,
          "detect.spacing: expected above 0");
  refused(with(R"("analyze": {"parses": "dev.conllu"}, "detect": {"axis": "time"})"), configuration,
          "detect.axis: expected one of step, log");
  write_file_atomically(folder_ / "dev.txt", "the dogs\n");
  refused(with(R"("analyze": {"text": "dev.txt"})"), configuration,
          "detect: neither uas/micro nor pll/overall is measured");
}

TEST_F(SweepConfigTest, NamesWhatIsNotThere) {
  const auto missing = ErrorKind::missing_input;
  expect_error(missing, "none.json", [&] { read_sweep_config(folder_ / "none.json"); });
  refused(R"({"train": "none.json", "lambda": [0]})", missing, "none.json");
  refused(R"({"train": "train.json", "lambda": [0], "analyze": {"parses": "none.conllu"}})", missing,
          "none.conllu: no such file");
  refused(R"({"train": "train.json", "lambda": [0], "analyze": {"parses": "dev.conllu", "probes": ["pll"]}})",
          missing, "pll needs --pairs");
}

}  // namespace
}  // namespace onset
