#include "onset/series/series_problems.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <type_traits>

namespace onset {
namespace {

using Counts = std::vector<std::int64_t>;

void find_equal_weights(const Series& series, std::vector<std::string>& out) {
  std::map<std::string, std::string> steps;
  for (const StepInfo& step : series.steps) {
    if (step.sha256.empty()) continue;  // not known
    std::string& text = steps[step.sha256];
    text += (text.empty() ? "" : ", ") + std::to_string(step.step);
  }
  for (const auto& [sha256, text] : steps) {
    if (text.find(',') != std::string::npos) out.push_back("equal weights under steps " + text);
  }
}

void find_infinite(const std::string& path, const Values& values, std::vector<std::string>& out) {
  const auto count = std::visit(
      [](const auto& all) {
        return std::ranges::count_if(all, [](auto value) { return std::isinf(static_cast<double>(value)); });
      },
      values);
  if (count > 0) out.push_back(path + ": " + std::to_string(count) + " infinite values");
}

/// `total` counts the items along its one axis, the last of every array named correct.
void find_miscounts(const Group& group, const Variable& total, std::vector<std::string>& out) {
  const auto* const totals = std::get_if<Counts>(&total.values);
  if (totals == nullptr || total.axes.size() != 1) return;
  const std::string path = group.frame.group + "/";
  const auto none = std::ranges::count_if(*totals, [](std::int64_t count) { return count <= 0; });
  if (none > 0) out.push_back(path + "total: " + std::to_string(none) + " of its counts are not above 0");
  for (const Variable& variable : group.variables) {
    const auto* const counts = std::get_if<Counts>(&variable.values);
    if (variable.name != "correct" || counts == nullptr || variable.axes.back() != total.axes.front())
      continue;
    std::size_t over = 0;
    for (std::size_t i = 0; i < counts->size(); ++i) {
      const std::int64_t of = (*totals)[i % totals->size()];
      if (of > 0 && (*counts)[i] > of) ++over;
    }
    if (over > 0) out.push_back(path + "correct: " + std::to_string(over) + " counts are above their total");
  }
}

}  // namespace

std::vector<std::string> series_problems(const Series& series) {
  std::vector<std::string> out;
  find_equal_weights(series, out);
  for (const auto& [name, group] : series.groups) {
    for (const Variable& constant : group.frame.constants) {
      find_infinite(name + "/" + constant.name, constant.values, out);
      if (constant.name == "total") find_miscounts(group, constant, out);
    }
    for (const Variable& variable : group.variables) {
      find_infinite(name + "/" + variable.name, variable.values, out);
    }
  }
  return out;
}

}  // namespace onset
