#include "onset/findings/detection.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "onset/base/error.h"
#include "onset/findings/onset_cells.h"
#include "onset/series/hdf5_file.h"

namespace onset {
namespace {

using Json = nlohmann::ordered_json;

/// Whole numbers without a fraction; what is not finite is null.
Json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == std::round(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

Json number(const std::optional<double>& value) { return value ? number(*value) : Json(nullptr); }

Json sensitivity_json(const std::vector<SpacingAnswer>& answers) {
  Json out = Json::array();
  for (const SpacingAnswer& answer : answers)
    out.push_back({{"spacing", number(answer.spacing)},
                   {"step", number(answer.step)},
                   {"amplitude", number(answer.amplitude)}});
  return out;
}

Json onset_json(const std::string& curve, const std::optional<Onset>& found) {
  if (!found) return nullptr;
  const Onset& onset = *found;
  Json out;
  out["curve"] = curve;
  out["break"] = onset.break_found;
  out["step"] = number(onset.step);
  out["low"] = number(onset.low);
  out["high"] = number(onset.high);
  out["p"] = number(onset.p);
  out["detectors"] = {{"second_difference", number(onset.detectors.second_difference)},
                      {"piecewise_linear", number(onset.detectors.piecewise_linear)},
                      {"slope", number(onset.detectors.slope)}};
  out["agree"] = onset.agree;
  out["knots"] = onset.knots;
  out["knot_low"] = onset.knot_interval ? number(onset.knot_interval->low) : Json(nullptr);
  out["knot_high"] = onset.knot_interval ? number(onset.knot_interval->high) : Json(nullptr);
  out["amplitude"] = number(onset.amplitude);
  out["at_edge"] = onset.at_edge;
  out["spacing"] = number(onset.spacing);
  out["sensitivity"] = sensitivity_json(onset.sensitivity);
  out["item_noise"] = number(onset.item_noise);
  out["training_noise"] = number(onset.training_noise);
  out["points"] = onset.points;
  out["replicates"] = onset.replicates;
  out["reason"] = onset.reason;
  return out;
}

Json estimate_json(const GapEstimate& gap) {
  return {{"steps", number(gap.steps)},
          {"low", number(gap.interval.low)},
          {"high", number(gap.interval.high)},
          {"p_structure_first", gap.p_structure_first}};
}

Json gap_json(const Gap& gap) {
  if (!gap.answer) return nullptr;
  Json out = estimate_json(*gap.answer);
  if (gap.knot) out["by_knots"] = estimate_json(*gap.knot);
  out["reason"] = gap.reason;
  return out;
}

const char* side_name(DipSide side) {
  switch (side) {
    case DipSide::before:
      return "before";
    case DipSide::at:
      return "at";
    case DipSide::after:
      return "after";
    case DipSide::none:
      break;
  }
  return nullptr;
}

Json dip_json(const std::optional<FoundDip>& found) {
  if (!found) return nullptr;
  const Dip& dip = found->dip;
  const char* const side = side_name(dip.side);
  return {{"curve", found->curve},
          {"found", dip.found},
          {"step", dip.found ? number(dip.step) : Json(nullptr)},
          {"value", dip.found ? number(dip.value) : Json(nullptr)},
          {"depth", number(dip.depth)},
          {"depth_in_noise", number(dip.depth_in_noise)},
          {"structure_onset", side == nullptr ? Json(nullptr) : Json(side)},
          {"reason", dip.reason}};
}

/// The median gap of the series that the file's checkpoints were picked from; 0 where they are all there
/// were.
double median_gap_of(const SeriesHeader& header, StepAxis axis) {
  const auto found = header.attributes.find(median_gap_attribute(axis));
  if (found == header.attributes.end()) return 0;
  const auto* const gap = std::get_if<double>(&found->second);
  return gap != nullptr && std::isfinite(*gap) && *gap > 0 ? *gap : 0;
}

/// A curve that nobody typed but that does not fit is the file's fault.
std::optional<Curve> curve_for(const std::filesystem::path& file, const CurveSelector& selector,
                               const std::string& standard) {
  return read_curve(file, selector, selector.text == standard ? ErrorKind::bad_data : ErrorKind::usage);
}

std::optional<Onset> onset_of(const std::optional<Curve>& curve, const CurveSelector& selector,
                              OnsetOptions options, std::uint64_t stream) {
  if (!curve) return std::nullopt;
  options.trend = trend_of(selector);
  options.stream = stream;
  return find_onset(*curve, options);
}

void add_extent(Detection& detection, const std::optional<Curve>& curve) {
  if (!curve || curve->steps.empty()) return;
  detection.checkpoints = curve->steps.size();
  detection.first_step = curve->steps.front();
  detection.last_step = curve->steps.back();
}

void add_onset_row(FindingsTable& table, const std::string& run, const std::string& role,
                   const std::string& curve, const std::optional<Onset>& found) {
  table.start_row();
  table.set("run", run);
  table.set("role", role);
  table.set("curve", curve);
  const Onset onset = found.value_or(Onset{});
  table.set("break", std::string(!found ? "" : onset.break_found ? "yes" : "no"));
  table.set("step", onset.step);
  table.set("low", onset.low);
  table.set("high", onset.high);
  table.set("p", onset.p);
  table.set("second_difference", onset.detectors.second_difference);
  table.set("piecewise_linear", onset.detectors.piecewise_linear);
  set_interval(table, "knot_", onset.knot_interval);
  table.set("slope", onset.detectors.slope);
  table.set("agree", std::string(!found ? "" : onset.agree ? "yes" : "no"));
  if (found) {
    table.set("amplitude", onset.amplitude);
    table.set("spacing", onset.spacing);
    table.set("points", static_cast<double>(onset.points));
    table.set("replicates", static_cast<double>(onset.replicates));
  }
  table.set("reason", found ? onset.reason : "not in the file");
}

void add_gap_row(FindingsTable& table, const std::string& run, const Gap& gap) {
  table.start_row();
  table.set("run", run);
  table.set("role", std::string("gap"));
  if (gap.answer) {
    table.set("step", gap.answer->steps);
    set_interval(table, "", gap.answer->interval);
    table.set("p_structure_first", gap.answer->p_structure_first);
    table.set("second_difference", gap.answer->steps);
  }
  if (gap.knot) {
    table.set("piecewise_linear", gap.knot->steps);
    set_interval(table, "knot_", gap.knot->interval);
  }
  table.set("reason", gap.reason);
}

}  // namespace

std::string median_gap_attribute(StepAxis axis) {
  return axis == StepAxis::log_step ? "median_gap_log_step" : "median_gap_step";
}

Detection detect(const std::filesystem::path& file, const DetectOptions& options) {
  const CurveSelector structure = parse_selector(options.structure);
  const CurveSelector capability = parse_selector(options.capability);
  const CurveSelector dimension = parse_selector(options.dimension);
  const DetectOptions standard;
  Detection out;
  const SeriesHeader header = read_header(file);
  out.run = run_name(header, file);
  OnsetOptions onset = options.onset;
  if (onset.median_gap == 0) onset.median_gap = median_gap_of(header, onset.axis);
  out.structure_curve = structure.text;
  out.capability_curve = capability.text;
  const std::optional<Curve> structure_curve = curve_for(file, structure, standard.structure);
  const std::optional<Curve> capability_curve = curve_for(file, capability, standard.capability);
  if (!structure_curve && !capability_curve) {
    throw error_in(ErrorKind::bad_data, file.string(),
                   "has neither " + structure.text + " nor " + capability.text);
  }
  add_extent(out, structure_curve ? structure_curve : capability_curve);
  out.structure = onset_of(structure_curve, structure, onset, 0);
  out.capability = onset_of(capability_curve, capability, onset, 1);
  if (out.structure && out.capability) {
    out.gap = find_gap(*out.structure, *out.capability, onset);
  } else {
    out.gap.reason = "no gap: the file has no " + (out.structure ? capability.text : structure.text);
  }
  if (const std::optional<Curve> curve = curve_for(file, dimension, standard.dimension)) {
    std::optional<OnsetPlace> place;
    if (out.structure && out.structure->break_found)
      place = OnsetPlace{*out.structure->low, *out.structure->high};
    out.dip = FoundDip{dimension.text, find_dip(*curve, place)};
  }
  return out;
}

std::string detection_json(const Detection& detection) {
  Json out;
  out["run"] = detection.run;
  out["structure"] = onset_json(detection.structure_curve, detection.structure);
  out["capability"] = onset_json(detection.capability_curve, detection.capability);
  out["gap"] = gap_json(detection.gap);
  out["dip"] = dip_json(detection.dip);
  return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

FindingsTable detection_table(const Detection& detection) {
  FindingsTable table;
  add_onset_row(table, detection.run, "structure", detection.structure_curve, detection.structure);
  add_onset_row(table, detection.run, "capability", detection.capability_curve, detection.capability);
  add_gap_row(table, detection.run, detection.gap);
  return table;
}

}  // namespace onset
