// GLUE along a training run: every checkpoint of a series fine-tuned on one task, with several seeds each,
// into one series file (series/hdf5_file.h):
//
//   /glue/<task>/<metric>          float64 [step, seed]   one for each of finetune_metrics; sst-2 is "sst_2"
//   /glue/<task>/<metric>_mean     float64 [step]         over the seeds: the curve that onsets are found in
//   /glue/<task>/<metric>_spread   float64 [step]         their sample standard deviation; NaN for one seed
//   /glue/<task>/loss, train_loss  float64 [step, seed]   on the development table, in the reported epoch
//   /glue/<task>/epochs            int64   [step, seed]   the reported epoch, from 1
//
// Each (checkpoint, seed) is a row on disk as soon as it is done (series/rows.h): an interrupted call goes on
// from there, and more checkpoints or more seeds cost only themselves.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "onset/checkpoint/series.h"
#include "onset/training/finetune.h"

namespace onset {

struct FinetuneOptions {
  std::vector<std::filesystem::path> checkpoints;  ///< checkpoint folders or folders of them
  SeriesOptions series;                            ///< which of them, and how a folder states its step
  std::filesystem::path output;                    ///< .h5, or .csv; rows are kept in `<output>.rows/`
  std::filesystem::path vocab;     ///< instead of the checkpoints' own vocab.txt; may be empty
  std::string task;                ///< as glue_task takes it
  std::filesystem::path data;      ///< the task's folder, or the folder of all GLUE
  std::int64_t max_examples = -1;  ///< the first N of the training table; -1: all
  FinetuneSettings settings;
  std::int64_t seeds = 3;  ///< how many
  std::uint64_t seed = 1;  ///< the first; the others follow it
  std::string run;         ///< the run's name in the file; empty: the first folder's
  std::string version;     ///< of the program, for the file
  torch::Device device = torch::kCPU;
};

struct FinetuneWatcher {
  Progress progress;
  Warn warn;
  std::stop_token stop;
};

struct FinetuneFailure {
  std::filesystem::path folder;
  std::string why;
};

/// One checkpoint's scores over the seeds.
struct FinetunedStep {
  std::int64_t step = 0;
  std::vector<double> mean, spread;  ///< [metric]
};

struct FinetuneResult {
  std::vector<std::string> metrics;
  std::vector<FinetunedStep> steps;     ///< ascending
  std::int64_t trained = 0;             ///< (checkpoint, seed) computed in this call
  std::int64_t reused = 0;              ///< (checkpoint, seed) whose rows were there
  std::vector<FinetuneFailure> failed;  ///< checkpoints unread or diverged; they do not stop the others
  bool diverged = false;                ///< a loss was not finite: failed names checkpoint, seed and step
};

/// The group's name of a task: "glue/sst_2".
std::string glue_group(const GlueTask& task);

/// Throws Error: usage (an unknown task), missing_input, bad_data (a table, or every checkpoint), try_again
/// (another process holds the output); and, after writing what is complete, Interrupted when stopped. Where
/// no checkpoint can be scored, the first one's error, Diverged among them.
FinetuneResult finetune_series(const FinetuneOptions& options, const FinetuneWatcher& watcher);

}  // namespace onset
