// HDF5 files as other programs write them: any widths, byte orders, string kinds, without scales.
#pragma once

#include <hdf5.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace onset {

class ForeignFile {
 public:
  explicit ForeignFile(const std::filesystem::path& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {}
  ~ForeignFile() { H5Fclose(file_); }
  ForeignFile(const ForeignFile&) = delete;
  ForeignFile& operator=(const ForeignFile&) = delete;

  hid_t id() const { return file_; }

  void group(const std::string& path) {
    H5Gclose(H5Gcreate2(file_, path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  }

  /// `stored` is any numeric HDF5 type.
  void numbers(const std::string& path, hid_t stored, const std::vector<hsize_t>& dims,
               const std::vector<double>& values) {
    const hid_t space = H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
    const hid_t array = H5Dcreate2(file_, path.c_str(), stored, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(array, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(array);
    H5Sclose(space);
  }

  /// Fixed-length strings, filled with zero bytes or with spaces.
  /// Of shape `dims`, or one axis of all values.
  void texts(const std::string& path, const std::vector<std::string>& values, H5T_str_t padding,
             std::vector<hsize_t> dims = {}) {
    std::size_t width = 1;
    for (const std::string& value : values) width = std::max(width, value.size());
    std::string bytes;
    for (std::string value : values) {
      value.resize(width, padding == H5T_STR_SPACEPAD ? ' ' : '\0');
      bytes += value;
    }
    const hid_t type = fixed_text(width, padding);
    if (dims.empty()) dims = {values.size()};
    const hid_t space = H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
    const hid_t array = H5Dcreate2(file_, path.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(array, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
    H5Dclose(array);
    H5Sclose(space);
    H5Tclose(type);
  }

  /// Zeros, as gzip likes them best.
  void zeros(const std::string& path, hid_t stored, const std::vector<hsize_t>& dims) {
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, static_cast<int>(dims.size()), dims.data());
    H5Pset_deflate(creation, 9);
    H5Pset_alloc_time(creation, H5D_ALLOC_TIME_INCR);
    const hid_t space = H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
    H5Dclose(H5Dcreate2(file_, path.c_str(), stored, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(creation);
  }

  void text_attribute(const std::string& name, const std::string& value) {
    const hid_t type = fixed_text(value.size() + 1, H5T_STR_NULLTERM);
    attribute(name, type, type, value.c_str());
    H5Tclose(type);
  }

  void whole_attribute(const std::string& name, hid_t stored, int value) {
    attribute(name, stored, H5T_NATIVE_INT, &value);
  }

  /// A list of two.
  void list_attribute(const std::string& name) {
    const hsize_t size = 2;
    const double values[2] = {1, 2};
    const hid_t space = H5Screate_simple(1, &size, nullptr);
    const hid_t id = H5Acreate2(file_, name.c_str(), H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(id, H5T_NATIVE_DOUBLE, values);
    H5Aclose(id);
    H5Sclose(space);
  }

  /// Attaches the scale to the array's dimension.
  void scale(const std::string& array_path, unsigned dimension, const std::string& scale_path) {
    const hid_t array = H5Dopen2(file_, array_path.c_str(), H5P_DEFAULT);
    const hid_t scale = H5Dopen2(file_, scale_path.c_str(), H5P_DEFAULT);
    if (H5DSis_scale(scale) <= 0) H5DSset_scale(scale, nullptr);
    H5DSattach_scale(array, scale, dimension);
    H5Dclose(array);
    H5Dclose(scale);
  }

  /// The two attributes that every series file has.
  void as_series() {
    text_attribute("schema", "onset-series");
    whole_attribute("schema_version", H5T_STD_U8BE, 1);
  }

 private:
  static hid_t fixed_text(std::size_t width, H5T_str_t padding) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, width);
    H5Tset_strpad(type, padding);
    return type;
  }

  void attribute(const std::string& name, hid_t stored, hid_t native, const void* value) {
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t id = H5Acreate2(file_, name.c_str(), stored, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(id, native, value);
    H5Aclose(id);
    H5Sclose(space);
  }

  hid_t file_;
};

}  // namespace onset
