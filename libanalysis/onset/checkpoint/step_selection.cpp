#include "onset/checkpoint/step_selection.h"

#include <algorithm>
#include <charconv>

#include "onset/base/error.h"
#include "onset/checkpoint/printable.h"

namespace onset {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

Error fault(std::string_view item, std::string_view what) {
  return {ErrorKind::usage, "--steps: " + std::string(what) + ", found \"" + printable(item) + "\""};
}

std::int64_t step_in(std::string_view text, std::string_view item) {
  const auto step = parse_step(text);
  if (!step) throw fault(item, "expected a step like 100 or 20k, or start:stop:stride");
  return *step;
}

StepRange parse_range(const std::vector<std::string_view>& parts, std::string_view item) {
  if (parts.size() > 3) throw fault(item, "expected at most start:stop:stride");
  StepRange range;
  if (!parts[0].empty()) range.start = step_in(parts[0], item);
  if (!parts[1].empty()) range.stop = step_in(parts[1], item);
  if (parts.size() == 3 && !parts[2].empty()) range.stride = step_in(parts[2], item);
  if (range.stride == 0) throw fault(item, "expected a stride above 0");
  if (range.stop < range.start) throw fault(item, "expected a stop not below the start");
  return range;
}

}  // namespace

bool StepSelection::contains(std::int64_t step) const {
  return std::find(steps.begin(), steps.end(), step) != steps.end() ||
         std::any_of(ranges.begin(), ranges.end(),
                     [&](const StepRange& range) { return range.contains(step); });
}

StepSelection parse_steps(std::string_view text) {
  StepSelection selection;
  for (const std::string_view item : split(text, ',')) {
    const std::vector<std::string_view> parts = split(item, ':');
    if (parts.size() == 1) {
      selection.steps.push_back(step_in(item, item));
    } else {
      selection.ranges.push_back(parse_range(parts, item));
    }
  }
  return selection;
}

std::optional<std::int64_t> parse_step(std::string_view text) {
  std::int64_t unit = 1;
  if (text.ends_with('k') || text.ends_with('K')) unit = 1'000;
  if (text.ends_with('m') || text.ends_with('M')) unit = 1'000'000;
  if (unit > 1) text.remove_suffix(1);
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value > last_step / unit) return std::nullopt;
  return value * unit;
}

}  // namespace onset
