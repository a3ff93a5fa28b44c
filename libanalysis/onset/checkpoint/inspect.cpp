#include "onset/checkpoint/inspect.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "onset/base/error.h"
#include "onset/checkpoint/checkpoint.h"
#include "onset/checkpoint/printable.h"
#include "onset/checkpoint/step_grid.h"
#include "onset/checkpoint/tokenizer_files.h"
#include "onset/checkpoint/weight_sample.h"
#include "onset/text/vocabulary.h"

namespace onset {
namespace {

namespace fs = std::filesystem;

/// A vocabulary need not be there; whether it fits is told.
void inspect_vocabulary(const fs::path& folder, CheckpointReport& report) {
  try {
    report.vocabulary = find_tokenizer(folder, {}).vocab;
    report.vocabulary_lines = count_vocabulary_lines(report.vocabulary);
    require_vocabulary_fits(report.vocabulary, report.vocabulary_lines, report.config.vocab_size);
    Vocabulary::read(report.vocabulary);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::missing_input) report.problems.emplace_back(error.what());
  }
}

void inspect_opened(const Checkpoint& checkpoint, CheckpointReport& report) {
  report.config = checkpoint.config();
  for (const fs::path& file : checkpoint.weight_files()) {
    report.weight_files.push_back(file.filename().string());
  }
  report.bytes = checkpoint.bytes();
  report.sha256 = checkpoint.sha256();
  for (const std::string& name : checkpoint.names()) {
    ++report.tensors;
    report.parameters += checkpoint.tensor(name).numel();
  }
  report.dtypes = checkpoint.dtypes();
  report.mlm_head = checkpoint.has_mlm_head();
  report.tied_decoder = checkpoint.has_tied_decoder();
  report.pooler = checkpoint.has_pooler();
  report.notes = checkpoint.notes();
  report.ignored = checkpoint.ignored();
  report.nonfinite = checkpoint.nonfinite();
  if (!report.nonfinite.empty()) {
    report.problems.push_back("values that are no numbers in " + std::to_string(report.nonfinite.size()) +
                              " tensors: " + list_text(report.nonfinite, 3));
  }
  inspect_vocabulary(checkpoint.folder(), report);
  if (!checkpoint.unchanged()) {
    throw error_in(ErrorKind::try_again, checkpoint.folder().string(), "changed while it was read");
  }
}

struct Inspected {
  CheckpointReport report;
  WeightSample sample;  ///< empty unless the checkpoint could be opened
};

Inspected inspect(const fs::path& folder, bool with_sample) {
  Inspected out;
  out.report.folder = folder;
  try {
    const Checkpoint checkpoint = Checkpoint::open(folder);
    if (with_sample) out.sample = sample_weights(checkpoint);
    inspect_opened(checkpoint, out.report);
  } catch (const Error& error) {
    out.report = CheckpointReport{};
    out.report.folder = folder;
    out.report.error = error.what();
    out.report.error_code = static_cast<int>(error.kind());
    out.sample = {};
  }
  return out;
}

/// "hidden_size 128 (64 at step 100)" for each key that differs.
std::vector<std::string> config_changes(const CheckpointReport& before, const CheckpointReport& now) {
  const auto old_values = nlohmann::json::parse(config_json(before.config));
  const auto new_values = nlohmann::json::parse(config_json(now.config));
  std::vector<std::string> out;
  for (const auto& [key, value] : new_values.items()) {
    if (value == old_values.at(key)) continue;
    out.push_back(key + " " + value.dump() + " (" + old_values.at(key).dump() + " at step " +
                  std::to_string(before.step) + ")");
  }
  return out;
}

std::string step_text(std::int64_t step) { return "step " + std::to_string(step); }

void compare_neighbours(SeriesReport& series) {
  std::map<std::string, std::int64_t> by_hash;
  const CheckpointReport* before = nullptr;
  for (const CheckpointReport& now : series.checkpoints) {
    if (!now.error.empty()) continue;
    const auto [known, fresh] = by_hash.emplace(now.sha256, now.step);
    if (!fresh) {
      series.problems.push_back(step_text(now.step) + ": the same weights as " + step_text(known->second));
    }
    if (before != nullptr) {
      const std::vector<std::string> changes = config_changes(*before, now);
      if (!changes.empty()) {
        series.problems.push_back(step_text(now.step) +
                                  ": another configuration: " + list_text(changes, changes.size()));
      }
    }
    before = &now;
  }
}

void name_outliers(const std::vector<Detour>& detours, SeriesReport& series) {
  constexpr double most = 2.2;
  constexpr double most_of_median = 1.5;
  if (detours.empty()) return;
  std::vector<double> sorted;
  for (const Detour& detour : detours) sorted.push_back(detour.ratio);
  std::sort(sorted.begin(), sorted.end());
  const double median = (sorted[(sorted.size() - 1) / 2] + sorted[sorted.size() / 2]) / 2;
  for (const Detour& detour : detours) {
    if (detour.ratio <= most || detour.ratio <= most_of_median * median) continue;
    char ratio[32];
    std::snprintf(ratio, sizeof ratio, "%.1f", detour.ratio);
    series.problems.push_back(step_text(detour.step) + ": its weights are out of line: by way of it from " +
                              step_text(detour.before) + " to " + step_text(detour.after) + " it is " +
                              ratio + " times as far as directly; is the step right?");
  }
}

}  // namespace

CheckpointReport inspect_checkpoint(const fs::path& folder) { return inspect(folder, false).report; }

SeriesReport inspect_series(const SeriesListing& series, const Progress& progress) {
  SeriesReport out;
  out.notes = series.notes;
  std::vector<std::int64_t> steps;
  DetourMeter meter;
  for (const SeriesEntry& entry : series.entries) {
    Inspected inspected = inspect(entry.folder, true);
    inspected.report.step = entry.step;
    steps.push_back(entry.step);
    if (inspected.report.error.empty()) meter.add(entry.step, std::move(inspected.sample));
    out.checkpoints.push_back(std::move(inspected.report));
    if (progress) {
      progress({"inspect", static_cast<std::int64_t>(steps.size()),
                static_cast<std::int64_t>(series.entries.size()), "checkpoints"});
    }
  }
  for (const std::int64_t step : missing_steps(steps)) {
    out.problems.push_back(step_text(step) + ": missing from an otherwise regular grid");
  }
  compare_neighbours(out);
  name_outliers(meter.detours(), out);
  return out;
}

}  // namespace onset
