#include "onset/findings/agreement.h"

#include <set>

namespace onset {
namespace {

std::string shown(const Attributes& attributes, const std::string& name) {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return "nothing";
  const std::string text = attribute_text(found->second);
  return name.ends_with("_sha256") ? text.substr(0, 12) : text;
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
      std::string& line = out.emplace_back(group);
      line.append(": ").append(name).append(": ").append(shown(options, name));
      line.append(" and ").append(shown(others, name));
    }
  }
  return out;
}

}  // namespace onset
