// A training run from its first step to its last, or on from where it was interrupted.
//
// Every random draw is a function of the seed, the step and the place in it, and a checkpoint holds the
// weights and the moments to the bit. So a run that was interrupted, by a signal or by force, and goes on
// gives the same weights, the same moments and the same log (but for its seconds) as one that was not: on the
// CPU to the bit, with the same number of threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "onset/base/progress.h"
#include "onset/base/stop.h"
#include "onset/training/live.h"
#include "onset/training/train_config.h"

namespace onset {

struct TrainOptions {
  std::filesystem::path run;  ///< the folder to write
  bool resume = false;        ///< go on with a run that is there
  /// Stop after this step, saved, as if interrupted there: the run is the same one and may go on later.
  std::int64_t until = std::numeric_limits<std::int64_t>::max();
  /// Steps to save besides those of config.save: no part of what makes two runs the same.
  std::vector<std::int64_t> also_save = {};
};

struct TrainHooks {
  Progress progress;
  Warn warn;
  std::stop_token stop;
  LiveObserver* live = nullptr;                  ///< sees the model at the steps of config.live
  std::function<void(const std::string&)> note = {};  ///< a line where checkpoints begin and cease to be dense
};

struct TrainResult {
  std::int64_t first_step = 0;                             ///< updates made before this call
  std::int64_t last_step = 0;                              ///< updates made in all
  std::int64_t sequences = 0;                              ///< of the corpus
  std::int64_t tokens = 0;                                 ///< trained on in this call
  double seconds = 0;                                      ///< of updates in this call
  double loss = std::numeric_limits<double>::quiet_NaN();  ///< of the last update; NaN where none was made
};

/// Trains. Checkpoints: the first step, the last, and those of config.save and also_save; the multiples of
/// config.live->densify->every while the observer suspects a break; and where it was asked to stop.
/// Throws Error: configuration, missing_input, bad_data, io as the parts do; try_again after having saved,
/// where it was asked to stop; bug where the loss or its gradient is not finite, naming the step, with the
/// checkpoints before it left as they are.
TrainResult train(const TrainConfig& config, const TrainOptions& options, const TrainHooks& hooks);

}  // namespace onset
