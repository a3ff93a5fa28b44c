#include "onset/sweep/sweep.h"

#include <torch/cuda.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "onset/base/error.h"
#include "onset/base/stop.h"
#include "onset/checkpoint/paths.h"
#include "onset/sweep/sweep_table.h"
#include "onset/training/run_folder.h"
#include "onset/training/trainer.h"
#include "onset/training/training_state.h"

namespace onset {
namespace {

namespace fs = std::filesystem;

torch::Device device_of(const TrainConfig& train) {
  return train.device != DeviceChoice::cpu && torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
}

/// The step whose state of the trunk a branch starts from: where it started once, so that it goes on as the
/// same run, else the last that the trunk has by the release. None where the trunk did not get that far, or
/// no longer has its optimiser's state there.
std::optional<std::int64_t> branch_step(const fs::path& trunk, const fs::path& branch, std::int64_t release) {
  const std::vector<std::int64_t> own = checkpoint_steps(branch);
  if (!own.empty()) return own.front();
  const std::vector<std::int64_t> steps = checkpoint_steps(trunk);
  if (steps.empty() || steps.back() < release || steps.front() > release) return std::nullopt;
  const std::int64_t step = *std::prev(std::ranges::upper_bound(steps, release));
  const auto state = read_training_state(checkpoint_folder(trunk, step));
  return state && state->step == step ? std::optional(step) : std::nullopt;
}

class Sweep {
 public:
  Sweep(const SweepConfig& config, const SweepOptions& options, const SweepHooks& hooks)
      : config_(config), options_(options), hooks_(hooks) {
    result_.plan = plan_sweep(config.grid, config.extent);
  }

  SweepResult run() {
    const auto groups = static_cast<std::int64_t>(result_.plan.groups.size());
    for (std::int64_t g = options_.shard.index; g < groups; g += options_.shard.count)
      make_group(static_cast<std::size_t>(g));
    if (options_.shard.count == 1) compare();
    return std::move(result_);
  }

 private:
  void make_group(std::size_t g) {
    const SweepGroup& group = result_.plan.groups[g];
    const SweepRun& trunk = group.trunk;
    if (!inputs_tried_) try_inputs(trunk, *std::ranges::find(result_.plan.runs, g, &SweepRun::group));
    TrainOptions as_trunk{folder(trunk), true};
    as_trunk.until = group.until;
    as_trunk.also_save = group.releases;
    const bool whole = make_run(trunk, config_.train.init, as_trunk);
    for (const SweepRun& run : result_.plan.runs) {
      if (run.group != g) continue;
      if (!run.release) {
        if (whole) measure(run, trunk, config_.extent.steps);
      } else if (const auto from = branch_step(folder(trunk), folder(run), *run.release)) {
        if (make_run(run, checkpoint_folder(folder(trunk), *from), {folder(run), true}))
          measure(run, trunk, *from);
      } else {
        unmade(run, "no state at step " + std::to_string(*run.release) + " in " + folder(trunk).string());
      }
    }
  }

  /// Measures the state that the first run starts from before anything is trained: data that cannot be read
  /// are then found out in a minute, not after a night.
  void try_inputs(const SweepRun& trunk, const SweepRun& run) {
    inputs_tried_ = true;
    if (is_file(series_file(run))) return;
    TrainOptions untrained{folder(trunk), true};
    untrained.until = config_.extent.start;
    if (!make_run(trunk, config_.train.init, untrained)) return;
    const fs::path start = checkpoint_folder(folder(trunk), config_.extent.start);
    result_.measured += analyze(analysis_of(run, {start}), {progress_of(run), warn_, hooks_.stop}).measured;
  }

  /// False where it diverged.
  bool make_run(const SweepRun& run, const fs::path& init, const TrainOptions& how) {
    throw_if_stopped(hooks_.stop);
    TrainConfig train_config = train_config_of(config_, run);
    train_config.init = init;
    try {
      const TrainResult made = train(train_config, how, {progress_of(run), warn_, hooks_.stop});
      result_.updates += made.last_step - made.first_step;
      if (made.last_step > made.first_step)
        note(run,
             "trained, steps " + std::to_string(made.first_step) + " to " + std::to_string(made.last_step));
      return true;
    } catch (const Diverged& error) {
      unmade(run, error.what());
      return false;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::try_again) throw_if_stopped(hooks_.stop);
      throw;
    }
  }

  /// The trunk's checkpoints up to `from`, then the run's own.
  void measure(const SweepRun& run, const SweepRun& trunk, std::int64_t from) {
    throw_if_stopped(hooks_.stop);
    std::vector<fs::path> checkpoints;
    for (const std::int64_t step : config_.measured)
      checkpoints.push_back(checkpoint_folder(folder(step <= from ? trunk : run), step));
    const AnalyzeResult found =
        analyze(analysis_of(run, std::move(checkpoints)), {progress_of(run), warn_, hooks_.stop});
    result_.measured += found.measured;
    ++result_.made;
    for (const FailedCheckpoint& failed : found.failed) result_.failures.push_back({run.name, failed.why});
    if (found.measured > 0)
      note(run, "measured " + std::to_string(found.measured) + " checkpoints, " +
                    std::to_string(found.reused) + " known already");
  }

  AnalyzeOptions analysis_of(const SweepRun& run, std::vector<fs::path> checkpoints) const {
    AnalyzeOptions how;
    how.checkpoints = std::move(checkpoints);
    how.output = series_file(run);
    how.rows = options_.output / "rows";
    how.probes = config_.probes;
    how.run = run.name;
    how.version = options_.version;
    how.device = device_of(config_.train);
    return how;
  }

  void compare() {
    std::vector<fs::path> files;
    CompareOptions how;
    how.detect = config_.detect;
    for (const std::string& curve : {config_.detect.structure, config_.detect.capability}) {
      if (std::ranges::find(how.metrics, curve) == how.metrics.end()) how.metrics.push_back(curve);
    }
    for (const SweepRun& run : result_.plan.runs) {
      if (unmade_.contains(run.name)) continue;
      files.push_back(series_file(run));
      how.conditions.push_back(run.condition);
    }
    if (files.empty()) return;
    try {
      result_.comparison = compare_runs(files, how, hooks_.progress);
    } catch (const Error& error) {
      // A curve that no file has, for one: the configuration named it.
      if (error.kind() != ErrorKind::usage) throw;
      throw error_in(ErrorKind::configuration, config_.file.string(), std::string("detect: ") + error.what());
    }
    write_findings(sweep_table(result_.plan, *result_.comparison), options_.output / "sweep.csv");
    write_findings(comparison_table(*result_.comparison), options_.output / "comparison.csv");
  }

  fs::path folder(const SweepRun& run) const { return options_.output / run.name; }
  fs::path series_file(const SweepRun& run) const { return options_.output / (run.name + ".h5"); }

  Progress progress_of(const SweepRun& run) const {
    if (!hooks_.progress) return {};
    return [this, name = run.name](const ProgressUpdate& update) {
      hooks_.progress({name + ": " + update.task, update.done, update.total, update.unit});
    };
  }
  void note(const SweepRun& run, const std::string& what) const {
    if (hooks_.note) hooks_.note(run.name + ": " + what);
  }
  void unmade(const SweepRun& run, const std::string& why) {
    if (unmade_.insert(run.name).second) result_.failures.push_back({run.name, why});
  }

  const SweepConfig& config_;
  const SweepOptions& options_;
  const SweepHooks& hooks_;
  std::set<std::string> warned_;
  Warn warn_ = [this](const std::string& text) {
    if (hooks_.warn && warned_.insert(text).second) hooks_.warn(text);
  };
  bool inputs_tried_ = false;
  std::set<std::string> unmade_;  ///< runs that could not be trained to their end
  SweepResult result_;
};

}  // namespace

SweepResult sweep(const SweepConfig& config, const SweepOptions& options, const SweepHooks& hooks) {
  return Sweep(config, options, hooks).run();
}

}  // namespace onset
