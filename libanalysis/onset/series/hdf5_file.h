// The series file: a Series as HDF5 that xarray (h5netcdf), netCDF, MATLAB and h5dump open.
//
//   /                 attributes schema = "onset-series", schema_version = 1, and the series' own
//   /step             int64  [step]   ascending; a dimension scale      /checkpoint, /sha256   string [step]
//   /replicate        int64  [replicate], where a group uses it; a dimension scale
//   /<group>          the frame's attributes; a group may lie in another, /glue/cola
//   /<group>/<axis>   the axis's labels, int64 or string; a dimension scale
//   /<group>/<name>   constants, and variables [step, …]; every axis has its scale attached;
//                     attributes units, long_name, _FillValue (NaN; -1 in integers)
//
// Strings are variable-length UTF-8; there are no booleans and no enums. Format: HDF5 1.8. The same series
// gives the same bytes (no times are kept). Arrays from 64 KiB are compressed (shuffle, gzip 4) in chunks of
// whole step rows.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onset/series/table.h"

namespace onset {

/// More checkpoints than any run saves, and the replicates that `analyze --replicates` allows: a file that
/// claims more is refused (bad_data) before its values are read.
inline constexpr std::int64_t most_steps = 10'000'000;
inline constexpr std::int64_t most_replicates = 1'000'000;

/// The version of the HDF5 library in use, "1.10.8".
std::string hdf5_version();

/// Replaces the file at `path` atomically. Throws Error: io when the system refuses (the old file stands, no
/// temporary is left); bug when an array does not fit its axes or two groups' replicate axes differ.
void write_series(const std::filesystem::path& path, const Series& series);

/// What a series file says of itself, without its numbers.
struct SeriesHeader {
  Attributes attributes;                     ///< the file's, schema and schema_version left out
  std::map<std::string, Attributes> groups;  ///< "uas": its options and data hashes
  std::vector<std::string> arrays;           ///< "uas/micro", "uas/correct": all numeric arrays but axes
};

/// Throws as read_series does.
SeriesHeader read_header(const std::filesystem::path& path);
/// The attribute `run`, else the file's name without its extension.
std::string run_name(const SeriesHeader& header, const std::filesystem::path& path);

/// The whole file. What others wrote is read as far as it goes: /checkpoint and /sha256 may be absent (then
/// empty), numbers of any width and byte order, strings of fixed length; an axis without a scale is named
/// dim_<size> and labelled from 0. Throws Error: missing_input; bad_data when it is no series file or
/// damaged; configuration when its schema_version is newer than this program's.
Series read_series(const std::filesystem::path& path);

/// Bootstrap replicates of a curve.
struct Replicates {
  std::int64_t count = 0;
  std::vector<float> values;  ///< [step, replicate]
};

struct Curves {
  std::vector<std::int64_t> steps;  ///< ascending
  std::map<std::string, std::vector<double>>
      curves;  ///< [step], missing = NaN; a path absent from the file is absent here
  std::map<std::string, Replicates> replicates;  ///< from `<path>_replicates`, where the file has it
};

/// Just these curves, "uas/micro". Needs of the file only schema, schema_version and /step. Throws as
/// read_series does, and bad_data when a curve is not one value a step.
Curves read_curves(const std::filesystem::path& path, std::span<const std::string> paths);

/// An array with the axes it stands on, for selectors as in uas/correct[relation=nsubj].
struct LabelledVariable {
  Variable variable;
  std::vector<Axis>
      axes;  ///< one an axis of the variable, step included; labelled from 0 where the file has no labels
};

/// One array, "uas/correct", or one constant; nothing when the file has none of that name. Throws as
/// read_series does.
std::optional<LabelledVariable> read_variable(const std::filesystem::path& path, std::string_view name);

}  // namespace onset
