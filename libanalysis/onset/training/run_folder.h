// The folder of a training run: which run it is, its checkpoints, its log.
//
//   RUN/run.json           every setting and the hashes of the data: what makes two runs the same
//   RUN/checkpoint-<step>/  training_state.h
//   RUN/log.csv            step,loss,mlm_loss,regulariser,lambda,lr,grad_norm,tokens,seconds
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "onset/base/writer_lock.h"

namespace onset {

/// The steps of the checkpoints that a trainer left in a run, ascending; none where there is no such folder.
std::vector<std::int64_t> checkpoint_steps(const std::filesystem::path& run);

/// Held while training: another trainer in the same run gets Error(try_again). The lock lies beside the run.
class RunFolder {
 public:
  /// Throws Error: configuration where the folder holds a run and `resume` is not set, or holds checkpoints
  /// and no run.json; io. Creates nothing but the lock.
  RunFolder(const std::filesystem::path& run, bool resume);

  /// Whether it holds a run.
  bool started() const { return started_; }
  /// Makes the folder this run's, or checks that it is: throws Error(configuration) naming the settings that
  /// differ. Removes what a killed trainer left half-written.
  void claim(const std::string& identity);
  /// The step of the newest checkpoint.
  std::optional<std::int64_t> last_checkpoint() const;
  const std::filesystem::path& path() const { return run_; }

 private:
  std::filesystem::path run_;
  WriterLock lock_;
  bool started_ = false;
};

/// A line of log.csv.
struct LogRow {
  std::int64_t step = 0;  ///< after this update
  double loss = 0, mlm_loss = 0, regulariser = 0, lambda = 0, lr = 0;
  double grad_norm = 0;  ///< before clipping
  std::int64_t tokens = 0;
  double seconds = 0;  ///< that the update took
};

/// log.csv, each step once. A row is with the system when add returns, so that a killed process loses none.
class TrainingLog {
 public:
  /// Keeps the rows up to `step` of a log that is there and drops the rest, half a last line included. Throws
  /// Error(io).
  TrainingLog(const std::filesystem::path& file, std::int64_t step);
  void add(const LogRow& row);
  /// Flushes to the device.
  void sync();

 private:
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

}  // namespace onset
