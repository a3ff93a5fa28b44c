// What is in an HDF5 file, as plain data. The file is read in a child process: libhdf5 1.10.8 overruns its
// memory on files with a damaged heap of strings (three random byte errors in a series file: one chance in
// thirty), and only what came whole out of that process is looked at.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "onset/series/table.h"

namespace onset {

struct Hdf5Array {
  enum class Kind : std::uint8_t { whole, floating, text, other };

  Kind kind = Kind::other;
  std::vector<std::uint64_t> dims;  ///< none: one value
  bool is_scale = false;            ///< a dimension scale
  std::vector<std::string> scales;  ///< one a dimension: path of the first scale attached, empty where there
                                    ///< is none, "?" where it is none of the arrays that were looked at
  bool loaded = false;              ///< whether the values were asked for and are below
  Values numbers;                   ///< whole as int64; floating as float up to 32 bits, else as double
  std::vector<std::string> texts;   ///< kind text
};

/// More groups and arrays than this are no series file; each costs a good tenth of a millisecond to describe.
inline constexpr std::size_t most_objects = 10'000;

struct Hdf5Contents {
  std::string file;  ///< its name, for messages
  std::map<std::string, Attributes>
      attributes;  ///< of "/", groups and arrays: scalar numbers and strings, no others
  std::vector<std::string> other_attributes;  ///< names of those of "/" that are neither: lists and the like
  std::vector<std::string> groups;  ///< "/uas", "/glue", "/glue/cola"; the root's first, each level in order
                                    ///< of creation if kept, else by name
  std::vector<std::string> order;   ///< all arrays in the same order, the root's first
  std::map<std::string, Hdf5Array>
      arrays;  ///< "/step", "/uas/micro", "/glue/cola/matthews"; three levels deep

  bool has(const std::string& path) const { return arrays.contains(path); }
};

/// Which arrays' values to read; sees all but the values.
using Hdf5Wanted = std::function<bool(const std::string& path, const Hdf5Array& array)>;

/// Throws Error: missing_input; io; bad_data naming file and object when it is no HDF5 file, is damaged, has
/// more than most_objects, keeps wanted values in another file, or when all wanted values together take more
/// than 64 MiB and 64 times the file's length: gzip makes a gigabyte of zeros a megabyte, and measurements
/// shrink to a tenth at best. What `wanted` throws comes through.
Hdf5Contents read_hdf5(const std::filesystem::path& path, const Hdf5Wanted& wanted);

}  // namespace onset
