// Reads HDF5 objects by path, checking what can be checked before HDF5 is let at it. Used inside the reading
// process only (hdf5_contents.h). Throws Error(bad_data) naming file and object.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "onset/series/hdf5_contents.h"
#include "onset/series/hdf5_library.h"

namespace onset {

class Hdf5Reader {
 public:
  explicit Hdf5Reader(const std::filesystem::path& path);

  /// Name and whether it is a group, of the groups and arrays in a group; links to other files are left out.
  /// Throws when all groups asked for so far have more than most_objects.
  std::vector<std::pair<std::string, bool>> members(const std::string& group);
  /// Scalar numbers and strings; the names of all others go to `others`.
  Attributes attributes(const std::string& path, std::vector<std::string>* others = nullptr) const;
  /// All of an array but its values. A scale has a path if `members` has told of it.
  Hdf5Array describe(const std::string& path) const;
  /// Throws unless its values are in this file, and a file of this length can hold as many beside those that
  /// were checked before.
  void check(const std::string& path, const Hdf5Array& array);
  /// Its values; `array` is what describe gave and check let pass.
  void load(const std::string& path, Hdf5Array& array) const;

 private:
  std::int64_t sound(std::int64_t result, const std::string& object) const;
  Hdf5Handle open(const std::string& path) const;
  std::string scale_of(hid_t array, unsigned dimension, const std::string& path) const;
  void check_layout(hid_t array, const std::string& path) const;

  Hdf5Silence silence_;
  std::string name_;
  std::uint64_t file_size_;
  std::uint64_t most_bytes_;                    ///< that values of a file of this length can take
  std::uint64_t claimed_bytes_ = 0;             ///< by the values that were checked
  std::uint64_t objects_ = 0;                   ///< in the groups whose members were asked for
  std::map<std::uint64_t, std::string> found_;  ///< address in the file -> path, of the arrays there
  Hdf5Handle file_;
};

}  // namespace onset
