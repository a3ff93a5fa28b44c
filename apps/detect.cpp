#include <iostream>

#include "command.h"
#include "detect_options.h"
#include "onset/base/error.h"

namespace onset::apps {
namespace {

/// What the question asked for and the file does not hold, a line each: the answer has null there.
void name_absent(const Detection& detection, const std::filesystem::path& file) {
  const Warn warn = make_warn();
  if (!detection.structure) warn(file.string() + ": has no " + detection.structure_curve);
  if (!detection.capability) warn(file.string() + ": has no " + detection.capability_curve);
}

}  // namespace

int run_detect(const std::vector<std::string>& words) {
  po::options_description options("Options", 110, 70);
  add_detect_options(options);
  options.add_options()("json", po::bool_switch(), "one JSON object instead of the table")(
      "csv", po::value<std::string>()->value_name("FILE"), "write the findings here too (.csv or .h5)");
  CommandLine line(
      {"detect", "SERIES.h5",
       "Says when structure and capability set in, each with an interval and a verdict whether there is "
       "a break at all, and which came first.",
       "onset detect series.h5 --structure 'uas/accuracy[relation=nsubj]'"},
      std::move(options));
  if (!line.read(words)) return 0;
  const std::filesystem::path input = line.input();
  const auto csv = line.has("csv") ? line.findings_file("csv", {input}) : std::filesystem::path();
  const Detection detection = detect(input, detect_options(line));
  name_absent(detection, input);
  if (!csv.empty()) write_findings(detection_table(detection), csv);
  if (line.get<bool>("json")) {
    std::cout << detection_json(detection) << '\n';
  } else {
    print_detection(std::cout, detection);
  }
  return 0;
}

}  // namespace onset::apps
