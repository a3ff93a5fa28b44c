#include "onset/series/assemble.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <type_traits>
#include <utility>

#include "onset/base/error.h"

namespace onset {
namespace {

Error disagree(const std::string& what) {
  return {ErrorKind::bad_data, "parts do not belong together: " + what};
}

std::string shown(const Attribute& value) {
  const std::string text = attribute_text(value);
  return std::holds_alternative<std::string>(value) ? '"' + text + '"' : text;
}

template <typename Number>
constexpr Number missing = std::is_floating_point_v<Number> ? std::numeric_limits<Number>::quiet_NaN()
                                                            : static_cast<Number>(-1);

template <typename Number>
bool is_missing(Number value) {
  if constexpr (std::is_floating_point_v<Number>) return std::isnan(value);
  return value == missing<Number>;
}

/// The variables of one group as they grow, by name; each as long as all steps from the start.
class GroupBuilder {
 public:
  GroupBuilder(Frame frame, std::size_t steps) : frame_(std::move(frame)), steps_(steps) {}

  /// The variable that gathers what `source` holds, with or without the leading step; made when new, all
  /// missing.
  Variable& declare(const Variable& source) {
    std::vector<std::string> axes = source.axes;
    if (axes.empty() || axes.front() != step_axis) axes.emplace(axes.begin(), step_axis);
    const auto found = variables_.find(source.name);
    if (found == variables_.end()) {
      const auto count = static_cast<std::int64_t>(row_width(axes) * steps_);
      Variable target{source.name, axes, missing_values(source.values, count), source.units,
                      source.description};
      return variables_.emplace(source.name, std::move(target)).first->second;
    }
    if (found->second.axes != axes || found->second.values.index() != source.values.index()) {
      throw disagree(frame_.group + "/" + source.name + " has other axes or another type at some steps");
    }
    return found->second;
  }

  /// Copies row `from` of `source` to row `to`. Every NaN becomes the same NaN: its sign and payload are the
  /// processor's accident, and would make equal results differ in bytes.
  void put(const Variable& source, std::size_t from, std::size_t to) {
    const std::size_t width = row_width(source.axes);
    std::visit(
        [&](auto& values) {
          using Number = typename std::decay_t<decltype(values)>::value_type;
          const auto& given = std::get<std::vector<Number>>(source.values);
          for (std::size_t i = 0; i < width; ++i) {
            const Number value = given[from * width + i];
            values[to * width + i] = is_missing(value) ? missing<Number> : value;
          }
        },
        declare(source).values);
  }

  /// How many values one step has, for axes with or without the leading step.
  std::size_t row_width(const std::vector<std::string>& axes) const {
    return static_cast<std::size_t>(expected_count(frame_, axes, 1));
  }

  const Frame& frame() const { return frame_; }

  Group finish() && {
    Group group{std::move(frame_), {}};
    for (auto& [name, variable] : variables_) group.variables.push_back(std::move(variable));
    return group;
  }

 private:
  Frame frame_;
  std::size_t steps_;
  std::map<std::string, Variable> variables_;
};

bool row_is_missing(const Variable& variable, std::size_t width, std::size_t row) {
  return std::visit(
      [&](const auto& values) {
        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row * width);
        return std::all_of(begin, begin + static_cast<std::ptrdiff_t>(width),
                           [](auto value) { return is_missing(value); });
      },
      variable.values);
}

bool rows_equal(const Variable& left, std::size_t left_row, const Variable& right, std::size_t right_row,
                std::size_t width) {
  return std::visit(
      [&](const auto& values) {
        const auto* const others = std::get_if<std::decay_t<decltype(values)>>(&right.values);
        if (others == nullptr) return false;
        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(left_row * width);
        return std::equal(begin, begin + static_cast<std::ptrdiff_t>(width),
                          others->begin() + static_cast<std::ptrdiff_t>(right_row * width),
                          [](auto a, auto b) { return a == b || (is_missing(a) && is_missing(b)); });
      },
      left.values);
}

void merge_attributes(Attributes& into, const Attributes& from, const std::string& where) {
  for (const auto& [name, value] : from) {
    const auto [known, fresh] = into.emplace(name, value);
    if (!fresh && known->second != value) {
      throw disagree(where + name + " is " + shown(known->second) + " in one and " + shown(value) +
                     " in another");
    }
  }
}

const Variable* constant_named(const Frame& frame, const std::string& name) {
  const auto found = std::ranges::find(frame.constants, name, &Variable::name);
  return found == frame.constants.end() ? nullptr : &*found;
}

/// Throws unless the frames are one. A file keeps the shared replicate axis of a group only where an array
/// uses it, so a part all of whose rows are missing may lack it.
void merge_frame(Frame& into, const Frame& from) {
  const std::string where = into.group + "/";
  const auto has_axis = [&](const Frame& frame, const Frame& other) {
    for (const Axis& axis : frame.axes) {
      const Axis* const same = find_axis(other, axis.name);
      if (same == nullptr && axis.name == replicate_axis) continue;
      if (same == nullptr) throw disagree(where + axis.name + " is an axis in one and not in another");
      if (*same != axis) {
        throw disagree(where + axis.name + " has other labels (" + std::to_string(axis.size()) + " in one, " +
                       std::to_string(same->size()) + " in another)");
      }
    }
  };
  has_axis(into, from);
  has_axis(from, into);
  for (const Variable& constant : into.constants) {
    const Variable* const same = constant_named(from, constant.name);
    if (same == nullptr || *same != constant) throw disagree(where + constant.name + " differs");
  }
  for (const Variable& constant : from.constants) {
    if (constant_named(into, constant.name) == nullptr) throw disagree(where + constant.name + " differs");
  }
  Attributes all = into.attributes;
  merge_attributes(all, from.attributes, where);
  for (const auto& [name, value] : all) {
    if (!into.attributes.contains(name) || !from.attributes.contains(name)) {
      throw disagree(into.group + " has an attribute in one that another lacks: " + name);
    }
  }
  const Axis* const replicates = find_axis(from, replicate_axis);
  if (replicates != nullptr && find_axis(into, replicate_axis) == nullptr) into.axes.push_back(*replicates);
}

using StepRows = std::map<std::int64_t, std::size_t>;  // step -> its row

StepRows rows_of(const std::vector<StepInfo>& steps) {
  StepRows rows;
  for (std::size_t row = 0; row < steps.size(); ++row) rows.emplace(steps[row].step, row);
  return rows;
}

/// By weights, whatever the folder was called; by name where a hash is not known.
bool same_checkpoint(const StepInfo& one, const StepInfo& other) {
  if (one.sha256.empty() || other.sha256.empty()) return one.checkpoint == other.checkpoint;
  return one.sha256 == other.sha256;
}

std::vector<StepInfo> merge_steps(std::span<const Series> parts) {
  std::map<std::int64_t, StepInfo> all;
  for (const Series& part : parts) {
    for (const StepInfo& step : part.steps) {
      const auto [known, fresh] = all.emplace(step.step, step);
      if (!fresh && !same_checkpoint(known->second, step)) {
        throw disagree("step " + std::to_string(step.step) + " is " + known->second.checkpoint + " (sha256 " +
                       known->second.sha256 + ") in one and " + step.checkpoint + " (sha256 " + step.sha256 +
                       ") in another");
      }
    }
  }
  std::vector<StepInfo> steps;
  steps.reserve(all.size());
  for (auto& [number, step] : all) steps.push_back(std::move(step));
  return steps;
}

/// What the parts measured of one group, each under its step.
Group merge_group(const Frame& frame, std::span<const Series> parts, const StepRows& target_rows) {
  struct Source {
    const Variable* variable;
    std::size_t row;
  };
  std::map<std::pair<std::string, std::size_t>, Source> filled;  // variable, target row -> where it came from
  GroupBuilder builder(frame, target_rows.size());
  for (const Series& part : parts) {
    const auto group = part.groups.find(frame.group);
    if (group == part.groups.end()) continue;
    for (const Variable& variable : group->second.variables) {
      check_shape(frame, variable, static_cast<std::int64_t>(part.steps.size()));
      builder.declare(variable);
      const std::size_t width = builder.row_width(variable.axes);
      for (std::size_t row = 0; row < part.steps.size(); ++row) {
        if (row_is_missing(variable, width, row)) continue;
        const std::size_t target = target_rows.at(part.steps[row].step);
        const auto [known, fresh] = filled.emplace(std::pair(variable.name, target), Source{&variable, row});
        if (fresh) {
          builder.put(variable, row, target);
        } else if (!rows_equal(*known->second.variable, known->second.row, variable, row, width)) {
          throw disagree(frame.group + "/" + variable.name + " has other values at step " +
                         std::to_string(part.steps[row].step));
        }
      }
    }
  }
  return std::move(builder).finish();
}

}  // namespace

Series assemble(std::span<const StepInfo> steps, std::span<const Frame> frames, const RowStore& rows,
                const Attributes& attributes) {
  Series series;
  series.attributes = attributes;
  series.steps.assign(steps.begin(), steps.end());
  std::ranges::sort(series.steps, {}, &StepInfo::step);
  const auto twice = std::ranges::adjacent_find(series.steps, {}, &StepInfo::step);
  if (twice != series.steps.end()) {
    throw Error(ErrorKind::bad_data, "step " + std::to_string(twice->step) + " stands for two checkpoints: " +
                                         twice->checkpoint + " and " + (twice + 1)->checkpoint);
  }
  for (const Frame& frame : frames) {
    const std::string key = options_key(frame);
    GroupBuilder builder(frame, series.steps.size());
    for (std::size_t row = 0; row < series.steps.size(); ++row) {
      const auto measurement = rows.read({frame.group, series.steps[row].sha256, key});
      if (!measurement) continue;
      for (const Variable& variable : measurement->variables) {
        check_shape(frame, variable, 1);
        builder.put(variable, 0, row);
      }
    }
    series.groups.emplace(frame.group, std::move(builder).finish());
  }
  return series;
}

Series merge(std::span<const Series> parts) {
  Series series;
  series.steps = merge_steps(parts);
  const StepRows target_rows = rows_of(series.steps);
  std::map<std::string, Frame> frames;
  for (const Series& part : parts) {
    merge_attributes(series.attributes, part.attributes, "attribute ");
    for (const auto& [name, group] : part.groups) {
      const auto [known, fresh] = frames.emplace(name, group.frame);
      if (!fresh) merge_frame(known->second, group.frame);
    }
  }
  for (const auto& [name, frame] : frames)
    series.groups.emplace(name, merge_group(frame, parts, target_rows));
  return series;
}

}  // namespace onset
