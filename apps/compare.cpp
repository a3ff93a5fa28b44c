#include <charconv>
#include <iostream>

#include "command.h"
#include "detect_options.h"
#include "onset/base/error.h"
#include "onset/findings/comparison.h"
#include "text_table.h"

namespace onset::apps {
namespace {

std::vector<double> parse_steps(const std::vector<std::string>& words) {
  std::vector<double> out;
  for (const std::string& word : words) {
    std::int64_t step = 0;
    const auto [end, fault] = std::from_chars(word.data(), word.data() + word.size(), step);
    if (fault != std::errc() || end != word.data() + word.size() || step < 0)
      throw Error(ErrorKind::usage, "--loss-at: \"" + word + "\" is no step");
    out.push_back(static_cast<double>(step));
  }
  return out;
}

std::string final_text(const MetricComparison& metric) {
  if (!metric.summary) return "–";
  return fixed(metric.summary->final_value.value, 4);
}

std::string difference_text(const MetricComparison& metric) {
  if (!metric.final_difference) return "";
  const Difference& difference = *metric.final_difference;
  const std::string sign = difference.value > 0 ? "+" : "";
  std::string out = sign + fixed(difference.value, 4);
  if (difference.interval)
    out += " (" + fixed(difference.interval->low, 4) + " to " + fixed(difference.interval->high, 4) + ")";
  return out;
}

void print_onsets(const Comparison& comparison) {
  TextTable table({"run", "structure onset", "capability onset", "gap", "P(structure first)"},
                  {false, true, true, true, true});
  for (const RunComparison& run : comparison.runs) {
    const Detection& found = run.detection;
    table.add({run.run, onset_text(found.structure), onset_text(found.capability), gap_text(found.gap),
               found.gap.answer ? fixed(found.gap.answer->p_structure_first, 3) : "–"});
  }
  for (const ConditionSummary& condition : comparison.conditions) {
    table.add({condition.condition + ", mean of " + std::to_string(condition.runs),
               seed_text(condition.structure, 0), seed_text(condition.capability, 0),
               seed_text(condition.gap, 0), ""});
  }
  table.print(std::cout);
}

void print_metrics(const Comparison& comparison) {
  TextTable table(
      {"metric", "run", "final", "difference from the first", "best", "at step", "mean difference"},
      {false, false, true, true, true, true, true});
  for (std::size_t m = 0; m < comparison.metrics.size(); ++m) {
    for (const RunComparison& run : comparison.runs) {
      const MetricComparison& metric = run.metrics[m];
      if (!metric.summary) continue;
      table.add({comparison.metrics[m], run.run, final_text(metric), difference_text(metric),
                 fixed(metric.summary->best_value.value, 4), step_text(metric.summary->best_step),
                 metric.by_step ? fixed(metric.by_step->mean_difference.value, 4) : ""});
    }
  }
  for (std::size_t i = 0; i < comparison.loss_steps.size(); ++i) {
    for (const RunComparison& run : comparison.runs) {
      table.add({"loss/mlm at " + step_text(comparison.loss_steps[i]), run.run,
                 run.losses[i] ? fixed(*run.losses[i], 4) : "–", "", "", "", ""});
    }
  }
  table.print(std::cout);
}

}  // namespace

int run_compare(const std::vector<std::string>& words) {
  po::options_description options("Options", 110, 70);
  options.add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                        "the comparison to write: .csv or .h5, a row a run")(
      "conditions", po::value<std::string>()->value_name("LIST"),
      "one name a file: files of one name are seeds of one condition")(
      "loss-at", po::value<std::string>()->value_name("STEPS"), "report loss/mlm at these steps")(
      "allow-different", po::bool_switch(), "compare files of different data or options too, marked");
  add_detect_options(options);
  CommandLine line(
      {"compare", "SERIES.h5 SERIES.h5…",
       "Puts runs side by side: onsets, final and best metrics, paired differences from the first run.",
       "onset compare base.h5 suppressed.h5 -o comparison.csv --loss-at 500,1000"},
      std::move(options));
  if (!line.read(words)) return 0;
  const std::vector<std::filesystem::path> files = line.inputs();
  line.required_path("output");
  if (files.size() < 2) throw Error(ErrorKind::usage, "compare: give two or more SERIES.h5");
  const std::filesystem::path output = line.findings_file("output", files);
  CompareOptions compare;
  compare.detect = detect_options(line);
  if (line.has("conditions")) compare.conditions = line.list("conditions");
  if (line.has("loss-at")) compare.loss_steps = parse_steps(line.list("loss-at"));
  compare.allow_different = line.get<bool>("allow-different");
  const Comparison comparison = compare_runs(files, compare, make_progress());
  const Warn warn = make_warn();
  for (const RunComparison& run : comparison.runs) {
    for (const std::string& what : run.differs) warn(run.file.string() + ": NOT measured alike: " + what);
  }
  write_findings(comparison_table(comparison), output);
  print_onsets(comparison);
  std::cout << '\n';
  print_metrics(comparison);
  return 0;
}

}  // namespace onset::apps
