// From a grid of lambda, release step and seed to the least training that gives every run of it.
//
// A released run is trained with lambda up to its release step and with 0 from there on (the paper's
// BERT_SAS-(3k) is released at 3,000). Until then it is the run that is never released, update for update. So
// all runs of one lambda and seed share a trunk, trained with lambda as far as the last of them needs it, and
// each released run is a branch that starts from the trunk's state at its release step:
//
//   lambda 0.1, steps 500, released never, at 200 and at 400:
//
//   lambda_0.1_seed_1               0 ──────── 200 ──────── 400 ──── 500     the trunk: 500 updates
//   lambda_0.1_release_200_seed_1               └─────────────────── 500     300
//   lambda_0.1_release_400_seed_1                            └────── 500     100     900 instead of 1,500
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace onset {

/// Every combination is a run. Values of one list differ.
struct SweepGrid {
  std::vector<double> lambda;
  /// Step from which lambda is 0; none: never.
  std::vector<std::optional<std::int64_t>> release = {std::nullopt};
  std::vector<std::uint64_t> seed;
};

/// The updates of every run, those before its start included (TrainConfig::steps, and the step of its init).
struct SweepExtent {
  std::int64_t start = 0, steps = 0;
};

struct SweepRun {
  std::string name;       ///< lambda_0.1_release_200_seed_1: its folder, its file, its name in tables
  std::string condition;  ///< the same without the seed
  double lambda = 0;
  std::optional<std::int64_t> release;  ///< none: never, and for lambda 0
  std::uint64_t seed = 1;
  std::size_t group = 0;  ///< place in SweepPlan::groups
};

/// The runs of one lambda and seed; they depend on no other group's.
struct SweepGroup {
  SweepRun trunk;                      ///< the run that is never released
  bool never = false;                  ///< the grid asks for it
  std::vector<std::int64_t> releases;  ///< ascending: steps of the trunk that branches start from
  std::int64_t until = 0;              ///< step up to which the trunk is trained
};

struct SweepPlan {
  SweepExtent extent;
  std::vector<SweepRun> runs;  ///< lambda 0 first, then in the grid's order, seeds of a condition together
  std::vector<SweepGroup> groups;  ///< in the order of their first runs

  std::int64_t updates() const;        ///< of trunks and branches
  std::int64_t updates_alone() const;  ///< of the same runs, each trained from the start
};

/// Combinations that come to the same run are one: lambda 0 whatever its release, and any lambda that is
/// released at the start or before. Throws Error(usage) for an empty list.
SweepPlan plan_sweep(const SweepGrid& grid, const SweepExtent& extent);

}  // namespace onset
