// Writes an HDF5 file: arrays, strings, attributes and dimension scales by path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "onset/series/hdf5_library.h"
#include "onset/series/table.h"

namespace onset {

/// The memory HDF5 keeps a file in; outlives the file, whose last bytes are written when it closes.
class Hdf5Image {
 public:
  Hdf5Image() = default;
  ~Hdf5Image();
  Hdf5Image(const Hdf5Image&) = delete;
  Hdf5Image& operator=(const Hdf5Image&) = delete;

  /// Null when there is no such memory; then the old stands.
  void* resize(std::size_t size);
  const char* data() const { return static_cast<const char*>(data_); }
  std::size_t size() const { return size_; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Builds a file in memory, so that the disk is touched by write_file_atomically alone: HDF5 cannot recover
/// when a write fails halfway. Throws Error(bug): nothing but our misuse or lack of memory fails here.
class Hdf5Writer {
 public:
  using Dims = std::vector<std::uint64_t>;

  Hdf5Writer();

  void create_group(const std::string& path);
  /// `chunk` empty: contiguous; else gzip-compressed chunks of that shape. Missing is the fill value and
  /// `_FillValue`.
  void write_numbers(const std::string& path, const Dims& dims, const Values& values, const Dims& chunk);
  void write_labels(const std::string& path, const Labels& labels);
  void write_attribute(const std::string& path, const std::string& name, const Attribute& value);
  /// Makes a one-dimensional array the dimension scale called `name`.
  void make_scale(const std::string& path, const std::string& name);
  void attach_scale(const std::string& path, unsigned dimension, const std::string& scale);

  /// Ends the file and gives its bytes; nothing may be written afterwards.
  std::string finish();

 private:
  Hdf5Silence silence_;
  Hdf5Image image_;
  Hdf5Handle file_;
};

}  // namespace onset
