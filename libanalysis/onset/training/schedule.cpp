#include "onset/training/schedule.h"

#include <algorithm>
#include <cmath>

namespace onset {

double learning_rate(const OptimiserSettings& settings, std::int64_t done) {
  if (done < settings.warmup)
    return settings.lr * static_cast<double>(done) / static_cast<double>(settings.warmup);
  const auto left = static_cast<double>(std::max<std::int64_t>(settings.horizon - done, 0));
  return settings.lr * left / static_cast<double>(settings.horizon - settings.warmup);
}

double lambda_at(std::span<const LambdaStage> stages, std::int64_t done) {
  double value = 0;
  for (const LambdaStage& stage : stages) {
    if (stage.from <= done) value = stage.value;
  }
  return value;
}

bool is_scheduled(const StepSchedule& schedule, std::int64_t step) {
  if (schedule.every > 0 && step % schedule.every == 0) return true;
  if (std::ranges::find(schedule.at, step) != schedule.at.end()) return true;
  if (schedule.log_per_decade == 0 || step < 1) return false;
  // The only k that can give this step is the nearest to log_per_decade * log10(step), or a neighbour of it
  // where several give the same.
  const auto per_decade = static_cast<double>(schedule.log_per_decade);
  const double k = std::round(per_decade * std::log10(static_cast<double>(step)));
  for (const double near : {k - 1, k, k + 1}) {
    if (near >= 0 && std::llround(std::pow(10.0, near / per_decade)) == step) return true;
  }
  return false;
}

}  // namespace onset
