#include "onset/checkpoint/inspect.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <map>
#include <type_traits>

#include "command.h"
#include "onset/base/error.h"
#include "onset/findings/comparison.h"
#include "onset/series/hdf5_file.h"
#include "onset/series/series_problems.h"
#include "text_table.h"

namespace onset::apps {
namespace {

void print_line(const char* name, const std::string& value) {
  if (!value.empty()) std::cout << "  " << std::left << std::setw(12) << name << one_line(value) << '\n';
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

void print_checkpoint(const CheckpointReport& report) {
  std::cout << one_line(report.folder.string()) << '\n';
  if (!report.error.empty()) {
    print_line("error", report.error);
    return;
  }
  const BertConfig& config = report.config;
  print_line("model", "BERT, " + std::to_string(config.layers) + " layers, hidden " +
                          std::to_string(config.hidden) + ", " + std::to_string(config.heads) +
                          " heads, ffn " + std::to_string(config.ffn) + ", " +
                          std::to_string(config.positions) + " positions, vocabulary " +
                          std::to_string(config.vocab_size));
  print_line("parameters", std::to_string(report.parameters) + " in " + std::to_string(report.tensors) +
                               " tensors (" + join(report.dtypes) + ")");
  const std::string decoder = report.tied_decoder ? " (decoder tied to word embeddings)" : "";
  print_line("heads", (report.mlm_head ? "MLM" + decoder : "no MLM head: UAS and TwoNN only") +
                          (report.pooler ? ", pooler" : ""));
  print_line("weights", join(report.weight_files) + ", " + std::to_string(report.bytes) + " bytes");
  print_line("sha256", report.sha256);
  print_line("vocabulary",
             report.vocabulary.empty()
                 ? "none found"
                 : report.vocabulary.string() + ", " + std::to_string(report.vocabulary_lines) + " tokens");
  for (const std::string& note : report.notes) print_line("note", note);
  if (!report.ignored.empty()) print_line("ignored", join(report.ignored));
  for (const std::string& bad : report.nonfinite) print_line("not finite", bad);
  for (const std::string& problem : report.problems) print_line("problem", problem);
}

/// What is to be said of single checkpoints and is no fault, each once with the steps it holds for.
void print_notes(const SeriesReport& report) {
  std::map<std::string, std::vector<std::int64_t>> steps;
  std::size_t opened = 0;
  for (const CheckpointReport& checkpoint : report.checkpoints) {
    if (!checkpoint.error.empty()) continue;
    ++opened;
    for (const std::string& note : checkpoint.notes) steps[note].push_back(checkpoint.step);
    if (!checkpoint.ignored.empty()) steps["ignored: " + join(checkpoint.ignored)].push_back(checkpoint.step);
  }
  for (const auto& [note, at] : steps) {
    std::cout << "note: " << (at.size() == opened ? "each checkpoint" : "step " + std::to_string(at.front()))
              << (at.size() > 1 && at.size() < opened ? " and " + std::to_string(at.size() - 1) + " more"
                                                      : "")
              << ": " << one_line(note) << '\n';
  }
}

int print_series(const SeriesReport& report) {
  bool broken = !report.problems.empty();
  std::cout << std::right << std::setw(12) << "step" << std::setw(14) << "parameters"
            << "  " << std::left << std::setw(14) << "sha256"
            << "folder\n";
  for (const CheckpointReport& checkpoint : report.checkpoints) {
    std::cout << std::right << std::setw(12) << checkpoint.step << std::setw(14) << checkpoint.parameters
              << "  " << std::left << std::setw(14) << checkpoint.sha256.substr(0, 12)
              << one_line(checkpoint.folder.filename().string()) << '\n';
    if (!checkpoint.error.empty()) std::cout << "              error: " << one_line(checkpoint.error) << '\n';
    for (const std::string& problem : checkpoint.problems)
      std::cout << "              problem: " << one_line(problem) << '\n';
    broken = broken || !checkpoint.error.empty() || !checkpoint.problems.empty();
  }
  print_notes(report);
  for (const std::string& note : report.notes) std::cout << "note: " << one_line(note) << '\n';
  for (const std::string& problem : report.problems) std::cout << "problem: " << one_line(problem) << '\n';
  if (!broken) std::cout << report.checkpoints.size() << " checkpoints, no problem found\n";
  return broken ? 3 : 0;
}

/// Two columns, two spaces in.
class Facts {
 public:
  void add(const std::string& name, const std::string& value) { table_.add({"", name, value}); }
  void add(const Attributes& attributes) {
    for (const auto& [name, value] : attributes) add(name, attribute_text(value));
  }
  void print() const { table_.print(std::cout); }

 private:
  TextTable table_{{"", "attribute", "value"}, {false, false, false}};
};

/// NaN, and -1 in integers.
std::int64_t count_missing(const Values& values) {
  return std::visit(
      [](const auto& all) {
        return static_cast<std::int64_t>(std::ranges::count_if(all, [](auto value) {
          return std::is_integral_v<decltype(value)> ? value == -1 : std::isnan(static_cast<double>(value));
        }));
      },
      values);
}

void print_group(const Group& group) {
  std::cout << '/' << one_line(group.frame.group) << '\n';
  TextTable table({"", "array", "axes", "missing", ""}, {false, false, false, true, false});
  for (const Axis& axis : group.frame.axes)
    table.add({"", axis.name, std::to_string(axis.size()) + " labels", "", ""});
  for (const Variable& variable : group.variables) {
    const std::int64_t missing = count_missing(variable.values);
    table.add({"", variable.name, join(variable.axes), missing > 0 ? std::to_string(missing) : "",
               variable.description});
  }
  table.print(std::cout);
  Facts facts;
  facts.add(group.frame.attributes);
  facts.print();
}

int print_file(const std::filesystem::path& path) {
  const Series series = read_series(path);
  std::cout << one_line(path.string()) << ": " << series.steps.size() << " steps";
  if (!series.steps.empty())
    std::cout << ", " << series.steps.front().step << " to " << series.steps.back().step;
  std::cout << '\n';
  Facts facts;
  facts.add(series.attributes);
  facts.print();
  for (const auto& [name, group] : series.groups) print_group(group);
  std::vector<std::string> problems = series_problems(series);
  for (const std::string& curve : CompareOptions().metrics) {
    try {
      read_curves(path, std::array{curve});
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::bad_data) throw;
      problems.emplace_back(error.what());
    }
  }
  for (const std::string& problem : problems) std::cout << "problem: " << one_line(problem) << '\n';
  return problems.empty() ? 0 : 3;
}

}  // namespace

int run_inspect(const std::vector<std::string>& words) {
  po::options_description options;
  options.add_options()("manifest", po::value<std::string>()->value_name("F.csv"),
                        "step,path of each checkpoint")(
      "step-regex", po::value<std::string>()->value_name("RE"), "first group = the step in a folder's name");
  CommandLine line({"inspect", "PATH",
                    "Says what is in a checkpoint, a series of them or a series file, and what is wrong.",
                    "onset inspect run/checkpoint-1000"},
                   std::move(options));
  if (!line.read(words)) return 0;
  const std::filesystem::path path = line.input();
  if (!std::filesystem::is_directory(path)) return print_file(path);
  SeriesOptions series;
  series.manifest = line.path("manifest");
  series.step_regex = line.has("step-regex") ? line.get<std::string>("step-regex") : "";
  const bool one = std::filesystem::exists(path / "config.json") && series.manifest.empty();
  if (!one) return print_series(inspect_series(find_series({path}, series), make_progress()));
  const CheckpointReport report = inspect_checkpoint(path);
  if (!report.error.empty()) throw Error(static_cast<ErrorKind>(report.error_code), report.error);
  print_checkpoint(report);
  return report.problems.empty() ? 0 : 3;
}

}  // namespace onset::apps
