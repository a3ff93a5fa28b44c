#include "onset/sweep/sweep.h"

#include <iostream>

#include "command.h"
#include "detect_options.h"
#include "onset/base/error.h"
#include "onset/sweep/sweep_table.h"
#include "shard.h"
#include "text_table.h"

namespace onset::apps {
namespace {

std::string span_text(std::int64_t from, std::int64_t to) {
  return std::to_string(from) + " to " + std::to_string(to);
}

/// What is trained, each stretch of steps once; groups are what --shard divides.
void print_plan(const SweepConfig& config, const SweepPlan& plan) {
  TextTable table({"group", "run", "trains steps", "starts from"}, {true, false, true, false});
  const SweepExtent& extent = plan.extent;
  for (std::size_t g = 0; g < plan.groups.size(); ++g) {
    const SweepGroup& group = plan.groups[g];
    const std::string first = config.train.init.empty() ? "fresh weights" : config.train.init.string();
    table.add({std::to_string(g), group.trunk.name + (group.never ? "" : " (for branches only)"),
               span_text(extent.start, group.until), first});
    for (const SweepRun& run : plan.runs) {
      if (run.group != g || !run.release) continue;
      table.add({std::to_string(g), run.name, span_text(*run.release, extent.steps),
                 group.trunk.name + " at " + std::to_string(*run.release)});
    }
  }
  table.print(std::cout);
  const std::int64_t saved = plan.updates_alone() - plan.updates();
  std::cout << '\n'
            << plan.runs.size() << " runs, " << config.measured.size() << " checkpoints each; "
            << plan.updates() << " updates instead of " << plan.updates_alone();
  if (saved > 0) std::cout << ": " << 100 * saved / plan.updates_alone() << " % saved by sharing";
  std::cout << '\n';
}

void print_comparison(const Comparison& comparison) {
  const std::vector<std::string> finals = final_curves(comparison);
  std::vector<std::string> header = {"run", "structure onset", "capability onset", "gap"};
  for (const std::string& curve : finals) header.push_back("final " + curve);
  std::vector<bool> right(header.size(), true);
  right.front() = false;
  TextTable table(std::move(header), std::move(right));
  const auto place = [&](const std::string& curve) {
    return std::ranges::find(comparison.metrics, curve) - comparison.metrics.begin();
  };
  for (const RunComparison& run : comparison.runs) {
    std::vector<std::string> row = {run.run, onset_text(run.detection.structure),
                                    onset_text(run.detection.capability), gap_text(run.detection.gap)};
    for (const std::string& curve : finals) {
      const auto& summary = run.metrics[place(curve)].summary;
      row.push_back(summary ? fixed(summary->final_value.value, 4) : "–");
    }
    table.add(std::move(row));
  }
  for (const ConditionSummary& condition : comparison.conditions) {
    std::vector<std::string> row = {condition.condition + ", mean of " + std::to_string(condition.runs),
                                    seed_text(condition.structure, 0), seed_text(condition.capability, 0),
                                    seed_text(condition.gap, 0)};
    for (const std::string& curve : finals) row.push_back(seed_text(condition.finals[place(curve)], 4));
    table.add(std::move(row));
  }
  table.print(std::cout);
}

}  // namespace

int run_sweep(const std::vector<std::string>& words) {
  po::options_description options;
  options.add_options()("output,o", po::value<std::string>()->value_name("SWEEP"),
                        "folder to write: a folder and a series file a run, sweep.csv, comparison.csv")(
      "shard", po::value<std::string>()->value_name("i/n"),
      "make every n-th group of runs (see --dry-run), from the i-th (from 0), and no tables")(
      "dry-run", po::bool_switch(), "print what would be trained, and write nothing")(
      "threads", po::value<int>()->value_name("N")->default_value(0, "all cores"),
      "also OMP_NUM_THREADS, SLURM_CPUS_PER_TASK");
  CommandLine line(
      {"sweep", "SWEEP.json",
       "Trains, measures and compares every run of a grid of lambda, release step and seed. Runs of one "
       "lambda and seed share their steps up to the release. Interrupted and run again, it makes only what "
       "is "
       "missing.",
       "onset sweep examples/demo/sweep.json -o sweep/"},
      std::move(options));
  if (!line.read(words)) return 0;
  const std::filesystem::path file = line.input();
  const bool only_plan = line.get<bool>("dry-run");
  SweepOptions how;
  if (!only_plan) how.output = line.required_path("output");
  if (line.has("shard")) how.shard = parse_shard(line.get<std::string>("shard"));
  how.version = ONSET_VERSION;
  const SweepConfig config = read_sweep_config(file);
  if (only_plan) {
    print_plan(config, plan_sweep(config.grid, config.extent));
    return 0;
  }
  use_threads(line.get<int>("threads"));
  const SweepResult result =
      sweep(config, how, {make_progress(), make_warn(), stop_on_signals(), make_note()});
  if (result.comparison) print_comparison(*result.comparison);
  for (const SweepFailure& failure : result.failures)
    make_note()("failed: " + failure.run + ": " + failure.why);
  std::cerr << "onset: " << result.plan.runs.size() << " runs, " << result.updates << " updates made, "
            << result.measured << " checkpoints measured -> " << how.output.string() << '\n';
  if (result.failures.empty()) return 0;
  return result.made > 0 ? 3 : static_cast<int>(ErrorKind::bug);  // every run diverged
}

}  // namespace onset::apps
