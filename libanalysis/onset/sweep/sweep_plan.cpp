#include "onset/sweep/sweep_plan.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "onset/base/error.h"

namespace onset {
namespace {

/// The shortest digits that read back the same.
std::string digits(double value) {
  std::array<char, 32> text{};
  char* const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

SweepRun make_run(double lambda, std::optional<std::int64_t> release, std::uint64_t seed) {
  SweepRun run;
  run.lambda = lambda;
  run.release = release;
  run.seed = seed;
  run.condition = "lambda_" + digits(lambda) + (release ? "_release_" + std::to_string(*release) : "");
  run.name = run.condition + "_seed_" + std::to_string(seed);
  return run;
}

std::vector<SweepRun> distinct_runs(const SweepGrid& grid, std::int64_t start) {
  std::vector<SweepRun> runs;
  for (const double lambda : grid.lambda) {
    for (const std::optional<std::int64_t>& release : grid.release) {
      // Without lambda there is nothing to release; -0 is 0.
      const bool plain = lambda == 0 || (release && *release <= start);
      for (const std::uint64_t seed : grid.seed) {
        SweepRun run = plain ? make_run(0, std::nullopt, seed) : make_run(lambda, release, seed);
        if (std::ranges::find(runs, run.name, &SweepRun::name) == runs.end()) runs.push_back(std::move(run));
      }
    }
  }
  std::stable_partition(runs.begin(), runs.end(), [](const SweepRun& run) { return run.lambda == 0; });
  return runs;
}

}  // namespace

SweepPlan plan_sweep(const SweepGrid& grid, const SweepExtent& extent) {
  if (grid.lambda.empty() || grid.release.empty() || grid.seed.empty())
    throw Error(ErrorKind::usage, "sweep: expected a lambda, a release and a seed or more");
  SweepPlan plan;
  plan.extent = extent;
  plan.runs = distinct_runs(grid, extent.start);
  for (SweepRun& run : plan.runs) {
    SweepRun trunk = make_run(run.lambda, std::nullopt, run.seed);
    auto group = std::ranges::find_if(plan.groups,
                                      [&](const SweepGroup& each) { return each.trunk.name == trunk.name; });
    run.group = trunk.group = static_cast<std::size_t>(group - plan.groups.begin());
    if (group == plan.groups.end()) {
      group = plan.groups.insert(group, SweepGroup());
      group->trunk = std::move(trunk);
    }
    if (run.release) {
      group->releases.push_back(*run.release);
    } else {
      group->never = true;
    }
  }
  for (SweepGroup& group : plan.groups) {
    std::ranges::sort(group.releases);
    group.until = group.never ? extent.steps : group.releases.back();
  }
  return plan;
}

std::int64_t SweepPlan::updates() const {
  std::int64_t sum = 0;
  for (const SweepGroup& group : groups) {
    sum += group.until - extent.start;
    for (const std::int64_t release : group.releases) sum += extent.steps - release;
  }
  return sum;
}

std::int64_t SweepPlan::updates_alone() const {
  return static_cast<std::int64_t>(runs.size()) * (extent.steps - extent.start);
}

}  // namespace onset
