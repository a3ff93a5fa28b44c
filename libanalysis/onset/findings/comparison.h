// Runs side by side: onsets with intervals, final and best metrics, differences from the first run, areas
// between curves, seeds of one condition taken together.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "onset/base/progress.h"
#include "onset/breaks/compare.h"
#include "onset/breaks/seeds.h"
#include "onset/findings/detection.h"
#include "onset/series/findings_table.h"

namespace onset {

struct CompareOptions {
  DetectOptions detect;
  std::vector<std::string> metrics = {"uas/micro", "uas/macro", "uas/best_all", "pll/overall", "loss/mlm"};
  std::vector<double> loss_steps;       ///< steps at which loss/mlm is reported, interpolated linearly
  std::vector<std::string> conditions;  ///< one a file; equal names are seeds of one condition; may be empty
  bool allow_different = false;  ///< compare files measured on other data or with other options, marked
};

/// One metric of one run beside the first run's.
struct MetricComparison {
  std::string metric;                      ///< selector
  std::optional<CurveSummary> summary;     ///< empty: not in the file or never measured
  std::optional<Interval> final_interval;  ///< of the final value, from its replicates
  /// Everything below is against the first run, and empty for it.
  std::optional<Difference> final_difference;
  std::optional<Area> by_step;   ///< between the curves over their common steps
  std::optional<Area> by_onset;  ///< the same with each curve moved to its structure onset
};

struct RunComparison {
  std::filesystem::path file;
  std::string run, condition;
  Detection detection;
  std::vector<MetricComparison> metrics;      ///< in the order of Comparison::metrics
  std::vector<std::optional<double>> losses;  ///< [loss step]; empty outside what was measured
  std::vector<std::string> differs;           ///< from the first file, in data or options
};

/// Seeds of one condition. Onsets are over the runs that have one.
struct ConditionSummary {
  std::string condition;
  std::size_t runs = 0;
  std::optional<SeedMean> structure, capability, gap;
  std::vector<std::optional<SeedMean>> finals;  ///< [metric]
};

struct Comparison {
  std::vector<std::string> metrics;  ///< the options' and, where a file has them, phenomena and GLUE
  std::vector<double> loss_steps;
  std::vector<RunComparison> runs;
  std::vector<ConditionSummary> conditions;  ///< those of more than one run
};

/// The first file is the reference; it may be the only one. Throws what detect throws; Error(usage) for no
/// file or another number of conditions than files; Error(bad_data) naming what differs when two files were
/// measured on different data or with different options, unless that is allowed.
Comparison compare_runs(const std::vector<std::filesystem::path>& files, const CompareOptions& options,
                        const Progress& progress = {});

/// A row a run, then a row a condition. Columns: condition, run, runs, file, differs; set_onset's of
/// structure and capability; gap.steps, .low, .high, .p_structure_first; for each metric M: M.final,
/// .final_low, .final_high, .final_step, .best, .best_step, .difference, .difference_low, .difference_high,
/// .difference_p, .area, .mean_difference, .mean_difference_low, .mean_difference_high,
/// .mean_difference_since_onset; and loss/mlm.at_STEP. A condition's row has the mean over its seeds of
/// onsets, gap and finals, with intervals.
FindingsTable comparison_table(const Comparison& comparison);

}  // namespace onset
