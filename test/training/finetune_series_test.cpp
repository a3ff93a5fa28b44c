#include "onset/training/finetune_series.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/base/stop.h"
#include "onset/series/hdf5_file.h"
#include "test/temporary_folder.h"
#include "test/training/fixture.h"

namespace onset {
namespace {

namespace fs = std::filesystem;

/// Two checkpoints of the parity fixtures (vocabulary of 40), and CoLA's tables of a few lines.
class FinetuneSeries : public testing::Test {
 protected:
  FinetuneSeries() {
    add_checkpoint("start", 0);
    add_checkpoint("finetune_classes", 10);
    std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    for (int i = 5; i < 40; ++i) vocabulary.append("w").append(std::to_string(i)).append("\n");
    write_file_atomically(folder_ / "vocab.txt", vocabulary);
    fs::create_directories(folder_ / "CoLA");
    write_file_atomically(folder_ / "CoLA/train.tsv", table(20, 0));
    write_file_atomically(folder_ / "CoLA/dev.tsv", table(10, 3));
    options_.checkpoints = {folder_ / "run"};
    options_.vocab = folder_ / "vocab.txt";
    options_.task = "cola";
    options_.data = folder_.path();
    options_.output = folder_ / "glue.h5";
    options_.settings.epochs = 2;
    options_.settings.batch = 8;
    options_.settings.lr = 1e-3;
    options_.seeds = 2;
  }

  fs::path checkpoint(int step) const {
    return folder_ / std::string("run/checkpoint-").append(std::to_string(step));
  }

  void add_checkpoint(const std::string& from, int step) const {
    fs::create_directories(checkpoint(step));
    fs::copy(fixture(from), checkpoint(step), fs::copy_options::recursive);
  }

  static std::string table(int lines, int salt) {
    std::string out;
    for (int i = 0; i < lines; ++i) {
      out.append("src\t").append(std::to_string(i % 2)).append("\t*\tw");
      out.append(std::to_string(5 + i % 2)).append(" w");
      out.append(std::to_string(7 + (3 * i + salt) % 30)).append("\n");
    }
    return out;
  }

  /// The first tensor's first value becomes NaN.
  void spoil(int step) const {
    std::string bytes = read_file(checkpoint(step) / "model.safetensors");
    std::uint64_t header = 0;
    std::memcpy(&header, bytes.data(), sizeof header);
    const float bad = NAN;
    std::memcpy(bytes.data() + sizeof header + header, &bad, sizeof bad);
    write_file_atomically(checkpoint(step) / "model.safetensors", bytes);
  }

  TemporaryFolder folder_;
  FinetuneOptions options_;
};

TEST_F(FinetuneSeries, GivesEverySeedItsMeanAndItsSpread) {
  const FinetuneResult result = finetune_series(options_, {});
  EXPECT_EQ(result.trained, 4);
  EXPECT_EQ(result.metrics, std::vector<std::string>{"matthews"});
  const Series series = read_series(options_.output);
  ASSERT_EQ(series.steps.size(), 2U);
  EXPECT_EQ(series.steps[1].step, 10);
  const auto values = [&](const char* name) {
    return std::get<std::vector<double>>(find_curve(series, std::string("glue/cola/") + name)->values);
  };
  const std::vector<double> each = values("matthews");  // [step, seed]
  ASSERT_EQ(each.size(), 4U);
  for (std::size_t step = 0; step < 2; ++step) {
    const double a = each[2 * step];
    const double b = each[2 * step + 1];
    EXPECT_NEAR(values("matthews_mean")[step], (a + b) / 2, 1e-12);
    EXPECT_NEAR(values("matthews_spread")[step], std::abs(a - b) / std::sqrt(2.0), 1e-12);
    EXPECT_EQ(result.steps[step].mean[0], values("matthews_mean")[step]);
  }
  EXPECT_EQ(find_axis(series.groups.at("glue/cola").frame, "seed")->labels,
            Labels(std::vector<std::int64_t>{1, 2}));
}

TEST_F(FinetuneSeries, DoesNothingTwice) {
  finetune_series(options_, {});
  const std::string before = read_file(options_.output);
  FinetuneResult again = finetune_series(options_, {});
  EXPECT_EQ(again.trained, 0);
  EXPECT_EQ(again.reused, 4);
  EXPECT_EQ(read_file(options_.output), before);
  options_.seeds = 3;
  again = finetune_series(options_, {});
  EXPECT_EQ(again.trained, 2);  // the new seed of each checkpoint
  EXPECT_EQ(again.reused, 4);
  options_.settings.lr = 2e-3;  // another experiment
  EXPECT_EQ(finetune_series(options_, {}).trained, 6);
}

TEST_F(FinetuneSeries, GoesOnWhereItWasInterrupted) {
  std::stop_source stop;
  const FinetuneWatcher watcher{[&](const ProgressUpdate& update) {
                                  if (update.task.starts_with("step 10, seed 2")) stop.request_stop();
                                },
                                {},
                                stop.get_token()};
  EXPECT_THROW(finetune_series(options_, watcher), Interrupted);
  EXPECT_EQ(read_series(options_.output).steps.size(), 1U);  // what is complete
  const FinetuneResult rest = finetune_series(options_, {});
  EXPECT_EQ(rest.trained, 1);
  EXPECT_EQ(rest.reused, 3);
  const std::string resumed = read_file(options_.output);
  options_.output = folder_ / "whole.h5";
  EXPECT_EQ(finetune_series(options_, {}).trained, 4);
  EXPECT_EQ(read_file(options_.output), resumed);
}

TEST_F(FinetuneSeries, ADivergingCheckpointDoesNotStopTheOthers) {
  spoil(0);
  const FinetuneResult result = finetune_series(options_, {});
  EXPECT_TRUE(result.diverged);
  ASSERT_EQ(result.failed.size(), 1U);
  EXPECT_EQ(result.failed[0].why, checkpoint(0).string() + ": seed 1: step 1: the loss is NaN; lower --lr");
  const Series series = read_series(options_.output);
  ASSERT_EQ(series.steps.size(), 1U);
  EXPECT_EQ(series.steps[0].step, 10);
}

TEST_F(FinetuneSeries, WhereEveryCheckpointDivergesTheFirstSaysSo) {
  spoil(0);
  spoil(10);
  try {
    finetune_series(options_, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bug);
    EXPECT_EQ(error.what(), checkpoint(0).string() + ": seed 1: step 1: the loss is NaN; lower --lr");
  }
  EXPECT_FALSE(fs::exists(options_.output));
}

TEST_F(FinetuneSeries, ADamagedCheckpointDoesNotStopTheOthers) {
  write_file_atomically(checkpoint(0) / "model.safetensors", "short");
  const FinetuneResult result = finetune_series(options_, {});
  ASSERT_EQ(result.failed.size(), 1U);
  EXPECT_EQ(result.failed[0].folder, checkpoint(0));
  EXPECT_EQ(result.steps.size(), 1U);
}

TEST_F(FinetuneSeries, WritesCsvWhereAsked) {
  options_.output = folder_ / "glue.csv";
  options_.seeds = 1;
  finetune_series(options_, {});
  const std::string text = read_file(options_.output);
  EXPECT_NE(text.find("\nrun,10,glue/cola/matthews_mean,"), std::string::npos) << text;
  EXPECT_NE(text.find("\nrun,10,glue/cola/matthews_spread,,,,,,\n"), std::string::npos) << text;
}

TEST_F(FinetuneSeries, LooksForItsDataFirst) {
  const auto kind = [&] {
    try {
      finetune_series(options_, {});
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::bug;
  };
  write_file_atomically(folder_ / "CoLA/dev.tsv", "");
  EXPECT_EQ(kind(), ErrorKind::bad_data);
  fs::remove(folder_ / "CoLA/dev.tsv");
  EXPECT_EQ(kind(), ErrorKind::missing_input);
  options_.task = "nope";
  EXPECT_EQ(kind(), ErrorKind::usage);
}

TEST(GlueGroup, IsALowerCaseWord) {
  EXPECT_EQ(glue_group(glue_task("SST2")), "glue/sst_2");
  EXPECT_EQ(glue_group(glue_task("cola")), "glue/cola");
}

}  // namespace
}  // namespace onset
