#include "onset/findings/comparison.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "onset/base/error.h"
#include "onset/findings/agreement.h"
#include "onset/findings/onset_cells.h"
#include "onset/series/hdf5_file.h"

namespace onset {
namespace {

/// What is read of one file: everything that compares it.
struct Read {
  SeriesHeader header;
  std::vector<std::optional<Curve>> curves;  // [metric]
};

std::vector<std::string> phenomena_of(const std::filesystem::path& file) {
  const std::optional<LabelledVariable> read = read_variable(file, "pll/phenomenon_accuracy");
  if (!read || read->axes.size() != 2) return {};
  const auto* const labels = std::get_if<std::vector<std::string>>(&read->axes[1].labels);
  return labels == nullptr ? std::vector<std::string>{} : *labels;
}

/// What the files have beyond the headline curves: phenomena of the minimal pairs, results of fine-tuning.
std::vector<std::string> further_metrics(const std::vector<std::filesystem::path>& files,
                                         const std::vector<SeriesHeader>& headers) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& selector) {
    if (std::ranges::find(out, selector) == out.end()) out.push_back(selector);
  };
  for (std::size_t f = 0; f < files.size(); ++f) {
    for (const std::string& array : headers[f].arrays) {
      if (array == "pll/phenomenon_accuracy") {
        for (const std::string& name : phenomena_of(files[f]))
          add(std::string(array).append("[phenomenon=").append(name).append("]"));
      }
      if (!array.starts_with("glue/") || array.ends_with("_replicates")) continue;
      if (array.ends_with("_spread") || array.ends_with("/epochs")) continue;  // no results of their own
      const std::optional<LabelledVariable> read = read_variable(files[f], array);
      if (!read || read->axes.empty() || read->axes.front().name != step_axis) continue;
      if (read->axes.size() == 1) add(array);
      if (read->axes.size() == 2) add(array + "[" + read->axes[1].name + "=mean]");
    }
  }
  return out;
}

/// A metric that a file does not have, down to the label, is no fault here: its cells stay empty.
std::optional<Curve> curve_if_there(const std::filesystem::path& file, const std::string& metric,
                                    bool from_file) {
  const CurveSelector selector = parse_selector(metric);
  if (!from_file) return read_curve(file, selector, ErrorKind::bad_data);
  try {
    return read_curve(file, selector);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::usage) return std::nullopt;
    throw;
  }
}

std::optional<double> value_at(const std::optional<Curve>& curve, double step) {
  if (!curve) return std::nullopt;
  const CleanCurve clean = clean_curve({curve->name, curve->steps, curve->values, {}});
  const std::vector<double>& steps = clean.curve.steps;
  if (steps.empty() || step < steps.front() || step > steps.back()) return std::nullopt;
  return interpolate(steps, clean.curve.values, step);
}

std::optional<double> structure_step(const Detection& detection) {
  return detection.structure ? detection.structure->step : std::nullopt;
}

MetricComparison compare_metric(const std::string& metric, const std::optional<Curve>& curve,
                                const std::optional<Curve>& reference, const Detection& detection,
                                const Detection& reference_detection, double level) {
  MetricComparison out;
  out.metric = metric;
  if (!curve) return out;
  const Trend trend = trend_of(parse_selector(metric));
  out.summary = summarise(*curve, trend);
  if (out.summary) out.final_interval = percentile_interval(out.summary->final_value.replicates, level);
  if (!reference) return out;
  const std::optional<CurveSummary> first = summarise(*reference, trend);
  if (out.summary && first)
    out.final_difference = paired_difference(out.summary->final_value, first->final_value, level);
  out.by_step = area_between(aligned_difference(*curve, *reference), StepAxis::step, level);
  const auto onset = structure_step(detection), first_onset = structure_step(reference_detection);
  if (onset && first_onset) {
    const AlignedDifference moved = aligned_difference(*curve, *reference, {*onset, *first_onset});
    out.by_onset = area_between(moved, StepAxis::step, level);
  }
  return out;
}

std::optional<SeedMean> mean_over(const std::vector<Measured>& runs, double level) {
  if (runs.empty()) return std::nullopt;
  return combine_seeds(runs, level);
}

ConditionSummary summarise_condition(const std::string& name, const Comparison& comparison, double level) {
  ConditionSummary out;
  out.condition = name;
  std::vector<Measured> structure, capability, gap;
  std::vector<std::vector<Measured>> finals(comparison.metrics.size());
  for (const RunComparison& run : comparison.runs) {
    if (run.condition != name) continue;
    ++out.runs;
    const Detection& found = run.detection;
    const bool has_structure = found.structure && found.structure->step;
    const bool has_capability = found.capability && found.capability->step;
    if (has_structure) structure.push_back({*found.structure->step, found.structure->replicate_steps});
    if (has_capability) capability.push_back({*found.capability->step, found.capability->replicate_steps});
    if (has_structure && has_capability) {
      gap.push_back(
          {*found.capability->step - *found.structure->step,
           paired_differences(found.capability->replicate_steps, found.structure->replicate_steps)});
    }
    for (std::size_t m = 0; m < finals.size(); ++m) {
      if (run.metrics[m].summary) finals[m].push_back(run.metrics[m].summary->final_value);
    }
  }
  out.structure = mean_over(structure, level);
  out.capability = mean_over(capability, level);
  out.gap = mean_over(gap, level);
  for (const auto& values : finals) out.finals.push_back(mean_over(values, level));
  return out;
}

void check_agreement(const std::vector<std::filesystem::path>& files,
                     const std::vector<SeriesHeader>& headers, bool allowed) {
  if (allowed) return;
  for (std::size_t f = 1; f < files.size(); ++f) {
    const std::vector<std::string> differ = disagreements(headers.front(), headers[f]);
    if (differ.empty()) continue;
    const std::string more = differ.size() > 1 ? " (and " + std::to_string(differ.size() - 1) + " more)" : "";
    throw error_in(ErrorKind::bad_data, files[f].string(),
                   "measured otherwise than " + files.front().string() + ": " + differ.front() + more +
                       "; --allow-different compares them all the same");
  }
}

void add_metric(FindingsTable& table, const MetricComparison& metric) {
  const std::string& name = metric.metric;
  const auto& summary = metric.summary;
  table.set(name + ".final", summary ? std::optional(summary->final_value.value) : std::nullopt);
  set_interval(table, name + ".final_", metric.final_interval);
  table.set(name + ".final_step", summary ? std::optional(summary->final_step) : std::nullopt);
  table.set(name + ".best", summary ? std::optional(summary->best_value.value) : std::nullopt);
  table.set(name + ".best_step", summary ? std::optional(summary->best_step) : std::nullopt);
  const auto& difference = metric.final_difference;
  table.set(name + ".difference", difference ? std::optional(difference->value) : std::nullopt);
  set_interval(table, name + ".difference_", difference ? difference->interval : std::nullopt);
  table.set(name + ".difference_p", difference ? difference->p : std::nullopt);
  table.set(name + ".area", metric.by_step ? std::optional(metric.by_step->area) : std::nullopt);
  const auto& mean = metric.by_step;
  table.set(name + ".mean_difference", mean ? std::optional(mean->mean_difference.value) : std::nullopt);
  set_interval(table, name + ".mean_difference_", mean ? mean->mean_difference.interval : std::nullopt);
  const auto& moved = metric.by_onset;
  table.set(name + ".mean_difference_since_onset",
            moved ? std::optional(moved->mean_difference.value) : std::nullopt);
}

void add_seed_mean(FindingsTable& table, const std::string& column, const std::string& prefix,
                   const std::optional<SeedMean>& mean) {
  if (!mean) return;
  table.set(column, mean->mean);
  set_interval(table, prefix, mean->interval);
}

std::string joined(const std::vector<std::string>& phrases) {
  std::string out;
  for (const std::string& phrase : phrases) out += (out.empty() ? "" : "; ") + phrase;
  return out;
}

}  // namespace

Comparison compare_runs(const std::vector<std::filesystem::path>& files, const CompareOptions& options,
                        const Progress& progress) {
  if (files.empty()) throw Error(ErrorKind::usage, "compare: no series file");
  if (!options.conditions.empty() && options.conditions.size() != files.size()) {
    throw Error(ErrorKind::usage, "compare: " + std::to_string(options.conditions.size()) +
                                      " conditions for " + std::to_string(files.size()) + " files");
  }
  std::vector<SeriesHeader> headers;
  headers.reserve(files.size());
  for (const auto& file : files) headers.push_back(read_header(file));
  check_agreement(files, headers, options.allow_different);

  Comparison out;
  out.metrics = options.metrics;
  out.loss_steps = options.loss_steps;
  for (const std::string& metric : further_metrics(files, headers)) out.metrics.push_back(metric);
  const double level = options.detect.onset.level;
  std::vector<std::optional<Curve>> reference;
  for (std::size_t f = 0; f < files.size(); ++f) {
    RunComparison run;
    run.file = files[f];
    run.run = run_name(headers[f], files[f]);
    run.condition = options.conditions.empty() ? run.run : options.conditions[f];
    if (f > 0) run.differs = disagreements(headers.front(), headers[f]);
    run.detection = detect(files[f], options.detect);
    std::vector<std::optional<Curve>> curves;
    for (std::size_t m = 0; m < out.metrics.size(); ++m) {
      curves.push_back(curve_if_there(files[f], out.metrics[m], m >= options.metrics.size()));
      const std::optional<Curve> first = f > 0 ? reference[m] : std::nullopt;
      const Detection& base = f > 0 ? out.runs.front().detection : run.detection;
      run.metrics.push_back(compare_metric(out.metrics[m], curves[m], first, run.detection, base, level));
    }
    if (!out.loss_steps.empty()) {
      const std::optional<Curve> loss = read_curve(files[f], parse_selector("loss/mlm"), ErrorKind::bad_data);
      for (const double step : out.loss_steps) run.losses.push_back(value_at(loss, step));
    }
    if (f == 0) reference = std::move(curves);
    out.runs.push_back(std::move(run));
    if (progress)
      progress(
          {"compare", static_cast<std::int64_t>(f) + 1, static_cast<std::int64_t>(files.size()), "runs"});
  }
  std::vector<std::string> seen;
  for (const RunComparison& run : out.runs) {
    if (std::ranges::find(seen, run.condition) != seen.end()) continue;
    seen.push_back(run.condition);
    ConditionSummary condition = summarise_condition(run.condition, out, level);
    if (condition.runs > 1) out.conditions.push_back(std::move(condition));
  }
  return out;
}

FindingsTable comparison_table(const Comparison& comparison) {
  FindingsTable table;
  for (const RunComparison& run : comparison.runs) {
    table.start_row();
    table.set("run", run.run);
    table.set("condition", run.condition);
    table.set("runs", 1.0);
    table.set("file", run.file.string());
    table.set("differs", joined(run.differs));
    set_onset(table, "structure", run.detection.structure);
    set_onset(table, "capability", run.detection.capability);
    const auto& gap = run.detection.gap.answer;
    table.set("gap.steps", gap ? std::optional(gap->steps) : std::nullopt);
    set_interval(table, "gap.", gap ? std::optional(gap->interval) : std::nullopt);
    table.set("gap.p_structure_first", gap ? std::optional(gap->p_structure_first) : std::nullopt);
    for (const MetricComparison& metric : run.metrics) add_metric(table, metric);
    for (std::size_t i = 0; i < run.losses.size(); ++i) {
      table.set("loss/mlm.at_" + std::to_string(static_cast<std::int64_t>(comparison.loss_steps[i])),
                run.losses[i]);
    }
  }
  for (const ConditionSummary& condition : comparison.conditions) {
    table.start_row();
    table.set("run", condition.condition + " (mean)");
    table.set("condition", condition.condition);
    table.set("runs", static_cast<double>(condition.runs));
    add_seed_mean(table, "structure.step", "structure.", condition.structure);
    add_seed_mean(table, "capability.step", "capability.", condition.capability);
    add_seed_mean(table, "gap.steps", "gap.", condition.gap);
    for (std::size_t m = 0; m < comparison.metrics.size(); ++m) {
      const std::string& name = comparison.metrics[m];
      add_seed_mean(table, name + ".final", name + ".final_", condition.finals[m]);
    }
  }
  return table;
}

}  // namespace onset
