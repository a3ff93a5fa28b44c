// What changes with the step: the learning rate, lambda, and whether to save.
#pragma once

#include <cstdint>
#include <span>

#include "onset/training/train_config.h"

namespace onset {

/// The learning rate of the update that follows `done` updates:
///
///   lr * done / warmup                               while done < warmup
///   lr * (horizon - done) / (horizon - warmup)       after it; 0 from the horizon on
///
/// as Hugging Face's linear schedule: the first update of a warm-up has rate 0. The horizon is 1,000,000 in
/// the paper however long a run is, so that runs of several stages share one schedule.
double learning_rate(const OptimiserSettings& settings, std::int64_t done);

/// The value of lambda for the update that follows `done` updates: that of the last stage that begins at or
/// before it.
double lambda_at(std::span<const LambdaStage> stages, std::int64_t done);

/// Whether a checkpoint is due after `step` updates, by `save` alone: it is a multiple of `every`, in `at`,
/// or round(10^(k / log_per_decade)) for a whole k.
bool is_save_step(const SaveSettings& save, std::int64_t step);

}  // namespace onset
