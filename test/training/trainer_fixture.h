// Runs of the trainer on the small corpus, and what they left.
#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "onset/training/trainer.h"
#include "onset/training/training_state.h"
#include "test/training/small_corpus.h"

namespace onset {

class TrainerTest : public testing::Test {
 protected:
  TrainerTest() { write_small_corpus(folder_); }

  TrainConfig config(const std::string& text) {
    write_file_atomically(folder_ / "train.json", text);
    return read_train_config(folder_ / "train.json");
  }
  TrainResult run(const std::string& name, const std::string& text, bool resume = false,
                  std::int64_t stop_after = -1) {
    std::stop_source source;
    const Progress progress = [&](const ProgressUpdate& update) {
      if (update.task == "training" && update.done == stop_after) source.request_stop();
    };
    return train(config(text), {folder_ / name, resume}, {progress, {}, source.get_token()});
  }
  /// Columns of log.csv without the seconds, a line a step.
  std::vector<std::string> log(const std::string& name) const {
    std::istringstream stream(read_file(folder_ / name / "log.csv"));
    std::vector<std::string> out;
    for (std::string line; std::getline(stream, line);) out.push_back(line.substr(0, line.rfind(',')));
    return out;
  }
  double column(const std::string& name, int step, int column) const {
    std::istringstream stream(log(name).at(static_cast<std::size_t>(step)));
    std::string cell;
    for (int i = 0; i <= column; ++i) std::getline(stream, cell, ',');
    return std::stod(cell);
  }
  std::string bytes(const std::string& name, int step, const std::string& file) const {
    return read_file(checkpoint_folder(folder_ / name, step) / file);
  }
  void expect_equal_runs(const std::string& a, const std::string& b, int step) const {
    for (const char* const file : {"model.safetensors", "optimizer.safetensors", "trainer_state.json",
                                   "config.json", "vocab.txt", "tokenizer_config.json"}) {
      EXPECT_EQ(bytes(a, step, file), bytes(b, step, file)) << file;
    }
    EXPECT_EQ(log(a), log(b));
  }

  TemporaryFolder folder_;
};

}  // namespace onset
