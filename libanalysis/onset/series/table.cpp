#include "onset/series/table.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "onset/base/error.h"

namespace onset {
namespace {

bool same_bits(const Values& left, const Values& right) {
  if (left.index() != right.index()) return false;
  return std::visit(
      [&](const auto& values) {
        const auto& others = std::get<std::decay_t<decltype(values)>>(right);
        return values.size() == others.size() &&
               (values.empty() ||
                std::memcmp(values.data(), others.data(), values.size() * sizeof(values[0])) == 0);
      },
      left);
}

/// "uas", "micro" of "uas/micro"; "glue/cola", "matthews" of "glue/cola/matthews"; a leading slash is
/// allowed.
std::pair<std::string_view, std::string_view> split_path(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

const Variable* find_variable(const std::vector<Variable>& variables, std::string_view name) {
  const auto found = std::ranges::find(variables, name, &Variable::name);
  return found == variables.end() ? nullptr : &*found;
}

const Group* find_group(const Series& series, std::string_view name) {
  const auto found = series.groups.find(std::string(name));
  return found == series.groups.end() ? nullptr : &found->second;
}

}  // namespace

std::string attribute_text(const Attribute& value) {
  if (const auto* const text = std::get_if<std::string>(&value)) return *text;
  if (const auto* const whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  char digits[32];
  const auto [end, fault] = std::to_chars(digits, digits + sizeof digits, std::get<double>(value));
  return {digits, end};
}

std::int64_t Axis::size() const {
  return std::visit([](const auto& values) { return static_cast<std::int64_t>(values.size()); }, labels);
}

bool Variable::operator==(const Variable& other) const {
  return name == other.name && axes == other.axes && units == other.units &&
         description == other.description && same_bits(values, other.values);
}

const Variable* find_curve(const Series& series, std::string_view path) {
  const auto [group_name, name] = split_path(path);
  const Group* const group = find_group(series, group_name);
  return group == nullptr ? nullptr : find_variable(group->variables, name);
}

const Variable* find_constant(const Series& series, std::string_view path) {
  const auto [group_name, name] = split_path(path);
  const Group* const group = find_group(series, group_name);
  return group == nullptr ? nullptr : find_variable(group->frame.constants, name);
}

const Axis* find_axis(const Frame& frame, std::string_view name) {
  const auto found = std::ranges::find(frame.axes, name, &Axis::name);
  return found == frame.axes.end() ? nullptr : &*found;
}

std::int64_t value_count(const Values& values) {
  return std::visit([](const auto& array) { return static_cast<std::int64_t>(array.size()); }, values);
}

Values missing_values(const Values& like, std::int64_t count) {
  return std::visit(
      [&](const auto& array) -> Values {
        using Number = typename std::decay_t<decltype(array)>::value_type;
        const Number missing = std::numeric_limits<Number>::has_quiet_NaN
                                   ? std::numeric_limits<Number>::quiet_NaN()
                                   : Number(-1);
        return std::vector<Number>(static_cast<std::size_t>(count), missing);
      },
      like);
}

std::int64_t expected_count(const Frame& frame, const std::vector<std::string>& axes, std::int64_t steps) {
  std::int64_t count = 1;
  for (const std::string& name : axes) {
    if (name == step_axis) {
      count *= steps;
      continue;
    }
    const Axis* const axis = find_axis(frame, name);
    if (axis == nullptr) {
      throw Error(ErrorKind::bug, "group " + frame.group + " has no axis named " + name);
    }
    count *= axis->size();
  }
  return count;
}

void check_shape(const Frame& frame, const Variable& variable, std::int64_t steps) {
  const std::int64_t expected = expected_count(frame, variable.axes, steps);
  const std::int64_t found = value_count(variable.values);
  if (found != expected) {
    throw Error(ErrorKind::bug, frame.group + "/" + variable.name + ": expected " + std::to_string(expected) +
                                    " values by its axes, found " + std::to_string(found));
  }
}

}  // namespace onset
