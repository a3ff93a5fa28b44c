// What probes measured, in plain data: named arrays over named axes. A probe fills a Frame once and a
// Measurement a checkpoint; rows, the HDF5 file, CSV and merging are driven by what they find here and know
// no probe by name.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace onset {

/// The first axis of every array of a series; a Frame never lists it and a Measurement's arrays never have
/// it.
inline constexpr std::string_view step_axis = "step";
/// Bootstrap replicates: the one axis whose scale all groups share, so it has the same labels in each.
inline constexpr std::string_view replicate_axis = "replicate";

/// An axis's coordinate values.
using Labels = std::variant<std::vector<std::int64_t>, std::vector<std::string>>;

struct Axis {
  std::string name;
  Labels labels;

  std::int64_t size() const;
  bool operator==(const Axis&) const = default;
};

/// Missing values are NaN, in integers -1.
using Values = std::variant<std::vector<double>, std::vector<float>, std::vector<std::int64_t>>;

struct Variable {
  std::string name;
  std::vector<std::string> axes;  ///< names of the axes, slowest first
  Values values;                  ///< row-major; as many as the product of the axes' sizes
  std::string units;              ///< may be empty
  std::string description;        ///< one line; may be empty

  /// Bit for bit: a NaN equals the same NaN, so that "the same result" can be asked.
  bool operator==(const Variable& other) const;
};

/// Options, names, hashes: kept as attributes of the file or of a group.
using Attribute = std::variant<std::string, std::int64_t, double>;
using Attributes = std::map<std::string, Attribute>;
/// As a reader wants it: numbers as the shortest that read back the same ("1e-12").
std::string attribute_text(const Attribute& value);

/// What is the same for every checkpoint.
struct Frame {
  std::string group;                ///< lower-case letters, digits, _ ; e.g. "uas"; or two such, "glue/cola"
  std::vector<Axis> axes;           ///< all axes but step that the group's arrays use, replicate last
  std::vector<Variable> constants;  ///< arrays without a step axis: /uas/total, /uas/baseline
  Attributes attributes;            ///< every option and data hash that changes a number

  bool operator==(const Frame&) const = default;
};

/// One checkpoint's values of one group; in the series each gains a leading step axis.
struct Measurement {
  std::vector<Variable> variables;

  bool operator==(const Measurement&) const = default;
};

struct StepInfo {
  std::int64_t step = 0;
  std::string checkpoint;  ///< the folder's name
  std::string sha256;      ///< of the weight file's bytes, 64 hexadecimal digits

  bool operator==(const StepInfo&) const = default;
};

struct Group {
  Frame frame;
  std::vector<Variable> variables;  ///< axes start with step; by name

  bool operator==(const Group&) const = default;
};

struct Series {
  Attributes attributes;                ///< run, onset_version, …
  std::vector<StepInfo> steps;          ///< ascending, no step twice
  std::map<std::string, Group> groups;  ///< by Frame::group

  bool operator==(const Series&) const = default;
};

/// The array at `path`, "uas/micro" or "glue/cola/matthews", or null. Any number of axes, step first.
const Variable* find_curve(const Series& series, std::string_view path);
/// The constant at `path`, "uas/total", or null.
const Variable* find_constant(const Series& series, std::string_view path);
/// The axis of that name, or null.
const Axis* find_axis(const Frame& frame, std::string_view name);

/// How many values.
std::int64_t value_count(const Values& values);
/// `count` missing values of the same type as `like`.
Values missing_values(const Values& like, std::int64_t count);
/// How many values a variable with these axes has, where step counts `steps`. Throws Error(bug) naming the
/// group when an axis is not in the frame.
std::int64_t expected_count(const Frame& frame, const std::vector<std::string>& axes, std::int64_t steps);
/// Throws Error(bug) unless `variable` has as many values as its axes say.
void check_shape(const Frame& frame, const Variable& variable, std::int64_t steps);

}  // namespace onset
