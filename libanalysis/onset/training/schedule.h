// What changes with the step: the learning rate, lambda, and which steps are saved or measured.
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

/// Whether `step` is one of the schedule's own: a multiple of `every`, in `at`, or
/// round(10^(k / log_per_decade)) for a whole k.
bool is_scheduled(const StepSchedule& schedule, std::int64_t step);

}  // namespace onset
