#include "onset/sweep/sweep_table.h"

#include <algorithm>

#include "onset/findings/onset_cells.h"

namespace onset {
namespace {

void add_gap(FindingsTable& table, const std::optional<GapEstimate>& gap) {
  table.set("gap.steps", gap ? std::optional(gap->steps) : std::nullopt);
  table.set("gap.low", gap ? std::optional(gap->interval.low) : std::nullopt);
  table.set("gap.high", gap ? std::optional(gap->interval.high) : std::nullopt);
  table.set("gap.p_structure_first", gap ? std::optional(gap->p_structure_first) : std::nullopt);
}

void add_final(FindingsTable& table, const std::string& curve, const RunComparison* run) {
  MetricComparison metric;
  if (run != nullptr) {
    const auto found = std::ranges::find(run->metrics, curve, &MetricComparison::metric);
    if (found != run->metrics.end()) metric = *found;
  }
  table.set(curve + ".final",
            metric.summary ? std::optional(metric.summary->final_value.value) : std::nullopt);
  set_interval(table, curve + ".final_", metric.final_interval);
}

}  // namespace

std::vector<std::string> final_curves(const Comparison& comparison) {
  const Detection& first = comparison.runs.at(0).detection;
  std::vector<std::string> out;
  for (const std::string& curve : {first.structure_curve, first.capability_curve, std::string("loss/mlm")}) {
    if (std::ranges::find(out, curve) == out.end()) out.push_back(curve);
  }
  return out;
}

FindingsTable sweep_table(const SweepPlan& plan, const Comparison& comparison) {
  FindingsTable table;
  for (const SweepRun& run : plan.runs) {
    const auto found = std::ranges::find(comparison.runs, run.name, &RunComparison::run);
    const RunComparison* const there = found == comparison.runs.end() ? nullptr : &*found;
    const Detection none;
    const Detection& detection = there == nullptr ? none : there->detection;
    table.start_row();
    table.set("run", run.name);
    table.set("condition", run.condition);
    table.set("seed", static_cast<double>(run.seed));
    table.set("lambda", run.lambda);
    table.set("release", run.release ? std::optional(static_cast<double>(*run.release)) : std::nullopt);
    table.set("steps", static_cast<double>(plan.extent.steps));
    set_onset(table, "structure", detection.structure);
    set_onset(table, "capability", detection.capability);
    add_gap(table, detection.gap.answer);
    for (const std::string& curve : final_curves(comparison)) add_final(table, curve, there);
  }
  return table;
}

}  // namespace onset
