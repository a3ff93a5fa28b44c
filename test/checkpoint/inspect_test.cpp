#include "onset/checkpoint/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "test/checkpoint/expect_error.h"
#include "test/checkpoint/spoilt.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Lines = std::vector<std::string>;

const std::string query = "bert.encoder.layer.0.attention.self.query.weight";

class Inspect : public ::testing::Test {
 protected:
  fs::path folder(std::int64_t step) const { return folder_ / ("checkpoint-" + std::to_string(step)); }
  /// A checkpoint whose weights differ from the fixture's by `place` in one number: its place on a line.
  void checkpoint(std::int64_t step, float place) const {
    copy_fixture("safetensors", folder(step));
    edit_weights(folder(step), [&](Tensors& tensors) { tensors[query][0][0] = place; });
  }
  /// Those of `steps` on a straight path.
  void series(const std::vector<std::int64_t>& steps) const {
    for (const std::int64_t step : steps) checkpoint(step, static_cast<float>(step));
  }
  SeriesReport report() const { return inspect_series(find_series({folder_.path()}, {}), {}); }

  TemporaryFolder folder_;
};

TEST_F(Inspect, ASoundCheckpoint) {
  copy_fixture("safetensors", folder(1));
  write_text(folder(1) / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
  const CheckpointReport report = inspect_checkpoint(folder(1));
  EXPECT_EQ(report.error, "");
  EXPECT_EQ(report.error_code, 0);
  EXPECT_EQ(report.step, -1);
  EXPECT_EQ(report.config.hidden, 8);
  // 5 of the embeddings, 16 a layer, 5 of the head, whose decoder is the word embedding
  EXPECT_EQ(report.tensors, 5 + 2 * 16 + 5);
  // embeddings (20 + 10 + 2) * 8 + 16; a layer 4 * 72 + 16 + 9 * 12 + 13 * 8 + 16; the head 72 + 16 + 20
  EXPECT_EQ(report.parameters, 272 + 2 * 532 + 108);
  EXPECT_EQ(report.dtypes, Lines{"float32"});
  EXPECT_TRUE(report.mlm_head);
  EXPECT_TRUE(report.tied_decoder);
  EXPECT_FALSE(report.pooler);
  EXPECT_EQ(report.weight_files, Lines{"model.safetensors"});
  EXPECT_EQ(report.bytes, fs::file_size(folder(1) / "model.safetensors"));
  EXPECT_EQ(report.sha256.size(), 64U);
  EXPECT_EQ(report.vocabulary, folder(1) / "vocab.txt");
  EXPECT_EQ(report.vocabulary_lines, 5);
  EXPECT_EQ(report.ignored, Lines{});
  EXPECT_EQ(report.nonfinite, Lines{});
  EXPECT_EQ(report.problems, Lines{});
}

TEST_F(Inspect, ValuesThatAreNoNumbers) {
  checkpoint(1, NAN);
  edit_weights(folder(1), [](Tensors& tensors) {
    tensors[query][1][1] = INFINITY;
    tensors["cls.predictions.bias"][3] = -INFINITY;
  });
  const CheckpointReport report = inspect_checkpoint(folder(1));
  EXPECT_EQ(report.error, "") << "it loads all the same";
  EXPECT_EQ(report.nonfinite,
            (Lines{query + ": 1 NaN, 1 infinite of 64", "cls.predictions.bias: 0 NaN, 1 infinite of 20"}));
  EXPECT_EQ(report.problems, Lines{"values that are no numbers in 2 tensors: " + report.nonfinite[0] + ", " +
                                   report.nonfinite[1]});
}

TEST_F(Inspect, NoVocabularyIsNoProblemButOneTooLongIs) {
  copy_fixture("safetensors", folder(1));
  EXPECT_EQ(inspect_checkpoint(folder(1)).vocabulary_lines, -1);
  EXPECT_EQ(inspect_checkpoint(folder(1)).vocabulary, "");
  EXPECT_EQ(inspect_checkpoint(folder(1)).problems, Lines{});
  const fs::path vocabulary = folder(1) / "vocab.txt";
  write_text(vocabulary, std::string(21, '\n'));
  EXPECT_EQ(
      inspect_checkpoint(folder(1)).problems,
      Lines{vocabulary.string() + ": expected at most 20 lines, one a row of the word embedding, found 21"});
  write_text(vocabulary, "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n");
  EXPECT_EQ(inspect_checkpoint(folder(1)).problems, Lines{vocabulary.string() + ": no token [MASK] among 5"});
  write_text(vocabulary, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\na\n");
  EXPECT_THAT(inspect_checkpoint(folder(1)).problems,
              testing::ElementsAre(StartsWith(vocabulary.string() + ":7: ")));
  write_text(vocabulary, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
  write_text(folder(1) / "tokenizer_config.json", "{");
  EXPECT_THAT(inspect_checkpoint(folder(1)).problems,
              testing::ElementsAre(StartsWith((folder(1) / "tokenizer_config.json:@").string())));
}

TEST_F(Inspect, FaultsAreInTheReport) {
  const CheckpointReport none = inspect_checkpoint(folder_ / "nowhere");
  EXPECT_EQ(none.error, (folder_ / "nowhere").string() + ": no such folder");
  EXPECT_EQ(none.error_code, 66);
  copy_fixture("safetensors", folder(1));
  const fs::path weights = folder(1) / "model.safetensors";
  fs::resize_file(weights, fs::file_size(weights) - 1);
  const CheckpointReport cut = inspect_checkpoint(folder(1));
  EXPECT_THAT(cut.error, StartsWith(weights.string()));
  EXPECT_EQ(cut.error_code, 65);
  EXPECT_EQ(cut.folder, folder(1));
  EXPECT_EQ(cut.parameters, 0);
  edit_json(folder(1) / "config.json", "num_attention_heads", 3);
  EXPECT_EQ(inspect_checkpoint(folder(1)).error_code, 78);
}

TEST_F(Inspect, ASoundSeries) {
  series({0, 10, 20, 30});
  std::vector<std::int64_t> done;
  const SeriesReport report =
      inspect_series(find_series({folder_.path()}, {}), [&](const ProgressUpdate& update) {
        EXPECT_EQ(update.total, 4);
        done.push_back(update.done);
      });
  EXPECT_EQ(done, (std::vector<std::int64_t>{1, 2, 3, 4}));
  EXPECT_EQ(report.problems, Lines{});
  EXPECT_EQ(report.notes, Lines{});
  ASSERT_EQ(report.checkpoints.size(), 4U);
  EXPECT_EQ(report.checkpoints[3].step, 30);
  EXPECT_EQ(report.checkpoints[3].folder, folder(30));
}

TEST_F(Inspect, MissingSteps) {
  series({0, 10, 20, 40, 50});
  EXPECT_EQ(report().problems, Lines{"step 30: missing from an otherwise regular grid"});
}

TEST_F(Inspect, EqualWeightsUnderTwoSteps) {
  series({0, 10, 30});
  copy_fixture("safetensors", folder(20));
  fs::copy_file(folder(10) / "model.safetensors", folder(20) / "model.safetensors",
                fs::copy_options::overwrite_existing);
  EXPECT_EQ(report().problems, Lines{"step 20: the same weights as step 10"});
}

TEST_F(Inspect, AConfigurationThatChanges) {
  series({0, 10, 20, 30});
  edit_json(folder(20) / "config.json", "num_attention_heads", 4);
  edit_json(folder(20) / "config.json", "hidden_act", "relu");
  EXPECT_EQ(report().problems,
            (Lines{"step 20: another configuration: hidden_act \"relu\" (\"gelu\" at step 10), "
                   "num_attention_heads 4 (2 at step 10)",
                   "step 30: another configuration: hidden_act \"gelu\" (\"relu\" at step 20), "
                   "num_attention_heads 2 (4 at step 20)"}));
}

TEST_F(Inspect, ABrokenCheckpointDoesNotStopTheOthers) {
  series({0, 10, 20});
  write_text(folder(10) / "model.safetensors", "half");
  fs::create_directories(folder(30));
  const SeriesReport found = report();
  ASSERT_EQ(found.checkpoints.size(), 4U);
  EXPECT_EQ(found.checkpoints[1].error_code, 65);
  EXPECT_EQ(found.checkpoints[1].step, 10);
  EXPECT_EQ(found.checkpoints[2].error, "");
  EXPECT_EQ(found.checkpoints[3].error_code, 66);
  EXPECT_THAT(found.checkpoints[3].error, HasSubstr("config.json"));
  EXPECT_EQ(found.problems, Lines{}) << "what cannot be read is compared with nothing";
}

TEST_F(Inspect, SwappedLabelsAreOutOfLine) {
  // Places 0 1 3 2 4 5 6: detours (1 + 2) / 3, (2 + 1) / 1, (1 + 2) / 1, (2 + 1) / 3, 1; median 1
  const std::vector<float> places = {0, 1, 3, 2, 4, 5, 6};
  for (std::size_t i = 0; i < places.size(); ++i) checkpoint(static_cast<std::int64_t>(10 * i), places[i]);
  EXPECT_EQ(report().problems,
            (Lines{"step 20: its weights are out of line: by way of it from step 10 to step 30 it is 3.0 "
                   "times as far as directly; is the step right?",
                   "step 30: its weights are out of line: by way of it from step 20 to step 40 it is 3.0 "
                   "times as far as directly; is the step right?"}));
}

TEST_F(Inspect, NoiseIsInLine) {
  // Places 0 4 1 5 2 6 3: every detour is (4 + 3) / 1 or (3 + 4) / 1, so the median is theirs
  const std::vector<float> places = {0, 4, 1, 5, 2, 6, 3};
  for (std::size_t i = 0; i < places.size(); ++i) checkpoint(static_cast<std::int64_t>(10 * i), places[i]);
  EXPECT_EQ(report().problems, Lines{});
}

TEST_F(Inspect, StepsNotANumberAreNotOutOfLine) {
  series({0, 10, 20, 30});
  checkpoint(10, NAN);
  const SeriesReport found = report();
  EXPECT_EQ(found.checkpoints[1].problems,
            Lines{"values that are no numbers in 1 tensors: " + query + ": 1 NaN, 0 infinite of 64"});
  EXPECT_EQ(found.problems, Lines{});
}

}  // namespace
}  // namespace onset
