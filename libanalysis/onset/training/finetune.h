// Fine-tuning a pretrained encoder on one GLUE task with one seed, and what the development tables say of it
// (Devlin et al. 2019, section 4.1 and appendix A.3; classifier.h).
//
// AdamW with a linear warm-up over a share of the updates and a linear decay to 0 at the last one
// (schedule.h), gradient clipped. An epoch takes every training example once, in the order of
// Permutation(examples, seed, epoch); the last batch of an epoch may be smaller. The fresh weights, the order
// and dropout are functions of the seed alone: every checkpoint of a series meets the same ones.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "onset/base/progress.h"
#include "onset/model/bert.h"
#include "onset/text/glue_metrics.h"
#include "onset/training/glue_batches.h"

namespace onset {

struct FinetuneSettings {
  std::int64_t epochs = 3;
  std::int64_t batch = 32;     ///< examples of one update
  double lr = 2e-5;            ///< the highest, at the end of the warm-up
  double warmup = 0.1;         ///< share of all updates
  double weight_decay = 0.01;  ///< not of biases and LayerNorms
  double clip = 1.0;           ///< largest norm of the gradient; 0: none
  std::int64_t max_tokens = 128;
  /// Stop after this many epochs without a better development score (the task's first metric, on its first
  /// table), and report the best epoch; 0: every epoch, and report the last.
  std::int64_t patience = 0;
};

struct FinetuneData {
  GlueTask task;
  EncodedGlue train;
  std::vector<EncodedGlue> dev;  ///< one for each of task.dev_splits
};

/// What a task's scores are called: its metrics' names; of a task with several development tables (MNLI), the
/// metric and the table, "accuracy_matched", "accuracy_mismatched".
std::vector<std::string> finetune_metrics(const GlueTask& task);

struct FinetuneScores {
  std::vector<double> metrics;  ///< [finetune_metrics]
  double dev_loss = 0;          ///< mean over the first development table: nats, or squared score
  double train_loss = 0;        ///< mean over the updates of the reported epoch
  std::int64_t epochs = 0;      ///< the one reported, from 1
};

struct FinetuneHooks {
  Progress progress;
  std::stop_token stop;
};

/// Fine-tunes a copy of `start`. Throws Error(bug) naming the update (from 1) at which the loss or the
/// gradient was not finite; Interrupted when stopped; what encode throws.
FinetuneScores finetune(const Bert& start, const FinetuneData& data, const FinetuneSettings& settings,
                        std::uint64_t seed, const FinetuneHooks& hooks);

}  // namespace onset
