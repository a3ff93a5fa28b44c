// A sweep carried out: every run of its plan trained, measured and searched for onsets, and all of them put
// side by side.
//
//   SWEEP/<run>/                 a trunk's or a branch's checkpoints and log.csv (run_folder.h)
//   SWEEP/<run>.h5               the run's whole series: its trunk's checkpoints up to the release, its own
//   then SWEEP/rows/, token-cache/    what all runs share: what was measured, the tokenised text
//   SWEEP/sweep.csv              a row a run (sweep_table.h)
//   SWEEP/comparison.csv         comparison.h's table, seeds of a condition together
//
// Called again it goes on: a finished run is left alone, an interrupted one resumed, a checkpoint measured
// once. The grid may grow between two calls. A release step that lies behind a trunk which was trained
// before has no state of its own: the branch then starts from the trunk's last checkpoint before that step
// and makes the updates up to it again.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "onset/analysis/analyze.h"
#include "onset/findings/comparison.h"
#include "onset/sweep/sweep_config.h"

namespace onset {

struct SweepOptions {
  std::filesystem::path output;  ///< SWEEP
  std::string version;           ///< of the program, for the series files
  /// Takes the groups of the plan whose place is `index` modulo `count`. With more than one shard no tables
  /// are written: a call without shards then finds everything done and writes them.
  Shard shard;
};

/// How the caller follows along; all may be empty.
struct SweepHooks {
  Progress progress;
  Warn warn;  ///< told each thing once, however many runs it concerns
  std::stop_token stop;
  std::function<void(const std::string&)> note;  ///< a line for each run trained or measured
};

/// A run that could not be made, or a checkpoint that could not be measured.
struct SweepFailure {
  std::string run, why;
};

struct SweepResult {
  SweepPlan plan;
  std::int64_t updates = 0;   ///< made in this call
  std::int64_t measured = 0;  ///< checkpoints measured in this call
  std::int64_t made = 0;      ///< runs of this call's groups that are there, made now or before
  std::vector<SweepFailure> failures;
  std::optional<Comparison> comparison;  ///< of the runs that are there; empty for one of several shards
};

/// A run that diverges does not stop the others. Stopped, it throws Interrupted; what was trained and
/// measured is kept. Throws Error: configuration where SWEEP holds runs of other settings; what train,
/// analyze and compare_runs throw.
SweepResult sweep(const SweepConfig& config, const SweepOptions& options, const SweepHooks& hooks);

}  // namespace onset
