#include "detect_options.h"

#include <cmath>
#include <ostream>

#include "onset/base/error.h"
#include "onset/breaks/short_number.h"
#include "text_table.h"

namespace onset::apps {
namespace {

std::string curve_option(const CommandLine& line, const std::string& name) {
  const auto curve = line.get<std::string>(name);
  try {
    parse_selector(curve);
  } catch (const Error& error) {
    throw Error(error.kind(), "--" + name + (curve.empty() ? " is empty" : ": ") + error.what());
  }
  return curve;
}

std::string rounded(double step) { return short_number(std::round(step)); }

void add_row(TextTable& table, const std::string& role, const std::string& curve,
             const std::optional<Onset>& found) {
  if (!found) {
    table.add({role, curve, "not in the file", "", "", "", "", "", ""});
    return;
  }
  const Onset& onset = *found;
  std::string knot = step_text(onset.detectors.piecewise_linear);
  if (onset.knot_interval)
    knot += " (" + rounded(onset.knot_interval->low) + " to " + rounded(onset.knot_interval->high) + ")";
  table.add({role, curve, onset.break_found ? rounded(*onset.step) : "no break",
             interval_text(onset.low, onset.high), onset.p ? short_number(*onset.p) : "–",
             step_text(onset.detectors.second_difference), knot, step_text(onset.detectors.slope),
             onset.agree ? "yes" : "no"});
}

void print_sensitivity(std::ostream& out, const std::string& role, const std::optional<Onset>& found) {
  if (!found || found->sensitivity.empty()) return;
  out << role << " by spacing d:";
  for (const SpacingAnswer& answer : found->sensitivity)
    out << "  " << short_number(answer.spacing) << ": " << step_text(answer.step);
  out << '\n';
}

}  // namespace

void add_detect_options(po::options_description& options) {
  const DetectOptions defaults;
  options.add_options()("structure",
                        po::value<std::string>()->value_name("CURVE")->default_value(defaults.structure),
                        "structure curve: uas/micro, 'uas/accuracy[relation=nsubj]' (the best head), "
                        "'uas/accuracy[relation=nsubj,layer=3]', …")(
      "capability", po::value<std::string>()->value_name("CURVE")->default_value(defaults.capability),
      "capability curve: pll/overall, 'pll/accuracy[paradigm=NAME]', loss/mlm, …")(
      "dimension", po::value<std::string>()->value_name("CURVE")->default_value(defaults.dimension),
      "curve whose dip is looked for")("spacing", po::value<double>()->value_name("D"),
                                       "d of the paper's detector; default: 3 x the median gap")(
      "axis", po::value<std::string>()->value_name("NAME")->default_value("step"),
      "scale of distances: step or log")(
      "alpha", po::value<double>()->value_name("P")->default_value(defaults.onset.alpha, "0.05"),
      "a break is claimed when p is below")(
      "level", po::value<double>()->value_name("L")->default_value(defaults.onset.level, "0.95"),
      "of the intervals")("seed",
                          po::value<std::uint64_t>()->value_name("N")->default_value(defaults.onset.seed),
                          "of the simulated curves");
}

void read_distances(const CommandLine& line, OnsetOptions& options) {
  if (line.has("spacing")) {
    options.spacing = line.get<double>("spacing");
    if (!(options.spacing > 0) || !std::isfinite(options.spacing))
      throw Error(ErrorKind::usage, "--spacing: not above 0");
  }
  const auto axis = line.get<std::string>("axis");
  if (axis != "step" && axis != "log")
    throw Error(ErrorKind::usage, "--axis: \"" + axis + "\" is neither step nor log");
  options.axis = axis == "log" ? StepAxis::log_step : StepAxis::step;
}

DetectOptions detect_options(const CommandLine& line) {
  DetectOptions out;
  out.structure = curve_option(line, "structure");
  out.capability = curve_option(line, "capability");
  out.dimension = curve_option(line, "dimension");
  read_distances(line, out.onset);
  out.onset.alpha = line.get<double>("alpha");
  out.onset.level = line.get<double>("level");
  if (!(out.onset.alpha > 0 && out.onset.alpha < 1))
    throw Error(ErrorKind::usage, "--alpha: not between 0 and 1");
  if (!(out.onset.level > 0 && out.onset.level < 1))
    throw Error(ErrorKind::usage, "--level: not between 0 and 1");
  out.onset.seed = line.get<std::uint64_t>("seed");
  return out;
}

std::string step_text(const std::optional<double>& step) { return step ? rounded(*step) : "–"; }

std::string interval_text(const std::optional<double>& low, const std::optional<double>& high) {
  if (!low || !high) return "";
  return rounded(*low) + " to " + rounded(*high);
}

std::string onset_text(const std::optional<Onset>& found) {
  if (!found) return "–";
  if (!found->step) return "no break";
  return step_text(found->step) + " (" + interval_text(found->low, found->high) + ")";
}

std::string gap_text(const Gap& gap) {
  if (!gap.answer) return "–";
  return step_text(gap.answer->steps) + " (" +
         interval_text(gap.answer->interval.low, gap.answer->interval.high) + ")";
}

std::string seed_text(const std::optional<SeedMean>& mean, int digits) {
  if (!mean) return "–";
  std::string out = fixed(mean->mean, digits);
  if (mean->interval)
    out += " (" + fixed(mean->interval->low, digits) + " to " + fixed(mean->interval->high, digits) + ")";
  return out;
}

void print_detection(std::ostream& out, const Detection& detection) {
  out << one_line(detection.run) << ": " << detection.checkpoints << " checkpoints, steps "
      << short_number(detection.first_step) << " to " << short_number(detection.last_step) << "\n\n";
  TextTable table(
      {"", "curve", "onset", "interval", "p", "2nd difference", "broken line", "steepest", "agree"},
      {false, false, true, true, true, true, true, true, false});
  add_row(table, "structure", detection.structure_curve, detection.structure);
  add_row(table, "capability", detection.capability_curve, detection.capability);
  table.print(out);
  out << '\n';
  if (detection.gap.answer) {
    const GapEstimate& gap = *detection.gap.answer;
    out << "gap  " << rounded(gap.steps) << " steps (" << interval_text(gap.interval.low, gap.interval.high)
        << "), P(structure first) " << short_number(gap.p_structure_first);
    if (detection.gap.knot) {
      const GapEstimate& knot = *detection.gap.knot;
      out << "; by the broken lines " << rounded(knot.steps) << " ("
          << interval_text(knot.interval.low, knot.interval.high) << ")";
    }
    out << '\n';
  }
  out << one_line(detection.gap.reason) << '\n';
  if (detection.structure) out << "structure: " << one_line(detection.structure->reason) << '\n';
  if (detection.capability) out << "capability: " << one_line(detection.capability->reason) << '\n';
  if (detection.dip) {
    const Dip& dip = detection.dip->dip;
    const char* const side = dip.side == DipSide::before  ? ", before structure onset"
                             : dip.side == DipSide::at    ? ", within structure onset's interval"
                             : dip.side == DipSide::after ? ", after structure onset"
                                                          : "";
    out << one_line(detection.dip->curve + ": " + dip.reason) << side << '\n';
  }
  print_sensitivity(out, "structure", detection.structure);
  print_sensitivity(out, "capability", detection.capability);
}

}  // namespace onset::apps
