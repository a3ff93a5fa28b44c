// `onset analyze --adaptive` and `--interval` end to end, on 25 tiny checkpoints.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "onset/series/hdf5_file.h"
#include "program.h"

namespace onset {
namespace {

namespace fs = std::filesystem;

/// Steps 0, 100 … 2400; 150 sentences and eight paradigms of 30 pairs.
class LongSeries {
 public:
  LongSeries() {
    run_program("grammar -o " + corpus() + " --train-sentences 20 --dev-sentences 150 --pairs 30", folder_);
    run_program(corpus() + " " + run() + " layers=2 hidden=32 ffn=64 last=2400", folder_, MAKE_SERIES);
  }
  std::string corpus() const { return (folder_ / "corpus").string(); }
  std::string run() const { return (folder_ / "run").string(); }
  std::string analyze(const fs::path& output) const {
    return "analyze " + run() + " -o " + output.string() + " --parses " + corpus() + "/dev.conllu --pairs " +
           corpus() + "/pairs --min-relation 20 --replicates 40 ";
  }

 private:
  TemporaryFolder folder_;
};

const LongSeries& long_series() {
  static const LongSeries series;
  return series;
}

std::int64_t rows_in(const fs::path& series) {
  return std::distance(fs::directory_iterator(series.string() + ".rows"), {});
}

double number_attribute(const Attributes& attributes, const std::string& name) {
  const Attribute& value = attributes.at(name);
  const auto* const whole = std::get_if<std::int64_t>(&value);
  return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value);
}

nlohmann::json detected(const fs::path& series, const TemporaryFolder& folder) {
  return nlohmann::json::parse(run_program("detect " + series.string() + " --json", folder).out);
}

TEST(Adaptive, MeasuresSomeAndAnswersWithTheWholeSeriesSpacing) {
  const TemporaryFolder folder;
  const Outcome done =
      run_program(long_series().analyze(folder / "s.h5") + "--probes uas --adaptive", folder);
  ASSERT_EQ(done.code, 0) << done.err;
  const Series series = read_series(folder / "s.h5");
  const std::size_t measured = series.steps.size();
  EXPECT_GE(measured, 10U);
  EXPECT_LT(measured, 25U);
  EXPECT_EQ(rows_in(folder / "s.h5"), static_cast<std::int64_t>(measured));
  EXPECT_NE(done.err.find(std::to_string(measured) + " of 25 checkpoints"), std::string::npos) << done.err;
  EXPECT_EQ(series.steps.front().step, 0);
  EXPECT_EQ(series.steps.back().step, 2400);
  EXPECT_EQ(number_attribute(series.attributes, "median_gap_step"), 100);
  // Of 24 falling gaps of log(1 + step) the middle ones are the twelfth and the thirteenth, about 1,200.
  EXPECT_NEAR(number_attribute(series.attributes, "median_gap_log_step"), 0.5 * std::log(1301.0 / 1101.0),
              1e-12);
  EXPECT_EQ(detected(folder / "s.h5", folder)["structure"]["spacing"], 300);
}

TEST(Adaptive, KilledAtAnyInstantItGoesOnToTheSameBytes) {
  const TemporaryFolder folder;
  const std::string options = "--probes uas,pll --adaptive --axis log";
  ASSERT_EQ(run_program(long_series().analyze(folder / "calm.h5") + options, folder).code, 0);
  const std::string command = long_series().analyze(folder / "s.h5") + options;
  for (const char* const seconds : {"0.1", "0.3", "0.6", "1"})
    run_program("timeout -s KILL " + std::string(seconds) + " " ONSET_BINARY " " + command, folder, "");
  ASSERT_EQ(run_program(command, folder).code, 0);
  EXPECT_EQ(read_file(folder / "s.h5"), read_file(folder / "calm.h5"));
  EXPECT_EQ(rows_in(folder / "s.h5"), rows_in(folder / "calm.h5"));
  const Outcome again = run_program(command, folder);
  EXPECT_NE(again.err.find("onset: 0 checkpoints measured"), std::string::npos) << again.err;
}

TEST(Adaptive, ItsFileIsComparedWithOneOfAllCheckpoints) {
  const TemporaryFolder folder;
  const std::string words = "--probes uas --rows " + (folder / "rows").string();
  ASSERT_EQ(run_program(long_series().analyze(folder / "all.h5") + words, folder).code, 0);
  ASSERT_EQ(run_program(long_series().analyze(folder / "some.h5") + words + " --adaptive", folder).code, 0);
  const std::string files = (folder / "all.h5").string() + " " + (folder / "some.h5").string();
  const Outcome compared = run_program("compare " + files + " -o " + (folder / "c.csv").string(), folder);
  EXPECT_EQ(compared.code, 0) << compared.err;
  // Where both have a step they have the same value.
  const auto all = read_curves(folder / "all.h5", std::vector<std::string>{"uas/micro"});
  const auto some = read_curves(folder / "some.h5", std::vector<std::string>{"uas/micro"});
  for (std::size_t s = 0; s < some.steps.size(); ++s) {
    const auto at = std::ranges::find(all.steps, some.steps[s]) - all.steps.begin();
    EXPECT_EQ(some.curves.at("uas/micro")[s], all.curves.at("uas/micro")[at]);
  }
}

TEST(Adaptive, ACheckpointThatCannotBeReadIsNamedAndPassedOver) {
  const TemporaryFolder folder;
  fs::copy(long_series().run(), folder / "run", fs::copy_options::recursive);
  for (const char* const step : {"0", "1200"})
    fs::resize_file(folder / "run" / (std::string("checkpoint-") + step) / "model.safetensors", 1000);
  const Outcome done = run_program("analyze " + (folder / "run").string() + " -o " +
                                       (folder / "s.h5").string() + " --parses " + long_series().corpus() +
                                       "/dev.conllu --min-relation 20 --probes uas --adaptive",
                                   folder);
  EXPECT_EQ(done.code, 3) << done.err;
  EXPECT_NE(done.err.find("checkpoint-0/model.safetensors"), std::string::npos) << done.err;
  EXPECT_GE(read_series(folder / "s.h5").steps.size(), 8U);
}

TEST(Adaptive, OptionsThatMakeNoSenseTogetherAreRefused) {
  const TemporaryFolder folder;
  const std::string command = long_series().analyze(folder / "s.h5");
  for (const char* const words : {"--adaptive --watch", "--adaptive --shard 0/2", "--adaptive --probes twonn",
                                  "--adaptive --axis decibel"}) {
    const Outcome refused = run_program(command + words, folder);
    EXPECT_EQ(refused.code, 64) << words;
    EXPECT_EQ(std::ranges::count(refused.err, '\n'), 1) << refused.err;
  }
  EXPECT_FALSE(fs::exists(folder / "s.h5"));
}

const std::string few = "--steps 0:2400:600 ";  // five checkpoints

TEST(Interval, EveryCheckpointEndsAtTheSampleThatAllNeed) {
  const TemporaryFolder folder;
  const Outcome done = run_program(long_series().analyze(folder / "s.h5") + few + "--interval 0.25", folder);
  ASSERT_EQ(done.code, 0) << done.err;
  const Series series = read_series(folder / "s.h5");
  ASSERT_EQ(series.steps.size(), 5U);
  EXPECT_EQ(number_attribute(series.attributes, "interval"), 0.25);
  // 50, 100, 150 sentences; 10, 20, 30 pairs of a paradigm.
  EXPECT_EQ(number_attribute(series.attributes, "interval_looks_sentences"), 3);
  EXPECT_EQ(number_attribute(series.attributes, "interval_looks_pairs"), 3);
  const double pairs = number_attribute(series.attributes, "interval_pairs");
  EXPECT_EQ(pairs, 20);  // about 0.5 of 80: 2 * 2.5 * sqrt(0.5 * 0.5 / 80) = 0.28; of 160: 0.20
  EXPECT_LT(number_attribute(series.attributes, "interval_widest_uas_micro"), 0.25);
  EXPECT_LT(number_attribute(series.attributes, "interval_widest_pll_overall"), 0.25);
  EXPECT_EQ(find_axis(series.groups.at("pll").frame, "pair")->size(), 8 * 20);
  EXPECT_EQ(number_attribute(series.groups.at("pll").frame.attributes, "sample_pairs"), 20);
  const double sentences = number_attribute(series.attributes, "interval_sentences");
  for (const char* const group : {"uas", "twonn"})
    EXPECT_EQ(number_attribute(series.groups.at(group).frame.attributes, "sentences"), sentences) << group;
  for (const char* const curve : {"uas/micro", "pll/overall", "loss/mlm"}) {
    for (const double value : std::get<std::vector<double>>(find_curve(series, curve)->values))
      EXPECT_TRUE(std::isfinite(value)) << curve;
  }
}

TEST(Interval, KilledAtAnyInstantItGoesOnToTheSameBytes) {
  const TemporaryFolder folder;
  const std::string options = few + "--interval 0.25 --probes uas,pll,loss";
  ASSERT_EQ(run_program(long_series().analyze(folder / "calm.h5") + options, folder).code, 0);
  const std::string command = long_series().analyze(folder / "s.h5") + options;
  for (const char* const seconds : {"0.1", "0.2", "0.4", "0.8"})
    run_program("timeout -s KILL " + std::string(seconds) + " " ONSET_BINARY " " + command, folder, "");
  ASSERT_EQ(run_program(command, folder).code, 0);
  EXPECT_EQ(read_file(folder / "s.h5"), read_file(folder / "calm.h5"));
}

TEST(Interval, WhereAllIsNeededTheNumbersAreTheFullPass) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_program(long_series().analyze(folder / "full.h5") + few, folder).code, 0);
  const Outcome done = run_program(long_series().analyze(folder / "s.h5") + few + "--interval 0.01", folder);
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_NE(done.err.find("150 of 150 sentences, 30 of 30 pairs a paradigm"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("warning: pll/overall: all there is, and its interval is 0."), std::string::npos)
      << done.err;
  EXPECT_EQ(read_series(folder / "s.h5").groups, read_series(folder / "full.h5").groups);
}

TEST(Interval, OfALossIsInNats) {
  const TemporaryFolder folder;
  const std::string command = long_series().analyze(folder / "s.h5") + few + "--probes loss,twonn ";
  ASSERT_EQ(run_program(command + "--interval-loss 1000", folder).code, 0);
  const Series series = read_series(folder / "s.h5");
  EXPECT_EQ(number_attribute(series.attributes, "interval_sentences"), 50);
  EXPECT_LT(number_attribute(series.attributes, "interval_widest_loss_mlm"), 1000);
  EXPECT_FALSE(series.attributes.contains("interval_pairs"));
}

TEST(Interval, LimitsBoundWhatThereIs) {
  const TemporaryFolder folder;
  const Outcome done = run_program(long_series().analyze(folder / "s.h5") + few +
                                       "--interval 0.01 --probes uas,pll --max-sentences 60 "
                                       "--pairs-per-paradigm 12",
                                   folder);
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_NE(done.err.find("60 of 60 sentences, 12 of 12 pairs a paradigm"), std::string::npos) << done.err;
}

TEST(Interval, GoesWithAdaptive) {
  const TemporaryFolder folder;
  const Outcome done =
      run_program(long_series().analyze(folder / "s.h5") + "--probes uas --adaptive --interval 0.2", folder);
  ASSERT_EQ(done.code, 0) << done.err;
  const Series series = read_series(folder / "s.h5");
  EXPECT_LT(series.steps.size(), 25U);
  EXPECT_TRUE(series.attributes.contains("median_gap_step"));
  EXPECT_TRUE(series.attributes.contains("interval_sentences"));
}

TEST(Interval, OptionsThatMakeNoSenseTogetherAreRefused) {
  const TemporaryFolder folder;
  const std::string command = long_series().analyze(folder / "s.h5") + few;
  for (const char* const words : {"--interval=-0.1", "--interval 0", "--interval 1", "--interval nan",
                                  "--interval-loss 0", "--interval 0.1 --watch", "--interval 0.1 --shard 0/2",
                                  "--interval 0.1 --probes twonn", "--interval-loss 0.1 --probes uas"}) {
    const Outcome refused = run_program(command + words, folder);
    EXPECT_EQ(refused.code, 64) << words << ": " << refused.err;
    EXPECT_EQ(std::ranges::count(refused.err, '\n'), 1) << refused.err;
  }
  const std::string without = "analyze " + long_series().run() + " -o " + (folder / "s.h5").string() +
                              " --parses " + long_series().corpus() + "/dev.conllu --interval 0.1 ";
  for (const char* const words : {"--replicates 0", "--replicates 19"})
    EXPECT_EQ(run_program(without + words, folder).code, 64) << words;
  EXPECT_FALSE(fs::exists(folder / "s.h5"));
}

}  // namespace
}  // namespace onset
