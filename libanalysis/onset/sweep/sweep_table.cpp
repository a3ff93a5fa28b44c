#include "onset/sweep/sweep_table.h"

#include <algorithm>
#include <cmath>

namespace onset {
namespace {

void set(FindingsTable& table, const std::string& column, const std::optional<double>& value) {
  table.set(column, value.value_or(std::nan("")));
}

void add_onset(FindingsTable& table, const std::string& role, const std::optional<Onset>& found) {
  const Onset onset = found.value_or(Onset{});
  table.set(role + ".break", std::string(!found ? "" : onset.break_found ? "yes" : "no"));
  set(table, role + ".step", onset.step);
  set(table, role + ".low", onset.low);
  set(table, role + ".high", onset.high);
  set(table, role + ".p", onset.p);
}

void add_gap(FindingsTable& table, const std::optional<GapEstimate>& gap) {
  set(table, "gap.steps", gap ? std::optional(gap->steps) : std::nullopt);
  set(table, "gap.low", gap ? std::optional(gap->interval.low) : std::nullopt);
  set(table, "gap.high", gap ? std::optional(gap->interval.high) : std::nullopt);
  set(table, "gap.p_structure_first", gap ? std::optional(gap->p_structure_first) : std::nullopt);
}

void add_final(FindingsTable& table, const std::string& curve, const RunComparison* run) {
  MetricComparison metric;
  if (run != nullptr) {
    const auto found = std::ranges::find(run->metrics, curve, &MetricComparison::metric);
    if (found != run->metrics.end()) metric = *found;
  }
  const auto& interval = metric.final_interval;
  set(table, curve + ".final",
      metric.summary ? std::optional(metric.summary->final_value.value) : std::nullopt);
  set(table, curve + ".final_low", interval ? std::optional(interval->low) : std::nullopt);
  set(table, curve + ".final_high", interval ? std::optional(interval->high) : std::nullopt);
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
    set(table, "release", run.release ? std::optional(static_cast<double>(*run.release)) : std::nullopt);
    table.set("steps", static_cast<double>(plan.extent.steps));
    add_onset(table, "structure", detection.structure);
    add_onset(table, "capability", detection.capability);
    add_gap(table, detection.gap.answer);
    for (const std::string& curve : final_curves(comparison)) add_final(table, curve, there);
  }
  return table;
}

}  // namespace onset
