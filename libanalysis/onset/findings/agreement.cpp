#include "onset/findings/agreement.h"

#include <set>
#include <variant>

#include "onset/breaks/short_number.h"

namespace onset {
namespace {

std::string shown(const Attributes& attributes, const std::string& name) {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return "nothing";
  if (const auto* const text = std::get_if<std::string>(&found->second)) {
    const bool hash = name.ends_with("_sha256");
    return hash ? text->substr(0, 12) : *text;
  }
  if (const auto* const whole = std::get_if<std::int64_t>(&found->second)) return std::to_string(*whole);
  return short_number(std::get<double>(found->second));
}

}  // namespace

std::vector<std::string> disagreements(const SeriesHeader& first, const SeriesHeader& other) {
  std::vector<std::string> out;
  for (const auto& [group, options] : first.groups) {
    const auto found = other.groups.find(group);
    if (found == other.groups.end()) continue;
    const Attributes& others = found->second;
    std::set<std::string> names;
    for (const auto& [name, value] : options) names.insert(name);
    for (const auto& [name, value] : others) names.insert(name);
    for (const std::string& name : names) {
      const auto here = options.find(name), there = others.find(name);
      if (here != options.end() && there != others.end() && here->second == there->second) continue;
      out.push_back(group + ": " + name + ": " + shown(options, name) + " and " + shown(others, name));
    }
  }
  return out;
}

}  // namespace onset
