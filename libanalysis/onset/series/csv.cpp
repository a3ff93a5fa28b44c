#include "onset/series/csv.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/series/csv_cells.h"

namespace onset {
namespace {

constexpr std::string_view header = "run,step,metric,item,direction,layer,head,value,n\n";
/// Axes with a column of their own, in the columns' order; every other one goes to `item`.
constexpr std::string_view own_columns[] = {"direction", "layer", "head"};

/// Empty for a missing value.
template <typename Number>
std::string cell(Number value) {
  if constexpr (std::is_integral_v<Number>) {
    if (value == -1) return {};
  }
  return csv_number(value);
}

std::string label(const Axis& axis, std::size_t index) {
  if (const auto* names = std::get_if<std::vector<std::string>>(&axis.labels)) return (*names)[index];
  return std::to_string(std::get<std::vector<std::int64_t>>(axis.labels)[index]);
}

bool has_axis(const Variable& variable, std::string_view name) {
  return std::ranges::find(variable.axes, name) != variable.axes.end();
}

/// One array's cells but for value and n: everything that follows from the position.
class Places {
 public:
  Places(const Series& series, const Group& group, const Variable& variable) : variable_(variable) {
    for (const std::string& name : variable.axes) {
      if (name == step_axis) {
        Axis steps{name, std::vector<std::int64_t>()};
        for (const StepInfo& step : series.steps) std::get<0>(steps.labels).push_back(step.step);
        axes_.push_back(std::move(steps));
      } else {
        axes_.push_back(*find_axis(group.frame, name));  // check_shape has seen it there
      }
    }
  }

  /// The index on each axis of the value at `flat`, row-major.
  std::vector<std::size_t> indices(std::size_t flat) const {
    std::vector<std::size_t> out(axes_.size());
    for (std::size_t i = axes_.size(); i-- > 0;) {
      const auto size = static_cast<std::size_t>(axes_[i].size());
      out[i] = flat % size;
      flat /= size;
    }
    return out;
  }

  /// ",step,metric,item,direction,layer,head," for these indices.
  std::string cells(const std::string& metric, const std::vector<std::size_t>& indices) const {
    std::string step;
    std::string item;
    std::string own[std::size(own_columns)];
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const std::string text = label(axes_[i], indices[i]);
      const auto* const column = std::ranges::find(own_columns, axes_[i].name);
      if (axes_[i].name == step_axis) {
        step = text;
      } else if (column != std::end(own_columns)) {
        own[column - std::begin(own_columns)] = csv_text(text);
      } else {
        item += (item.empty() ? "" : ";") + text;
      }
    }
    std::string out = "," + step + "," + metric + "," + csv_text(item);
    for (const std::string& text : own) out += "," + text;
    return out + ",";
  }

  /// Where `other`, whose axes are all among this array's, has its value for these indices.
  std::size_t flat_in(const Variable& other, const std::vector<std::size_t>& indices) const {
    std::size_t flat = 0;
    for (const std::string& name : other.axes) {
      const auto at =
          static_cast<std::size_t>(std::ranges::find(variable_.axes, name) - variable_.axes.begin());
      flat = flat * static_cast<std::size_t>(axes_[at].size()) + indices[at];
    }
    return flat;
  }

 private:
  const Variable& variable_;
  std::vector<Axis> axes_;
};

/// The group's totals when they apply to this array.
const Variable* totals_for(const Group& group, const Variable& variable) {
  const auto found = std::ranges::find(group.frame.constants, "total", &Variable::name);
  if (found == group.frame.constants.end() || &*found == &variable) return nullptr;
  const bool applies =
      std::ranges::all_of(found->axes, [&](const std::string& name) { return has_axis(variable, name); });
  return applies && std::holds_alternative<std::vector<std::int64_t>>(found->values) ? &*found : nullptr;
}

void write_variable(const Series& series, const Group& group, const Variable& variable, std::ostream& out) {
  const bool per_step = has_axis(variable, step_axis);
  check_shape(group.frame, variable, static_cast<std::int64_t>(series.steps.size()));
  const auto run = series.attributes.find("run");
  const auto* const run_name =
      run == series.attributes.end() ? nullptr : std::get_if<std::string>(&run->second);
  const std::string run_cell = run_name == nullptr ? "" : csv_text(*run_name);
  const Variable* const totals = totals_for(group, variable);
  const bool is_count = totals != nullptr && per_step && variable.name == "correct" &&
                        std::holds_alternative<std::vector<std::int64_t>>(variable.values);
  const std::string metric = csv_text(group.frame.group + "/" + (is_count ? "accuracy" : variable.name));
  const Places places(series, group, variable);
  std::visit(
      [&](const auto& values) {
        for (std::size_t flat = 0; flat < values.size(); ++flat) {
          const std::vector<std::size_t> indices = places.indices(flat);
          std::int64_t total = -1;
          if (totals != nullptr) {
            total = std::get<std::vector<std::int64_t>>(totals->values)[places.flat_in(*totals, indices)];
          }
          std::string value = cell(values[flat]);
          if (is_count && !value.empty()) {
            value = total > 0 ? cell(static_cast<double>(values[flat]) / static_cast<double>(total)) : "";
          }
          out << run_cell << places.cells(metric, indices) << value << ',' << cell(total) << '\n';
        }
      },
      variable.values);
}

}  // namespace

void write_csv(const Series& series, std::ostream& out, const CsvOptions& options) {
  const auto wanted = [&](const Variable& variable) {
    return (options.pairs || !has_axis(variable, "pair")) &&
           (options.replicates || !has_axis(variable, replicate_axis));
  };
  errno = 0;
  out << header;
  for (const auto& [name, group] : series.groups) {
    for (const Variable& constant : group.frame.constants) {
      // The totals stand in column n of what they count.
      if (wanted(constant) && constant.name != "total") write_variable(series, group, constant, out);
    }
    for (const Variable& variable : group.variables) {
      if (wanted(variable)) write_variable(series, group, variable, out);
    }
  }
  out.flush();
  if (out) return;
  // Streams keep no reason; the system's is there unless another cause broke the stream.
  throw Error(ErrorKind::io, std::string("cannot write the CSV") + (errno != 0 ? ": " : "") +
                                 (errno != 0 ? std::strerror(errno) : ""));
}

void write_csv(const Series& series, const std::filesystem::path& path, const CsvOptions& options) {
  replace_file_atomically(path, [&](const std::filesystem::path& temporary) {
    std::ofstream out(temporary, std::ios::binary);
    if (!out)
      throw error_in(ErrorKind::io, path.string(), std::string("cannot create: ") + std::strerror(errno));
    try {
      write_csv(series, out, options);
    } catch (const Error& error) {
      throw error_in(error.kind(), path.string(), error.what());
    }
  });
}

}  // namespace onset
