#include "onset/series/hdf5_layout.h"

#include <algorithm>
#include <set>
#include <variant>
#include <vector>

#include "onset/base/error.h"
#include "onset/series/hdf5_writer.h"

namespace onset {
namespace {

using Dims = std::vector<std::uint64_t>;

constexpr std::uint64_t compress_from = 65'536;          // bytes
constexpr std::uint64_t chunk_bytes_aim = 262'144;       // several small step rows share a chunk
constexpr std::uint64_t chunk_bytes_most = 268'435'456;  // HDF5 refuses 4 GiB

/// Chunks of whole step rows; empty for an array that is better left contiguous.
Dims chunk_shape(const Dims& dims, std::uint64_t value_bytes) {
  std::uint64_t bytes = value_bytes;
  for (const std::uint64_t size : dims) bytes *= size;
  if (bytes < compress_from) return {};
  Dims chunk = dims;
  const std::uint64_t row_bytes = bytes / dims[0];
  chunk[0] = std::clamp<std::uint64_t>(chunk_bytes_aim / row_bytes, 1, dims[0]);
  for (std::uint64_t size = chunk[0] * row_bytes; size > chunk_bytes_most;) {
    auto& largest = *std::ranges::max_element(chunk);
    size = size / largest * ((largest + 1) / 2);
    largest = (largest + 1) / 2;
  }
  return chunk;
}

std::string axis_path(const std::string& group, const std::string& axis) {
  if (axis == step_axis) return step_path;
  return (axis == replicate_axis ? "/" : "/" + group + "/") + axis;
}

void write_scale(Hdf5Writer& file, const std::string& path, const Axis& axis) {
  file.write_labels(path, axis.labels);
  file.make_scale(path, axis.name);
}

void write_variable(Hdf5Writer& file, const Frame& frame, const Variable& variable, std::size_t steps) {
  check_shape(frame, variable, static_cast<std::int64_t>(steps));
  const std::string path = "/" + frame.group + "/" + variable.name;
  Dims dims;
  for (const std::string& name : variable.axes) {
    dims.push_back(name == step_axis ? steps : static_cast<std::uint64_t>(find_axis(frame, name)->size()));
  }
  const std::uint64_t value_bytes = std::holds_alternative<std::vector<float>>(variable.values) ? 4 : 8;
  file.write_numbers(path, dims, variable.values, chunk_shape(dims, value_bytes));
  for (unsigned i = 0; i < dims.size(); ++i) {
    file.attach_scale(path, i, axis_path(frame.group, variable.axes[i]));
  }
  if (!variable.units.empty()) file.write_attribute(path, "units", variable.units);
  if (!variable.description.empty()) file.write_attribute(path, "long_name", variable.description);
}

/// `made`: the groups that are there; the group that holds this one may be new, too.
void write_group(Hdf5Writer& file, const Group& group, std::size_t steps, std::set<std::string>& made) {
  const std::string path = "/" + group.frame.group;
  const std::string parent = path.substr(0, path.rfind('/'));
  if (!parent.empty() && made.insert(parent).second) file.create_group(parent);
  if (made.insert(path).second) file.create_group(path);
  for (const auto& [name, value] : group.frame.attributes) file.write_attribute(path, name, value);
  for (const Axis& axis : group.frame.axes) {
    if (axis.name != replicate_axis) write_scale(file, axis_path(group.frame.group, axis.name), axis);
  }
  for (const Variable& constant : group.frame.constants) write_variable(file, group.frame, constant, steps);
  for (const Variable& variable : group.variables) write_variable(file, group.frame, variable, steps);
}

/// The one replicate axis of all groups, if any has it.
const Axis* shared_replicates(const Series& series) {
  const Axis* shared = nullptr;
  for (const auto& [name, group] : series.groups) {
    const Axis* const axis = find_axis(group.frame, replicate_axis);
    if (axis == nullptr) continue;
    if (shared != nullptr && *shared != *axis) {
      throw Error(ErrorKind::bug, "group " + name + " has other replicates than another group");
    }
    shared = axis;
  }
  return shared;
}

void write_steps(Hdf5Writer& file, const std::vector<StepInfo>& steps) {
  Axis axis{std::string(step_axis), std::vector<std::int64_t>()};
  std::vector<std::string> checkpoints;
  std::vector<std::string> hashes;
  for (const StepInfo& step : steps) {
    std::get<0>(axis.labels).push_back(step.step);
    checkpoints.push_back(step.checkpoint);
    hashes.push_back(step.sha256);
  }
  write_scale(file, step_path, axis);
  file.write_attribute(step_path, "long_name", std::string("training steps done"));
  file.write_labels("/checkpoint", checkpoints);
  file.write_labels("/sha256", hashes);
  file.attach_scale("/checkpoint", 0, step_path);
  file.attach_scale("/sha256", 0, step_path);
}

}  // namespace

std::string series_bytes(const Series& series) {
  Hdf5Writer file;
  file.write_attribute("/", "schema", std::string(schema_name));
  file.write_attribute("/", "schema_version", schema_version);
  for (const auto& [name, value] : series.attributes) file.write_attribute("/", name, value);
  write_steps(file, series.steps);
  if (const Axis* const replicates = shared_replicates(series)) {
    write_scale(file, axis_path("", replicates->name), *replicates);
  }
  std::set<std::string> made;
  for (const auto& [name, group] : series.groups) write_group(file, group, series.steps.size(), made);
  return file.finish();
}

}  // namespace onset
