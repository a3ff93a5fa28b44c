#include "onset/training/trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "onset/checkpoint/checkpoint.h"
#include "onset/checkpoint/safetensors.h"
#include "test/checkpoint/expect_error.h"
#include "test/training/fixture.h"
#include "test/training/trainer_fixture.h"

namespace onset {
namespace {

TEST_F(TrainerTest, WritesItsCheckpointsAndALineAStep) {
  const TrainResult result = run("run", small_config());
  EXPECT_EQ(result.last_step, 12);
  ASSERT_EQ(log("run").size(), 13U);
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "run"))
    names.insert(entry.path().filename().string());
  EXPECT_EQ(names,
            (std::set<std::string>{"checkpoint-0", "checkpoint-4", "checkpoint-12", "log.csv", "run.json"}));
  // lambda is 0.05 for the first five updates, then -0.02; the rate warms up over three; loss = mlm + lambda
  // * R.
  for (int step = 1; step <= 12; ++step) {
    const double lambda = step <= 5 ? 0.05 : -0.02;
    EXPECT_EQ(column("run", step, 0), step);
    EXPECT_NEAR(column("run", step, 4), lambda, 1e-9);
    EXPECT_NEAR(column("run", step, 1), column("run", step, 2) + lambda * column("run", step, 3), 1e-5);
    EXPECT_GT(column("run", step, 3), 0);
  }
  EXPECT_EQ(column("run", 1, 5), 0);
  EXPECT_NEAR(column("run", 4, 5), 0.005, 1e-9);
  EXPECT_NEAR(column("run", 5, 5), 0.005 * 96 / 97, 1e-9);
  // Fifteen tokens to choose from: the loss starts near log 15 and weights move.
  EXPECT_NEAR(column("run", 1, 2), std::log(15.0), 0.5);
  const Checkpoint first = Checkpoint::open(folder_ / "run/checkpoint-0");
  const Checkpoint last = Checkpoint::open(folder_ / "run/checkpoint-12");
  EXPECT_TRUE(last.ignored().empty());
  EXPECT_FALSE(torch::equal(first.tensor("bert.encoder.layer.1.attention.self.key.weight"),
                            last.tensor("bert.encoder.layer.1.attention.self.key.weight")));
  const SafetensorsFile file(folder_ / "run/checkpoint-12/model.safetensors");
  EXPECT_EQ(file.metadata().at("format"), "pt");
  const BertConfig fresh = initial_bert(first.config(), 1).config;
  EXPECT_EQ(fresh, first.config());
}

TEST_F(TrainerTest, CheckpointZeroHoldsTheInitialWeights) {
  run("run", small_config());
  const Checkpoint start = Checkpoint::open(folder_ / "run/checkpoint-0");
  for (const auto& [name, tensor] : named_parameters(initial_bert(start.config(), 1)))
    EXPECT_TRUE(torch::equal(start.tensor(name), tensor)) << name;
}

TEST_F(TrainerTest, SaysWhichStepToSaveNeverComes) {
  const auto warnings_of = [&](const std::string& name, std::vector<std::int64_t> at) {
    std::vector<std::string> warnings;
    TrainConfig settings = config(small_config());  // twelve steps
    settings.save.at = std::move(at);
    const Warn warn = [&](const std::string& warning) { warnings.push_back(warning); };
    train(settings, {folder_ / name}, {{}, warn, {}});
    return warnings;
  };
  using Lines = std::vector<std::string>;
  EXPECT_EQ(warnings_of("within", {1, 12}), Lines{});
  EXPECT_EQ(warnings_of("beyond", {1, 13}),
            Lines{(folder_ / "train.json").string() +
                  ": save.at: 13 is beyond the last step, 12, and never comes"});
}

TEST_F(TrainerTest, AnInterruptedRunGoesOnToTheBit) {
  run("whole", small_config());
  expect_error(ErrorKind::try_again, "interrupted and saved after step 7",
               [&] { run("parts", small_config(), false, 7); });
  EXPECT_TRUE(std::filesystem::exists(folder_ / "parts/checkpoint-7"));
  EXPECT_EQ(log("parts").size(), 8U);
  const TrainResult rest = run("parts", small_config(), true);
  EXPECT_EQ(rest.first_step, 7);
  expect_equal_runs("whole", "parts", 12);
}

TEST_F(TrainerTest, AKilledRunGoesOnFromItsLastCheckpoint) {
  run("whole", small_config());
  run("killed", small_config());
  // As if killed after step 12 while writing its checkpoint.
  std::filesystem::rename(folder_ / "killed/checkpoint-12", folder_ / "killed/checkpoint-12.tmp-99");
  std::filesystem::remove(folder_ / "killed/checkpoint-12.tmp-99/model.safetensors");
  EXPECT_EQ(run("killed", small_config(), true).first_step, 4);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "killed/checkpoint-12.tmp-99"));
  expect_equal_runs("whole", "killed", 12);
}

TEST_F(TrainerTest, WithoutItsStateARunIsNotBegunAgain) {
  run("run", small_config());
  const std::string before = read_file(folder_ / "run/log.csv");
  std::filesystem::remove(folder_ / "run/checkpoint-12/optimizer.safetensors");
  // The run is whole: nothing is left to train.
  EXPECT_EQ(run("run", small_config(), true).first_step, 12);
  // Its last checkpoint gone, it would have to go on from the one before.
  std::filesystem::remove_all(folder_ / "run/checkpoint-12");
  std::filesystem::remove(folder_ / "run/checkpoint-4/optimizer.safetensors");
  expect_error(ErrorKind::bad_data, "run/checkpoint-4: the state of step 4",
               [&] { run("run", small_config(), true); });
  EXPECT_EQ(read_file(folder_ / "run/log.csv"), before);
}

TEST_F(TrainerTest, ResumeStartsWhatIsNotThereAndLeavesWhatIsDone) {
  EXPECT_EQ(run("run", small_config(), true).first_step, 0);
  const std::string before = bytes("run", 12, "model.safetensors") + read_file(folder_ / "run/log.csv");
  const TrainResult again = run("run", small_config(), true);
  EXPECT_EQ(again.first_step, 12);
  EXPECT_EQ(again.tokens, 0);
  EXPECT_EQ(bytes("run", 12, "model.safetensors") + read_file(folder_ / "run/log.csv"), before);
}

TEST_F(TrainerTest, ACheckpointThatCannotBeTheRunsOwnIsRefused) {
  run("run", small_config());
  const auto folder = [&](int step) { return checkpoint_folder(folder_ / "run", step); };
  std::filesystem::rename(folder(12), folder(11));
  expect_error(ErrorKind::bad_data, "checkpoint-11: its trainer_state.json is of step 12",
               [&] { run("run", small_config(), true); });
  std::filesystem::rename(folder(11), folder(13));
  std::filesystem::remove(folder(13) / "optimizer.safetensors");
  expect_error(ErrorKind::bad_data, "checkpoint-13: beyond the run's last step, 12",
               [&] { run("run", small_config(), true); });
}

TEST_F(TrainerTest, StoppedAtAStepItIsTheSameRunAndGoesOn) {
  run("whole", small_config());
  const TrainConfig same = config(small_config());
  TrainOptions half{folder_ / "half", true};
  half.until = 7;
  half.also_save = {2, 7, 9};
  EXPECT_EQ(train(same, half, {}).last_step, 7);
  EXPECT_EQ(log("half").size(), 8U);
  EXPECT_EQ(train(same, half, {}).first_step, 7);  // once more: nothing is left to do
  for (const int step : {0, 2, 4, 7})
    EXPECT_TRUE(std::filesystem::exists(checkpoint_folder(folder_ / "half", step))) << step;
  const TrainResult rest = run("half", small_config(), true);
  EXPECT_EQ(rest.first_step, 7);
  EXPECT_FALSE(std::filesystem::exists(checkpoint_folder(folder_ / "half", 9)));
  expect_equal_runs("whole", "half", 12);
  half.until = 3;  // long past
  EXPECT_EQ(train(same, half, {}).last_step, 12);
}

TEST_F(TrainerTest, AnotherConfigurationOrOtherDataAreRefused) {
  run("run", small_config());
  expect_error(ErrorKind::configuration, "holds a run already", [&] { run("run", small_config()); });
  expect_error(ErrorKind::configuration, "seed is 1 there and 2 here",
               [&] { run("run", small_config(R"(, "seed": 2)"), true); });
  write_small_corpus(folder_, 41);
  expect_error(ErrorKind::configuration, "data/sha256", [&] { run("run", small_config(), true); });
}

TEST_F(TrainerTest, AccumulationGivesTheStepOfTheWholeBatch) {
  // Without dropout, whose draws are a batch's own. Batches of 2 x 5 and 10: same sequences, same masks, one
  // loss.
  std::string two = small_config(R"(, "accumulate": 2)");
  std::string one = small_config();
  for (std::string* const text : {&one, &two}) text->replace(text->find("0.1}"), 3, "0.0");
  one.replace(one.find("\"batch\": 5"), 10, "\"batch\": 10");
  run("one", one);
  run("two", two);
  for (int step = 1; step <= 12; ++step) {
    for (int c = 1; c <= 6; ++c)
      EXPECT_NEAR(column("one", step, c), column("two", step, c), 2e-4) << step << ' ' << c;
    EXPECT_EQ(column("one", step, 7), column("two", step, 7));
  }
}

TEST_F(TrainerTest, ABranchTakesWeightsMomentsAndStep) {
  run("base", small_config());
  // The same settings from checkpoint-4 on: the same numbers as the run that was not branched.
  const std::string init = R"(, "init": "base/checkpoint-4")";
  const TrainResult same = run("same", small_config(init));
  EXPECT_EQ(same.first_step, 4);
  EXPECT_EQ(bytes("same", 4, "optimizer.safetensors"), bytes("base", 4, "optimizer.safetensors"));
  EXPECT_EQ(bytes("same", 12, "model.safetensors"), bytes("base", 12, "model.safetensors"));
  const auto whole = log("base");
  EXPECT_EQ(log("same").at(1), whole.at(5));
  // Another lambda from there.
  std::string other = small_config(init);
  other.replace(other.find("[[0, 0.05], [5, -0.02]]"), 23, "0.5");
  run("other", other);
  EXPECT_EQ(column("other", 1, 2), column("base", 5, 2));
  EXPECT_EQ(column("other", 1, 4), 0.5);
  EXPECT_NE(bytes("other", 12, "model.safetensors"), bytes("base", 12, "model.safetensors"));
  std::string few = small_config(init);
  few.replace(few.find("\"steps\": 12"), 11, "\"steps\": 3");
  expect_error(ErrorKind::configuration, "steps: expected at least those of init, 4, found 3",
               [&] { run("few", few); });
  EXPECT_FALSE(std::filesystem::exists(folder_ / "few"));
  // A branch goes on after an interruption, too.
  expect_error(ErrorKind::try_again, "after step 7", [&] { run("cut", small_config(init), false, 3); });
  EXPECT_EQ(run("cut", small_config(init), true).first_step, 7);
  expect_equal_runs("same", "cut", 12);
}

TEST_F(TrainerTest, AForeignCheckpointStartsAtStepZeroWithFreshMoments) {
  std::filesystem::copy(fixture("start"), folder_ / "start");
  write_file_atomically(folder_ / "start/vocab.txt", small_vocabulary());  // fewer lines than rows: padded
  std::string text = small_config(R"(, "init": "start")");
  run("run", text);
  EXPECT_EQ(log("run").size(), 13U);
  const Checkpoint given = Checkpoint::open(folder_ / "start");
  const Checkpoint first = Checkpoint::open(folder_ / "run/checkpoint-0");
  for (const std::string& name : given.names())
    EXPECT_TRUE(torch::equal(given.tensor(name), first.tensor(name))) << name;
  EXPECT_EQ(first.names(), given.names());
  EXPECT_EQ(first.config().hidden_dropout, 0.1);
  EXPECT_FALSE(read_training_state(folder_ / "start").has_value());
  EXPECT_EQ(read_training_state(folder_ / "run/checkpoint-0")->updates, 0);
  text.replace(text.find("\"hidden\": 16"), 12, "\"hidden\": 32");
  expect_error(ErrorKind::configuration, "model.hidden: expected that of init, 16, found 32",
               [&] { run("other", text); });
}

TEST_F(TrainerTest, ADivergedRunStopsAndKeepsTheLastGoodCheckpoint) {
  std::string text = small_config();
  text.replace(text.find("\"lr\": 0.005"), 11, "\"lr\": 1e30");
  expect_error(ErrorKind::bug, "the last good checkpoint is checkpoint-0", [&] { run("run", text); });
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "run")) {
    if (entry.is_directory()) {
      EXPECT_TRUE(Checkpoint::open(entry.path()).nonfinite().empty()) << entry.path();
    }
  }
}

TEST_F(TrainerTest, MeasuresTheDevelopmentLossAtEveryCheckpoint) {
  std::string text = small_config();
  text.replace(text.find("[\"train.conllu\"]"), 16, R"(["train.conllu"], "dev": "dev.conllu")");
  run("run", text);
  const std::string state = bytes("run", 0, "trainer_state.json");
  const auto at = state.find("\"dev_loss\": ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_NEAR(std::stod(state.substr(at + 12)), std::log(15.0), 0.5);
  run("without", small_config());
  EXPECT_EQ(log("run"), log("without"));  // measuring does not disturb
  EXPECT_NE(bytes("without", 0, "trainer_state.json").find("\"dev_loss\": null"), std::string::npos);
}

TEST_F(TrainerTest, TextWithoutParsesAndBlocks) {
  write_file_atomically(folder_ / "t.txt", "a b c d e f g h a b c d e f g h a b c d\nas bs\n");
  std::string text = small_config();
  text.replace(text.find("\"parsed\": [\"train.conllu\"]"), 26,
               R"("text": ["t.txt"], "packing": "block", "max_tokens": 8)");
  EXPECT_EQ(run("run", text).sequences, 4);  // 24 subwords, six a block
  for (int step = 1; step <= 12; ++step) EXPECT_EQ(column("run", step, 3), 0);
}

TEST_F(TrainerTest, BadVocabulariesAndSizes) {
  write_file_atomically(folder_ / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n");
  expect_error(ErrorKind::bad_data, "vocab.txt: no token [MASK]", [&] { run("run", small_config()); });
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
  std::filesystem::copy(fixture("start"), folder_ / "start");
  std::string many = small_vocabulary();
  for (int i = 0; i < 30; ++i) many += "word" + std::to_string(i) + '\n';
  write_file_atomically(folder_ / "start/vocab.txt", many);
  expect_error(ErrorKind::bad_data, "expected at most 40 lines, one a row of the word embedding, found 45",
               [&] { run("run", small_config(R"(, "init": "start")")); });
  write_small_corpus(folder_);
  expect_error(ErrorKind::configuration, "dtype: bfloat16",
               [&] { run("run", small_config(R"(, "dtype": "bfloat16")")); });
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
}

}  // namespace
}  // namespace onset
