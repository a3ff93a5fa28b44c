#include "onset/analysis/live_series.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "onset/analysis/inputs.h"
#include "onset/base/stop.h"
#include "onset/checkpoint/checkpoint.h"
#include "onset/checkpoint/safetensors.h"
#include "onset/series/hdf5_file.h"
#include "test/checkpoint/expect_error.h"
#include "test/training/small_corpus.h"

namespace onset {
namespace {

class LiveSeriesTest : public testing::Test {
 protected:
  LiveSeriesTest() {
    write_small_corpus(folder_);
    std::filesystem::create_directory(folder_ / "run");
    vocabulary_ = std::make_shared<const Vocabulary>(Vocabulary::read(folder_ / "vocab.txt"));
    config_.layers = 2;
    config_.hidden = 16;
    config_.heads = 2;
    config_.ffn = 24;
    config_.positions = 16;
    config_.vocab_size = vocabulary_->size();
  }

  LiveSeriesOptions options() const {
    LiveSeriesOptions out;
    out.run = folder_ / "run";
    out.version = "test";
    out.probes.parses = folder_ / "train.conllu";
    out.probes.uas.min_relation = 1;
    out.probes.bootstrap.replicates = 20;
    return out;
  }
  /// Ready to begin.
  std::unique_ptr<LiveSeries> open(const LiveSeriesOptions& options, const std::stop_token& stop = {}) {
    const Warn warn = [this](const std::string& text) { warnings_.push_back(text); };
    auto series = std::make_unique<LiveSeries>(options, AnalyzeWatcher{{}, warn, stop});
    series->prepare({std::make_shared<const WordPiece>(vocabulary_), config_, "float32"});
    return series;
  }

  /// Another model for each step; as a checkpoint of the run, too.
  Bert model(std::int64_t step) const { return initial_bert(config_, static_cast<std::uint64_t>(step) + 1); }
  std::filesystem::path checkpoint(std::int64_t step) const {
    const auto path = folder_ / "run" / ("checkpoint-" + std::to_string(step));
    if (std::filesystem::exists(path)) return path;
    std::filesystem::create_directory(path);
    write_file_atomically(path / "config.json", config_json(config_));
    write_file_atomically(path / "vocab.txt", small_vocabulary());
    write_safetensors(path / "model.safetensors", named_parameters(model(step)), {{"format", "pt"}});
    return path;
  }
  std::optional<SuspectedBreak> measure(LiveSeries& series, std::int64_t step) const {
    const auto path = checkpoint(step);
    return series.measure({step, path.filename().string(), Checkpoint::open(path).sha256()}, model(step));
  }
  void measure_all(const std::vector<std::int64_t>& steps) {
    const auto series = open(options());
    series->begin(0);
    for (const std::int64_t step : steps) measure(*series, step);
    EXPECT_EQ(series->totals().measured, static_cast<std::int64_t>(steps.size()));
    EXPECT_GT(series->totals().seconds, 0);
  }
  std::vector<std::int64_t> steps_of_file() const {
    std::vector<std::int64_t> out;
    for (const StepInfo& step : read_series(folder_ / "run/live.h5").steps) out.push_back(step.step);
    return out;
  }

  TemporaryFolder folder_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  BertConfig config_;
  std::vector<std::string> warnings_;
};

TEST_F(LiveSeriesTest, TheFileAndItsRowsAreThoseOfAnalyze) {
  measure_all({0, 10, 20});
  AnalyzeOptions how;
  how.checkpoints = {folder_ / "run"};
  how.output = folder_ / "s.h5";
  how.probes = options().probes;
  how.version = "test";
  EXPECT_EQ(analyze(how, {}).measured, 3);
  EXPECT_EQ(read_file(folder_ / "s.h5"), read_file(folder_ / "run/live.h5"));
  how.output = folder_ / "again.h5";
  how.rows = folder_ / "run/live.h5.rows";
  const AnalyzeResult again = analyze(how, {});
  EXPECT_EQ(again.measured, 0);
  EXPECT_EQ(again.reused, 3);
  EXPECT_EQ(read_file(folder_ / "again.h5"), read_file(folder_ / "run/live.h5"));
}

// What a forward pass over sentences reports when it is through: how many there were.
TEST_F(LiveSeriesTest, OneForwardPassOverTheParsesServesUasAndTwonn) {
  using Passes = std::vector<std::int64_t>;
  Passes passes;
  const Progress note = [&](const ProgressUpdate& update) {
    if (update.unit == "sentences" && update.done == update.total) passes.push_back(update.total);
  };
  std::string lines;
  for (int line = 0; line < 12; ++line) lines += std::string("a b c d e f g h ", 2 + line) + '\n';
  write_file_atomically(folder_ / "text.txt", lines);
  ProbeOptions uas = options().probes;
  uas.probes = {"uas"};
  ProbeOptions both = uas;
  both.probes = {"uas", "twonn"};
  ProbeOptions apart = both;
  apart.text = folder_ / "text.txt";

  checkpoint(0);
  const auto analyzed = [&](const ProbeOptions& probes, const std::string& output) {
    AnalyzeOptions how;
    how.checkpoints = {folder_ / "run"};
    how.output = folder_ / output;
    how.probes = probes;
    passes.clear();
    EXPECT_EQ(analyze(how, {note, {}, {}}).measured, 1);
    std::ranges::sort(passes);
    return passes;
  };
  EXPECT_EQ(analyzed(uas, "uas.h5"), Passes{40});
  EXPECT_EQ(analyzed(both, "both.h5"), Passes{40});
  EXPECT_EQ(analyzed(apart, "apart.h5"), (Passes{12, 40}));  // twonn on other sentences: a pass of its own
  EXPECT_TRUE(read_series(folder_ / "both.h5").groups.at("uas") ==
              read_series(folder_ / "uas.h5").groups.at("uas"));

  LiveSeriesOptions live = options();
  live.probes = both;
  LiveSeries series(live, AnalyzeWatcher{note, {}, {}});
  const ProbeSubject subject{std::make_shared<const WordPiece>(vocabulary_), config_, "float32"};
  series.prepare(subject);
  series.begin(0);
  passes.clear();
  measure(series, 0);
  EXPECT_EQ(passes, Passes{40});

  // And of a sample of the parses.
  ProbeInputs inputs(both, subject, {});
  inputs.use({.sentences = 15});
  const auto sampled = make_probes(inputs);
  ASSERT_EQ(sampled.size(), 2U);
  const Probe* const probes[] = {sampled[0].get(), sampled[1].get()};
  passes.clear();
  PassOptions pass;
  pass.progress = note;
  EXPECT_EQ(run_probes(model(0), probes, pass).size(), 2U);
  EXPECT_EQ(passes, Passes{15});
}

TEST_F(LiveSeriesTest, GoesOnWithEachStepOnceAndMeasuresNoneTwice) {
  measure_all({0, 10, 20, 30});
  const std::string whole = read_file(folder_ / "run/live.h5");
  const auto series = open(options());
  series->begin(10);  // trained on from there: 20 and 30 come again
  EXPECT_EQ(read_file(folder_ / "run/live.h5"), whole);
  measure(*series, 10);
  EXPECT_EQ(read_file(folder_ / "run/live.h5"), whole);
  measure(*series, 20);
  EXPECT_EQ(steps_of_file(), (std::vector<std::int64_t>{0, 10, 20}));
  measure(*series, 30);
  EXPECT_EQ(read_file(folder_ / "run/live.h5"), whole);
  EXPECT_EQ(series->totals().measured, 0);
  EXPECT_EQ(series->totals().reused, 3);
  measure(*series, 40);
  EXPECT_EQ(series->totals().measured, 1);
  EXPECT_EQ(steps_of_file(), (std::vector<std::int64_t>{0, 10, 20, 30, 40}));
  EXPECT_TRUE(warnings_.empty());
}

TEST_F(LiveSeriesTest, ALostRowIsMeasuredAgain) {
  measure_all({0, 10});
  const std::string whole = read_file(folder_ / "run/live.h5");
  for (const auto& row : std::filesystem::directory_iterator(folder_ / "run/live.h5.rows")) {
    if (row.path().filename().string().starts_with("uas-")) std::filesystem::remove(row);
  }
  const auto series = open(options());
  series->begin(10);
  measure(*series, 10);
  EXPECT_EQ(series->totals().measured, 1);
  EXPECT_EQ(steps_of_file(), (std::vector<std::int64_t>{0, 10}));  // what is left of 0 is kept
  EXPECT_NE(read_file(folder_ / "run/live.h5"), whole);
}

TEST_F(LiveSeriesTest, StepsMeasuredWithOtherOptionsAreLeftOutAndTheirRowsKept) {
  measure_all({0, 10});
  const std::string whole = read_file(folder_ / "run/live.h5");
  LiveSeriesOptions other = options();
  other.probes.max_sentences = 7;
  {
    const auto series = open(other);
    EXPECT_FALSE(series->begin(10));
    ASSERT_EQ(warnings_.size(), 1U);
    EXPECT_NE(warnings_[0].find("live.h5: 2 steps were measured with other options"), std::string::npos);
    measure(*series, 20);
    EXPECT_EQ(steps_of_file(), std::vector<std::int64_t>{20});
  }
  const auto series = open(options());
  series->begin(0);
  measure(*series, 0);
  measure(*series, 10);
  EXPECT_EQ(series->totals().reused, 2);
  EXPECT_EQ(read_file(folder_ / "run/live.h5"), whole);
}

TEST_F(LiveSeriesTest, SuspicionIsThatOfTheCurvesInTheFile) {
  LiveSeriesOptions how = options();
  how.probes.probes = {"uas", "loss"};
  how.suspicion = {.threshold = 0.2, .hold = 1, .least_points = 3};
  int suspected = 0;
  std::vector<bool> verdicts;
  const auto expected = [&] {
    const std::vector<std::string> paths = {"uas/micro"};
    const Curves file = read_curves(folder_ / "run/live.h5", paths);
    Curve curve{"uas/micro", {file.steps.begin(), file.steps.end()}, file.curves.at("uas/micro"), {}};
    const Replicates& replicates = file.replicates.at("uas/micro");
    EXPECT_EQ(replicates.count, 20);
    for (std::int64_t b = 0; b < replicates.count; ++b) {
      curve.replicates.emplace_back();
      for (std::size_t k = 0; k < file.steps.size(); ++k)
        curve.replicates.back().push_back(
            replicates.values[k * static_cast<std::size_t>(replicates.count) + static_cast<std::size_t>(b)]);
    }
    return suspect_break(curve, how.suspicion);
  };
  {
    const auto series = open(how);
    EXPECT_FALSE(series->begin(0));
    for (std::int64_t step = 0; step < 120; step += 10) {
      const std::optional<SuspectedBreak> found = measure(*series, step);
      const Suspicion same = expected();
      ASSERT_EQ(found.has_value(), same.suspected) << step;
      verdicts.push_back(same.suspected);
      if (!found) continue;
      ++suspected;
      EXPECT_EQ(found->curve, "uas/micro");
      EXPECT_EQ(static_cast<double>(found->step), same.step);
      EXPECT_EQ(found->score, same.score);
    }
  }
  EXPECT_GT(suspected, 0);
  EXPECT_LT(suspected, 12);
  // Taken up at any step, it suspects what it did there.
  for (std::int64_t step = 0; step < 120; step += 10) {
    EXPECT_EQ(open(how)->begin(step).has_value(), verdicts[static_cast<std::size_t>(step / 10)]) << step;
  }
}

TEST_F(LiveSeriesTest, StoppedItLeavesTheFileAsItWas) {
  measure_all({0});
  const std::string before = read_file(folder_ / "run/live.h5");
  std::stop_source stop;
  const auto series = open(options(), stop.get_token());
  series->begin(0);
  stop.request_stop();
  EXPECT_THROW(measure(*series, 10), Interrupted);
  EXPECT_EQ(read_file(folder_ / "run/live.h5"), before);
}

TEST_F(LiveSeriesTest, RefusesWhatItCannotMeasure) {
  LiveSeriesOptions wrong = options();
  wrong.probes.probes = {"uas", "sua"};
  expect_error(ErrorKind::usage, "no probe \"sua\"", [&] { open(wrong); });
  wrong = options();
  wrong.probes.probes = {"pll"};
  expect_error(ErrorKind::missing_input, "pll needs", [&] { open(wrong); });
  wrong = options();
  wrong.probes.parses = folder_ / "nowhere.conllu";
  expect_error(ErrorKind::missing_input, "nowhere.conllu", [&] { open(wrong); });
  write_file_atomically(folder_ / "bad.conllu", "1\ta\n\n");
  wrong.probes.parses = folder_ / "bad.conllu";
  expect_error(ErrorKind::bad_data, "bad.conllu:1", [&] { open(wrong); });
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "run"));

  const auto first = open(options());
  first->begin(0);
  expect_error(ErrorKind::try_again, "live.h5", [&] { open(options())->begin(0); });
  write_file_atomically(folder_ / "run/live.h5", "no series");
  first->measure({0, "checkpoint-0", Checkpoint::open(checkpoint(0)).sha256()}, model(0));
  EXPECT_EQ(steps_of_file(), std::vector<std::int64_t>{0});
}

TEST_F(LiveSeriesTest, AFileThatIsNoSeriesIsNotReplaced) {
  write_file_atomically(folder_ / "run/live.h5", "no series");
  expect_error(ErrorKind::bad_data, "live.h5", [&] { open(options())->begin(0); });
  EXPECT_EQ(read_file(folder_ / "run/live.h5"), "no series");
}

}  // namespace
}  // namespace onset
