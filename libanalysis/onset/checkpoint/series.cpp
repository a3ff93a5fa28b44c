#include "onset/checkpoint/series.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <utility>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/checkpoint/json_text.h"
#include "onset/checkpoint/paths.h"
#include "onset/checkpoint/printable.h"
#include "onset/checkpoint/step_selection.h"

namespace onset {
namespace {

namespace fs = std::filesystem;

/// What a step can be told by when nothing tells it.
constexpr const char* hint = "; name the steps with --manifest or --step-regex";

bool looks_like_checkpoint(const fs::path& folder) {
  return is_file(folder / "config.json") || has_weights(folder);
}

/// std::regex compiles and searches by recursion, as deep as the pattern is long.
constexpr std::size_t longest_pattern = 1000;

/// The step by a folder's name: the user's pattern, or ours.
class StepReader {
 public:
  explicit StepReader(const std::string& regex) {
    if (regex.empty()) return;
    if (regex.size() > longest_pattern) {
      throw Error(ErrorKind::usage, "--step-regex: expected at most " + std::to_string(longest_pattern) +
                                        " bytes, found " + std::to_string(regex.size()));
    }
    try {
      pattern_.emplace(regex);
    } catch (const std::regex_error& fault) {
      throw Error(ErrorKind::usage, "--step-regex: expected an ECMAScript regular expression, found \"" +
                                        printable(regex) + "\": " + printable(fault.what()));
    }
    if (pattern_->mark_count() == 0) {
      throw Error(ErrorKind::usage,
                  "--step-regex: expected a group (...) around the step, found \"" + printable(regex) + "\"");
    }
  }

  std::optional<std::int64_t> operator()(const std::string& name) const {
    if (!pattern_) return step_of_name(name);
    std::smatch match;
    if (!std::regex_search(name, match, *pattern_)) return std::nullopt;
    return parse_step(match[1].str());
  }

 private:
  std::optional<std::regex> pattern_;
};

/// global_step of a folder's trainer_state.json; nothing without such a file, or with one that is still being
/// written.
std::optional<std::int64_t> trainer_step(const fs::path& folder) {
  const fs::path path = folder / "trainer_state.json";
  if (!is_file(path)) return std::nullopt;
  try {
    const MappedFile file(path);
    const nlohmann::json state = parse_json(file.text(), path.string());
    if (!state.is_object() || !state.contains("global_step")) return std::nullopt;
    const nlohmann::json& step = state["global_step"];
    if (!step.is_number_unsigned() || step.get<std::uint64_t>() > std::uint64_t{last_step})
      return std::nullopt;
    return step.get<std::int64_t>();
  } catch (const Error&) {
    return std::nullopt;
  }
}

class Finder {
 public:
  explicit Finder(const SeriesOptions& options) : read_step_(options.step_regex), options_(options) {}

  SeriesListing find(const std::vector<fs::path>& folders) {
    if (!options_.manifest.empty()) {
      read_manifest(options_.manifest);
      if (!folders.empty()) note("the manifest names the checkpoints; the folders given are not searched");
    } else {
      for (const fs::path& folder : folders) add_path(folder, folders.size() == 1);
    }
    std::sort(listing_.entries.begin(), listing_.entries.end(),
              [](const SeriesEntry& a, const SeriesEntry& b) {
                return std::tie(a.step, a.folder) < std::tie(b.step, b.folder);
              });
    require_distinct();
    compare_with_trainer();
    if (!options_.steps.empty()) select(parse_steps(options_.steps));
    return std::move(listing_);
  }

 private:
  void note(std::string text) { listing_.notes.push_back(std::move(text)); }

  void add_path(const fs::path& path, bool lone) {
    if (!is_folder(path)) throw error_in(ErrorKind::missing_input, path.string(), "no such folder");
    const std::size_t before = listing_.entries.size();
    add_children(path);
    const bool found = listing_.entries.size() > before;
    if (looks_like_checkpoint(path)) {
      if (found) {
        note(path.string() + ": holds a checkpoint itself, too, which is no part of the series");
      } else {
        add_single(path, lone);
      }
    } else if (!found) {
      // A checkpoint so young that nothing is in it yet.
      if (const auto step = read_step_(plain_path(path).filename().string()); step) {
        listing_.entries.push_back({*step, path});
      } else {
        throw error_in(
            ErrorKind::missing_input, path.string(),
            "no checkpoints: expected config.json, or folders named checkpoint-<step>, step_<n> or "
            "...-step_<n>k" +
                std::string(hint));
      }
    }
  }

  void add_children(const fs::path& path) {
    std::vector<fs::path> children;
    std::error_code fault;
    for (fs::directory_iterator at(path, fault), end; !fault && at != end; at.increment(fault)) {
      if (is_folder(at->path())) children.push_back(at->path());
    }
    if (fault) throw error_in(ErrorKind::io, path.string(), "cannot list: " + fault.message());
    std::sort(children.begin(), children.end());
    for (const fs::path& child : children) {
      const std::string name = child.filename().string();
      if (name.find(".tmp") != std::string::npos) continue;
      if (const auto step = read_step_(name); step) {
        listing_.entries.push_back({*step, child});
      } else if (looks_like_checkpoint(child)) {
        note(child.string() + ": left out, its name tells no step");
      }
    }
  }

  void add_single(const fs::path& path, bool lone) {
    auto step = read_step_(plain_path(path).filename().string());
    if (!step) step = trainer_step(path);
    if (!step && !lone) {
      throw Error(ErrorKind::usage,
                  path.string() + ": neither its name nor trainer_state.json tells its step" + hint);
    }
    if (!step) note(path.string() + ": neither its name nor trainer_state.json tells its step; taken as 0");
    listing_.entries.push_back({step.value_or(0), path});
  }

  /// step,path by line; the path may be in quotes.
  void read_manifest(const fs::path& manifest) {
    const MappedFile file(manifest);
    std::string_view text = file.text();
    const std::string shown = manifest.string();
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    std::int64_t number = 0;
    while (!text.empty()) {
      ++number;
      const std::size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (number == 1) {
        if (line == "step,path") continue;
        throw error_at_line(ErrorKind::bad_data, shown, 1,
                            "expected the header step,path, found " + printable(line));
      }
      if (!line.empty()) add_line(line, manifest, number);
    }
    if (listing_.entries.empty())
      throw error_in(ErrorKind::bad_data, shown, "no checkpoints: 0 lines after the header");
  }

  void add_line(std::string_view line, const fs::path& manifest, std::int64_t number) {
    const std::size_t comma = line.find(',');
    const auto step = parse_step(line.substr(0, comma));
    if (comma == std::string_view::npos || !step) {
      throw error_at_line(ErrorKind::bad_data, manifest.string(), number,
                          "step: expected a whole number and a comma, found " + printable(line));
    }
    std::string_view name = line.substr(comma + 1);
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    if (name.empty() || name.find('\0') != std::string_view::npos) {
      throw error_at_line(ErrorKind::bad_data, manifest.string(), number,
                          "path: expected a folder, found \"" + printable(name) + "\"");
    }
    const fs::path folder = manifest.parent_path() / fs::path(name);
    if (!is_folder(folder)) {
      throw error_at_line(ErrorKind::missing_input, manifest.string(), number,
                          "path: no such folder: " + printable(folder.string()));
    }
    listing_.entries.push_back({*step, folder});
  }

  void require_distinct() const {
    const auto twice =
        std::adjacent_find(listing_.entries.begin(), listing_.entries.end(),
                           [](const SeriesEntry& a, const SeriesEntry& b) { return a.step == b.step; });
    if (twice == listing_.entries.end()) return;
    throw error_in(
        ErrorKind::bad_data, twice->folder.string(),
        "step " + std::to_string(twice->step) + " is also that of " + std::next(twice)->folder.string());
  }

  void compare_with_trainer() {
    for (const SeriesEntry& entry : listing_.entries) {
      const auto step = trainer_step(entry.folder);
      if (!step || *step == entry.step) continue;
      note(entry.folder.string() + ": taken as step " + std::to_string(entry.step) +
           ", but trainer_state.json says " + std::to_string(*step));
    }
  }

  void select(const StepSelection& selection) {
    std::vector<SeriesEntry>& entries = listing_.entries;
    const std::string range = entries.empty() ? ""
                                              : " (" + std::to_string(entries.front().step) + " to " +
                                                    std::to_string(entries.back().step) + ")";
    for (const std::int64_t step : selection.steps) {
      if (std::none_of(entries.begin(), entries.end(),
                       [&](const auto& entry) { return entry.step == step; })) {
        throw Error(ErrorKind::missing_input, "--steps: step " + std::to_string(step) + " is not among the " +
                                                  std::to_string(entries.size()) + " checkpoints" + range);
      }
    }
    const std::size_t before = entries.size();
    std::erase_if(entries, [&](const SeriesEntry& entry) { return !selection.contains(entry.step); });
    if (entries.empty()) {
      throw Error(ErrorKind::missing_input, "--steps: \"" + printable(options_.steps) +
                                                "\" leaves none of the " + std::to_string(before) +
                                                " checkpoints" + range);
    }
  }

  StepReader read_step_;
  const SeriesOptions& options_;
  SeriesListing listing_;
};

}  // namespace

std::optional<std::int64_t> step_of_name(std::string_view name) {
  if (name.starts_with("checkpoint-")) {
    name.remove_prefix(std::string_view("checkpoint-").size());
    const bool digits = std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits ? parse_step(name) : std::nullopt;
  }
  if (const std::size_t at = name.rfind("-step_"); at != std::string_view::npos) {
    return parse_step(name.substr(at + std::string_view("-step_").size()));
  }
  if (!name.starts_with("step")) return std::nullopt;
  name.remove_prefix(std::string_view("step").size());
  if (name.starts_with('_')) name.remove_prefix(1);
  return parse_step(name);
}

SeriesListing find_series(const std::vector<fs::path>& folders, const SeriesOptions& options) {
  return Finder(options).find(folders);
}

}  // namespace onset
