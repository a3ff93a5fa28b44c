#include "onset/series/hdf5_file.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/series/hdf5_contents.h"
#include "onset/series/hdf5_layout.h"
#include "onset/series/hdf5_library.h"

namespace onset {
namespace {

using Dims = std::vector<std::uint64_t>;
using Kind = Hdf5Array::Kind;

constexpr const char* replicate_path = "/replicate";
constexpr const char* replicates_suffix = "_replicates";

Error wrong(const Hdf5Contents& file, const std::string& what) {
  return error_in(ErrorKind::bad_data, file.file, what);
}

std::string shown(const Dims& dims) {
  std::string out = "[";
  for (const std::uint64_t size : dims) out += (out.size() > 1 ? ", " : "") + std::to_string(size);
  return out + "]";
}

void require_shape(const Hdf5Contents& file, const std::string& path, const Dims& expected) {
  const Dims& found = file.arrays.at(path).dims;
  if (found != expected)
    throw wrong(file, path + ": expected shape " + shown(expected) + ", found " + shown(found));
}

/// Lengths that no series has are refused before they are read.
void check_lengths(const std::string& file, const std::string& path, const Hdf5Array& array) {
  const auto at_most = [&](std::size_t dimension, std::int64_t most, const char* what) {
    if (array.dims.size() <= dimension || array.dims[dimension] <= static_cast<std::uint64_t>(most)) return;
    throw error_in(ErrorKind::bad_data, file,
                   path + ": expected at most " + std::to_string(most) + what + ", found " +
                       std::to_string(array.dims[dimension]));
  };
  if (path == step_path) at_most(0, most_steps, " steps");
  if (path == replicate_path) at_most(0, most_replicates, " replicates");
  if (path.ends_with(replicates_suffix)) at_most(1, most_replicates, " replicates");
}

Hdf5Contents read_contents(const std::filesystem::path& path, const Hdf5Wanted& wanted) {
  return read_hdf5(path, [&](const std::string& name, const Hdf5Array& array) {
    if (!wanted(name, array)) return false;
    check_lengths(path.string(), name, array);
    return true;
  });
}

bool is_numeric(const Hdf5Array& array) { return array.kind == Kind::whole || array.kind == Kind::floating; }

/// Attributes of HDF5's and netCDF's own making are none of the series'.
Attributes own_attributes(const Hdf5Contents& file, const std::string& path) {
  Attributes all = file.attributes.at(path);
  std::erase_if(all, [](const auto& entry) { return entry.first.starts_with('_'); });
  return all;
}

/// The root's attributes, schema and version verified and taken out.
Attributes root_attributes(const Hdf5Contents& file) {
  Attributes all = own_attributes(file, "/");
  const auto take = [&](const std::string& name) -> std::optional<Attribute> {
    const auto found = all.extract(name);
    if (found.empty()) return std::nullopt;
    return found.mapped();
  };
  const auto unread = std::ranges::find(file.other_attributes, "run");
  if (unread != file.other_attributes.end()) throw wrong(file, "run: expected one string, found a list");
  const auto schema = take("schema");
  if (schema != Attribute(std::string(schema_name))) {
    throw wrong(file, "schema: expected the attribute \"onset-series\", found " +
                          std::string(schema ? "another" : "none"));
  }
  const auto version = take("schema_version");
  const auto* const number = version ? std::get_if<std::int64_t>(&*version) : nullptr;
  if (number == nullptr || *number < 1) throw wrong(file, "schema_version: expected a positive integer");
  if (*number > schema_version) {
    throw error_in(ErrorKind::configuration, file.file,
                   "schema_version: expected at most " + std::to_string(schema_version) + ", found " +
                       std::to_string(*number) + ": written by a newer onset");
  }
  return all;
}

std::vector<std::int64_t> step_numbers(const Hdf5Contents& file) {
  const auto found = file.arrays.find(step_path);
  if (found == file.arrays.end()) throw wrong(file, "/step: missing");
  if (!is_numeric(found->second) || found->second.dims.size() != 1) {
    throw wrong(file, "/step: expected integers along one dimension");
  }
  std::vector<std::int64_t> steps;
  std::visit(
      [&](const auto& values) {
        for (const auto value : values) {
          const auto number = static_cast<double>(value);
          // 2^53: beyond it a floating-point step is not exact
          if (!(number >= 0 && number <= 9007199254740992.0) || std::trunc(number) != number) {
            throw wrong(file, "/step: expected whole numbers from 0");
          }
          steps.push_back(static_cast<std::int64_t>(value));
        }
      },
      found->second.numbers);
  if (std::ranges::adjacent_find(steps, std::greater_equal()) != steps.end()) {
    throw wrong(file, "/step: expected ascending steps, none twice");
  }
  return steps;
}

std::vector<StepInfo> step_infos(const Hdf5Contents& file, const std::vector<std::int64_t>& numbers) {
  std::vector<StepInfo> steps;
  steps.reserve(numbers.size());
  for (const std::int64_t number : numbers) steps.push_back({number, "", ""});
  const auto fill = [&](const std::string& path, std::string StepInfo::*field) {
    const auto found = file.arrays.find(path);
    if (found == file.arrays.end() || found->second.kind != Kind::text) return;
    require_shape(file, path, {steps.size()});
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i].*field = found->second.texts[i];
  };
  fill("/checkpoint", &StepInfo::checkpoint);
  fill("/sha256", &StepInfo::sha256);
  return steps;
}

Axis numbered_axis(const std::string& name, std::uint64_t size) {
  std::vector<std::int64_t> numbers(size);
  std::iota(numbers.begin(), numbers.end(), 0);
  return {name, std::move(numbers)};
}

/// The axis that a scale, of this array, stands for. A scale of floating-point numbers is a netCDF dimension
/// without labels.
Axis axis_of(const Hdf5Contents& file, const std::string& path, const std::string& scale,
             std::uint64_t size) {
  const auto found = file.arrays.find(scale);
  const std::string name = scale.substr(scale.rfind('/') + 1);
  if (found == file.arrays.end() || !found->second.loaded)
    throw wrong(file, path + ": expected dimension scales that are arrays of the series' groups");
  require_shape(file, scale, {size});
  if (found->second.kind == Kind::text) return {name, found->second.texts};
  if (found->second.kind == Kind::floating) return numbered_axis(name, size);
  return {name, std::get<std::vector<std::int64_t>>(found->second.numbers)};
}

/// The axes of an array. Without scales a first dimension as long as /step is the steps.
std::vector<Axis> axes_of(const Hdf5Contents& file, const std::string& path,
                          const std::vector<std::int64_t>& steps) {
  const Hdf5Array& array = file.arrays.at(path);
  std::vector<Axis> axes;
  for (std::size_t i = 0; i < array.dims.size(); ++i) {
    const std::uint64_t size = array.dims[i];
    if (!array.scales[i].empty()) {
      axes.push_back(axis_of(file, path, array.scales[i], size));
    } else if (i == 0 && size == steps.size()) {
      axes.push_back({std::string(step_axis), steps});
    } else {
      axes.push_back(numbered_axis("dim_" + std::to_string(size), size));
    }
    if (axes.back().name == step_axis && axes.back().labels != Labels(steps)) {
      throw wrong(file, path + ": its steps are not those of /step");
    }
  }
  return axes;
}

LabelledVariable labelled(const Hdf5Contents& file, const std::string& path,
                          const std::vector<std::int64_t>& steps) {
  LabelledVariable out;
  out.axes = axes_of(file, path, steps);
  out.variable.name = path.substr(path.rfind('/') + 1);
  for (const Axis& axis : out.axes) out.variable.axes.push_back(axis.name);
  out.variable.values = file.arrays.at(path).numbers;
  const Attributes& attributes = file.attributes.at(path);
  const auto text = [&](const std::string& name) -> std::string {
    const auto found = attributes.find(name);
    const auto* const value = found == attributes.end() ? nullptr : std::get_if<std::string>(&found->second);
    return value == nullptr ? "" : *value;
  };
  out.variable.units = text("units");
  out.variable.description = text("long_name");
  return out;
}

void add_axis(const Hdf5Contents& file, Frame& frame, const Axis& axis) {
  if (axis.name == step_axis) return;
  const Axis* const known = find_axis(frame, axis.name);
  if (known == nullptr) {
    frame.axes.push_back(axis);
  } else if (*known != axis) {
    throw wrong(file, frame.group + ": two axes are named " + axis.name);
  }
}

Group group_of(const Hdf5Contents& file, const std::string& path, const std::vector<std::int64_t>& steps) {
  Group group;
  group.frame.group = path.substr(1);
  group.frame.attributes = own_attributes(file, path);
  std::vector<std::string> arrays;
  for (const std::string& member : file.order) {
    if (member.substr(0, member.rfind('/')) != path) continue;
    const Hdf5Array& array = file.arrays.at(member);
    if (array.is_scale && array.dims.size() == 1) {
      add_axis(file, group.frame, axis_of(file, member, member, array.dims[0]));
    } else if (is_numeric(array)) {
      arrays.push_back(member);
    }
  }
  for (const std::string& member : arrays) {
    LabelledVariable read = labelled(file, member, steps);
    for (const Axis& axis : read.axes) add_axis(file, group.frame, axis);
    const bool per_step = !read.variable.axes.empty() && read.variable.axes.front() == step_axis;
    (per_step ? group.variables : group.frame.constants).push_back(std::move(read.variable));
  }
  std::ranges::sort(group.variables, {}, &Variable::name);
  return group;
}

std::string absolute(std::string_view path) {
  std::string out(path.starts_with('/') ? "" : "/");
  out += path;
  return out;
}

Replicates replicates_of(const Hdf5Contents& file, const std::string& path, std::uint64_t steps) {
  const Hdf5Array& array = file.arrays.at(path);
  const std::uint64_t count = array.dims.size() == 2 ? array.dims[1] : 0;
  require_shape(file, path, {steps, count});
  if (!is_numeric(array)) throw wrong(file, path + ": expected numbers");
  Replicates out;
  out.count = static_cast<std::int64_t>(count);
  std::visit([&](const auto& found) { out.values.assign(found.begin(), found.end()); }, array.numbers);
  return out;
}

std::vector<double> curve_of(const Hdf5Contents& file, const std::string& path, std::uint64_t steps) {
  require_shape(file, path, {steps});
  const Hdf5Array& array = file.arrays.at(path);
  if (!is_numeric(array)) throw wrong(file, path + ": expected numbers");
  std::vector<double> out;
  std::visit(
      [&](const auto& found) {
        using Number = typename std::decay_t<decltype(found)>::value_type;
        for (const Number value : found) {
          const bool missing = std::is_integral_v<Number> && value == static_cast<Number>(-1);
          out.push_back(missing ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(value));
        }
      },
      array.numbers);
  return out;
}

}  // namespace

std::string hdf5_version() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(release);
}

void write_series(const std::filesystem::path& path, const Series& series) {
  write_file_atomically(path, series_bytes(series));
}

SeriesHeader read_header(const std::filesystem::path& path) {
  const Hdf5Contents file = read_contents(path, [](const std::string&, const Hdf5Array&) { return false; });
  SeriesHeader out;
  out.attributes = root_attributes(file);
  for (const std::string& group : file.groups) out.groups[group.substr(1)] = own_attributes(file, group);
  for (const std::string& name : file.order) {
    const Hdf5Array& array = file.arrays.at(name);
    const bool number = array.kind == Kind::whole || array.kind == Kind::floating;
    if (number && !array.is_scale && name.rfind('/') > 0) out.arrays.push_back(name.substr(1));
  }
  return out;
}

std::string run_name(const SeriesHeader& header, const std::filesystem::path& path) {
  const auto found = header.attributes.find("run");
  const auto* const name =
      found == header.attributes.end() ? nullptr : std::get_if<std::string>(&found->second);
  return name == nullptr || name->empty() ? path.stem().string() : *name;
}

Series read_series(const std::filesystem::path& path) {
  const Hdf5Contents file = read_contents(
      path, [](const std::string&, const Hdf5Array& array) { return array.kind != Kind::other; });
  Series series;
  series.attributes = root_attributes(file);
  const std::vector<std::int64_t> steps = step_numbers(file);
  series.steps = step_infos(file, steps);
  for (const std::string& within : file.groups) {
    Group group = group_of(file, within, steps);
    Group folder;  // such as /glue of /glue/cola: no group of the series
    folder.frame.group = group.frame.group;
    const auto inside = [&](const std::string& other) { return other.starts_with(within + "/"); };
    if (group == folder && std::ranges::any_of(file.groups, inside)) continue;
    series.groups.emplace(folder.frame.group, std::move(group));
  }
  return series;
}

Curves read_curves(const std::filesystem::path& path, std::span<const std::string> paths) {
  std::set<std::string> wanted = {step_path};
  for (const std::string& curve : paths)
    wanted.insert({absolute(curve), absolute(curve) + replicates_suffix});
  const Hdf5Contents file =
      read_contents(path, [&](const std::string& name, const Hdf5Array&) { return wanted.contains(name); });
  root_attributes(file);
  Curves out;
  out.steps = step_numbers(file);
  for (const std::string& name : paths) {
    const std::string curve = absolute(name);
    if (!file.has(curve)) continue;
    out.curves[name] = curve_of(file, curve, out.steps.size());
    const std::string replicates = curve + replicates_suffix;
    if (file.has(replicates)) {
      out.replicates[name] = replicates_of(file, replicates, out.steps.size());
    }
  }
  return out;
}

std::optional<LabelledVariable> read_variable(const std::filesystem::path& path, std::string_view name) {
  const std::string wanted = absolute(name);
  const Hdf5Contents file = read_contents(path, [&](const std::string& array_path, const Hdf5Array& array) {
    return array_path == wanted || array_path == step_path || (array.is_scale && array.kind != Kind::other);
  });
  root_attributes(file);
  const std::vector<std::int64_t> steps = step_numbers(file);
  if (!file.has(wanted)) return std::nullopt;
  if (!is_numeric(file.arrays.at(wanted))) throw wrong(file, wanted + ": expected numbers");
  return labelled(file, wanted, steps);
}

}  // namespace onset
