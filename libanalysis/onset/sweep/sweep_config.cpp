#include "onset/sweep/sweep_config.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "onset/analysis/analyze.h"
#include "onset/analysis/probes.h"
#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/checkpoint/json_text.h"
#include "onset/checkpoint/printable.h"
#include "onset/checkpoint/step_selection.h"
#include "onset/training/json_section.h"
#include "onset/training/probe_section.h"
#include "onset/training/schedule.h"
#include "onset/training/training_state.h"

namespace onset {
namespace {

using nlohmann::json;

const std::vector<std::pair<std::string_view, StepAxis>> axes = {{"step", StepAxis::step},
                                                                 {"log", StepAxis::log_step}};

/// The items of a list, each read by `read`; none twice.
template <typename Read>
auto list_at(const JsonSection& section, std::string_view key, const Read& read) {
  const json& value = section.at(key);
  if (!value.is_array() || value.empty())
    throw section.fault(key, "expected a list of one or more, found " +
                                 (value.is_array() ? std::string("an empty one") : json_kind(value)));
  std::vector<decltype(read(value))> out;
  for (const json& item : value) {
    const auto one = read(item);
    if (std::ranges::find(out, one) != out.end())
      throw section.fault(key, "expected each value once, found " + item.dump() + " twice");
    out.push_back(one);
  }
  return out;
}

SweepGrid read_grid(const JsonSection& whole, const TrainConfig& train) {
  SweepGrid grid;
  if (!whole.has("lambda"))
    throw whole.fault("lambda", "missing: a list of numbers; 0 among them is the base run");
  const JsonSection::Bounds any{.low = std::numeric_limits<double>::lowest()};
  grid.lambda = list_at(whole, "lambda", [&](const json& item) { return whole.number("lambda", item, any); });
  if (whole.has("release")) {
    grid.release = list_at(whole, "release", [&](const json& item) -> std::optional<std::int64_t> {
      if (item.is_null()) return std::nullopt;
      return whole.integer("release", item, 0, train.steps - 1);
    });
  }
  grid.seed = {train.seed};
  if (whole.has("seed")) {
    grid.seed = list_at(whole, "seed", [&](const json& item) {
      return static_cast<std::uint64_t>(whole.integer("seed", item, 0, std::int64_t{1} << 53));
    });
  }
  return grid;
}

void read_detect(const JsonSection& section, DetectOptions& detect) {
  section.read("structure", detect.structure);
  section.read("capability", detect.capability);
  section.read_choice("axis", detect.onset.axis, axes);
  section.read("spacing", detect.onset.spacing, {.low_excluded = true});
}

/// Steps at which every run of this configuration has a checkpoint, ascending.
std::vector<std::int64_t> saved_steps(const TrainConfig& train, const SweepExtent& extent) {
  std::vector<std::int64_t> out = {extent.start};
  for (std::int64_t step = extent.start + 1; step < extent.steps; ++step) {
    if (is_scheduled(train.save, step)) out.push_back(step);
  }
  if (extent.steps > extent.start) out.push_back(extent.steps);
  return out;
}

std::vector<std::int64_t> chosen_steps(const std::string& text, std::vector<std::int64_t> saved) {
  if (text.empty()) return saved;
  const StepSelection selection = parse_steps(text);
  for (const std::int64_t step : selection.steps) {
    if (!std::ranges::binary_search(saved, step))
      throw Error(ErrorKind::usage, "step " + std::to_string(step) + " is not among the " +
                                        std::to_string(saved.size()) + " checkpoints of a run");
  }
  std::erase_if(saved, [&](std::int64_t step) { return !selection.contains(step); });
  if (saved.empty()) throw Error(ErrorKind::usage, "\"" + printable(text) + "\" leaves no checkpoint");
  return saved;
}

/// Runs a check of an option of the command line on a key of the file: what it finds wrong is the file's
/// fault.
template <typename Check>
auto checked(const JsonSection& section, std::string_view key, const Check& check) {
  try {
    return check();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage) throw;
    throw section.fault(key, error.what());
  }
}

}  // namespace

SweepConfig read_sweep_config(const std::filesystem::path& file) {
  const json object = parse_json(read_file(file), file.string());
  const JsonSection whole(object, file.string(), "",
                          {"train", "lambda", "release", "seed", "analyze", "detect"});
  const JsonSection analyze = whole.section("analyze", probe_keys({"steps"}));
  const JsonSection detect = whole.section("detect", {"structure", "capability", "axis", "spacing"});
  SweepConfig config;
  config.file = file;
  const std::filesystem::path train = whole.path("train", file);
  if (train.empty()) throw whole.fault("train", "missing: the train.json of the runs");
  config.probes = read_probe_options(analyze, file);
  // What is missing is noticed before what makes no sense.
  config.train = read_train_config(train);
  const std::vector<std::string> probes =
      checked(whole, "analyze", [&] { return choose_probes(config.probes); });
  config.grid = read_grid(whole, config.train);
  const auto state = config.train.init.empty() ? std::nullopt : read_training_state(config.train.init);
  config.extent = {state ? state->step : 0, config.train.steps};
  std::string steps;
  analyze.read("steps", steps);
  config.measured = checked(analyze, "steps",
                            [&] { return chosen_steps(steps, saved_steps(config.train, config.extent)); });
  read_detect(detect, config.detect);
  checked(detect, "structure", [&] { return parse_selector(config.detect.structure); });
  checked(detect, "capability", [&] { return parse_selector(config.detect.capability); });
  if (!measures_onset_curve(config.detect, probes)) {
    throw whole.fault("detect", "neither " + config.detect.structure + " nor " + config.detect.capability +
                                    " is measured by the probes of `analyze`");
  }
  return config;
}

TrainConfig train_config_of(const SweepConfig& config, const SweepRun& run) {
  TrainConfig out = config.train;
  out.live.reset();
  out.seed = run.seed;
  out.objective.lambda = {{0, run.lambda}};
  if (run.release) out.objective.lambda.push_back({*run.release, 0});
  return out;
}

}  // namespace onset
