#include "onset/training/live.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "onset/base/stop.h"
#include "onset/checkpoint/checkpoint.h"
#include "onset/training/run_folder.h"
#include "test/checkpoint/expect_error.h"
#include "test/training/trainer_fixture.h"

namespace onset {
namespace {

/// Remembers what it was shown, across calls as a file would. Suspects a break from step `from` to `to`.
class Recorder : public LiveObserver {
 public:
  void prepare(const BertConfig& shape, const std::shared_ptr<const WordPiece>& wordpiece) override {
    shape_ = shape;
    tokens = wordpiece->vocabulary().size();
    if (refuse) throw Error(ErrorKind::bad_data, "live data");
  }
  LiveVerdict begin(std::int64_t step) override {
    begun.push_back(step);
    std::erase_if(seen, [&](const auto& one) { return one.first > step; });
    return verdict();
  }
  LiveVerdict measure(const LiveModel& model) override {
    if (model.step == stop_at) throw Interrupted();
    EXPECT_EQ(model.bert.config, shape_);
    for (const auto& [name, tensor] : named_parameters(model.bert)) EXPECT_FALSE(tensor.requires_grad());
    seen[model.step] = model.sha256;
    return verdict();
  }

  std::map<std::int64_t, std::string> seen;  ///< step to the hash of its weights
  std::vector<std::int64_t> begun;
  std::int64_t tokens = 0, from = 100, to = 0, stop_at = -1;
  bool refuse = false;

 private:
  LiveVerdict verdict() const {
    const std::int64_t newest = seen.empty() ? -1 : seen.rbegin()->first;
    return {newest >= from && newest <= to, "it rises"};
  }
  BertConfig shape_;
};

class LiveTest : public TrainerTest {
 protected:
  TrainResult run_live(const std::string& name, const std::string& live, Recorder& recorder,
                       bool resume = false, std::int64_t stop_after = -1) {
    std::stop_source source;
    TrainHooks hooks;
    hooks.progress = [&](const ProgressUpdate& update) {
      if (update.task == "training" && update.done == stop_after) source.request_stop();
    };
    hooks.stop = source.get_token();
    hooks.live = &recorder;
    hooks.note = [&](const std::string& text) { notes_.push_back(text); };
    return train(config(small_config(R"(, "live": )" + live)), {folder_ / name, resume}, hooks);
  }

  std::vector<std::string> notes_;
};

TEST_F(LiveTest, ShowsItsModelAtTheStepsOfTheLiveSchedule) {
  run("alone", small_config());
  Recorder recorder;
  run_live("run", R"({"log_per_decade": 0, "every": 0, "at": [4, 7]})", recorder);
  EXPECT_EQ(recorder.begun, std::vector<std::int64_t>{0});
  EXPECT_EQ(recorder.tokens, 15);
  std::vector<std::int64_t> steps;
  for (const auto& [step, sha256] : recorder.seen) {
    steps.push_back(step);
    // What the checkpoint has, or would have.
    if (step != 7) {
      EXPECT_EQ(sha256, Checkpoint::open(checkpoint_folder(folder_ / "run", step)).sha256()) << step;
    }
  }
  EXPECT_EQ(steps, (std::vector<std::int64_t>{0, 4, 7, 12}));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/checkpoint-7"));
  EXPECT_TRUE(notes_.empty());
  expect_equal_runs("alone", "run", 12);
  EXPECT_EQ(read_file(folder_ / "alone/run.json"), read_file(folder_ / "run/run.json"));
  // The same run goes on with another section or none.
  EXPECT_EQ(run("run", small_config(), true).first_step, 12);
  run_live("run", R"({"every": 3})", recorder, true);
  EXPECT_EQ(recorder.begun, (std::vector<std::int64_t>{0, 12}));
}

TEST_F(LiveTest, SavesMoreWhileABreakIsSuspected) {
  // Shown every two steps, suspected at 6 and 8: the multiples of 1 from 6 on, until step 10 says no.
  const std::string live =
      R"({"log_per_decade": 0, "every": 2, "densify": {"every": 1, "threshold": 2, "hold": 1}})";
  Recorder recorder;
  recorder.from = 6;
  recorder.to = 9;
  run_live("run", live, recorder);
  EXPECT_EQ(checkpoint_steps(folder_ / "run"), (std::vector<std::int64_t>{0, 4, 6, 7, 8, 9, 12}));
  EXPECT_EQ(notes_,
            (std::vector<std::string>{"step 6: it rises: a checkpoint every 1 steps",
                                      "step 10: no break is suspected any more: checkpoints as before"}));
  run("alone", small_config());
  expect_equal_runs("alone", "run", 12);
  // Interrupted before, within and after: the same checkpoints, and those of the interruptions.
  for (const std::int64_t stop : {5, 7, 11}) {
    Recorder parts;
    parts.from = 6;
    parts.to = 9;
    const std::string name = "parts" + std::to_string(stop);
    expect_error(ErrorKind::try_again, "interrupted and saved",
                 [&] { run_live(name, live, parts, false, stop); });
    run_live(name, live, parts, true);
    EXPECT_EQ(parts.begun, (std::vector<std::int64_t>{0, stop}));
    EXPECT_EQ(parts.seen, recorder.seen);
    std::set<std::int64_t> steps = {0, 4, 6, 7, 8, 9, 12};
    steps.insert(stop);
    EXPECT_EQ(checkpoint_steps(folder_ / name), std::vector<std::int64_t>(steps.begin(), steps.end()));
    expect_equal_runs("run", name, 12);
  }
  // Without densify suspicion changes nothing.
  notes_.clear();
  run_live("sparse", R"({"log_per_decade": 0, "every": 2})", recorder);
  EXPECT_EQ(checkpoint_steps(folder_ / "sparse"), (std::vector<std::int64_t>{0, 4, 12}));
  EXPECT_TRUE(notes_.empty());
}

TEST_F(LiveTest, AKilledRunSavesWhatAnUnbrokenOneDoes) {
  const std::string live = R"({"log_per_decade": 0, "every": 2, "densify": {"every": 1}})";
  Recorder recorder;
  recorder.from = 6;
  recorder.to = 9;
  run_live("run", live, recorder);
  const std::map<std::int64_t, std::string> whole = recorder.seen;
  // As if killed after step 12 with checkpoint-8 the last; 10 and 12 were seen already.
  std::filesystem::remove_all(folder_ / "run/checkpoint-12");
  std::filesystem::remove_all(folder_ / "run/checkpoint-9");
  run_live("run", live, recorder, true);
  EXPECT_EQ(recorder.begun, (std::vector<std::int64_t>{0, 8}));
  EXPECT_EQ(recorder.seen, whole);
  EXPECT_EQ(checkpoint_steps(folder_ / "run"), (std::vector<std::int64_t>{0, 4, 6, 7, 8, 9, 12}));
}

TEST_F(LiveTest, StoppedWhileItIsMeasuredItSaves) {
  Recorder recorder;
  recorder.stop_at = 6;
  const std::string live = R"({"log_per_decade": 0, "every": 3})";
  expect_error(ErrorKind::try_again, "interrupted and saved after step 6",
               [&] { run_live("run", live, recorder); });
  EXPECT_EQ(checkpoint_steps(folder_ / "run"), (std::vector<std::int64_t>{0, 4, 6}));
  recorder.stop_at = -1;
  run_live("run", live, recorder, true);
  EXPECT_EQ(recorder.seen.size(), 5U);  // 0 3 6 9 12
  EXPECT_TRUE(recorder.seen.contains(6));
}

TEST_F(LiveTest, WhatTheObserverRefusesIsRefusedBeforeAnythingIsWritten) {
  Recorder recorder;
  recorder.refuse = true;
  expect_error(ErrorKind::bad_data, "live data", [&] { run_live("run", "{}", recorder); });
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
}

}  // namespace
}  // namespace onset
