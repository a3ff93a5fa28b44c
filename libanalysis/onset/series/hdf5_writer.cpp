#include "onset/series/hdf5_writer.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <type_traits>

#include "onset/base/error.h"

namespace onset {
namespace {

using Dims = Hdf5Writer::Dims;

std::int64_t built(std::int64_t result, const std::string& what) {
  if (result < 0) throw Error(ErrorKind::bug, "HDF5 cannot write " + what + ": " + hdf5_cause());
  return result;
}

Hdf5Handle property_list(hid_t kind) { return {built(H5Pcreate(kind), "properties"), H5Pclose}; }

Hdf5Handle text_type() {
  Hdf5Handle type(built(H5Tcopy(H5T_C_S1), "a string type"), H5Tclose);
  built(H5Tset_size(type.get(), H5T_VARIABLE), "a string type");
  built(H5Tset_cset(type.get(), H5T_CSET_UTF8), "a string type");
  return type;
}

Hdf5Handle space_of(const Dims& dims) {
  const std::vector<hsize_t> sizes(dims.begin(), dims.end());
  return {built(sizes.empty() ? H5Screate(H5S_SCALAR)
                              : H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr),
                "a shape"),
          H5Sclose};
}

hid_t stored_type(double) { return H5T_IEEE_F64LE; }
hid_t stored_type(float) { return H5T_IEEE_F32LE; }
hid_t stored_type(std::int64_t) { return H5T_STD_I64LE; }

template <typename Number>
constexpr Number missing = std::numeric_limits<Number>::has_quiet_NaN
                               ? std::numeric_limits<Number>::quiet_NaN()
                               : Number(-1);

const char* checked_text(const std::string& text) {
  if (text.find('\0') != std::string::npos) throw Error(ErrorKind::bug, "a string with a zero byte: " + text);
  return text.c_str();
}

void write_scalar(hid_t object, const std::string& name, hid_t stored, hid_t native, const void* value) {
  const Hdf5Handle space = space_of({});
  const Hdf5Handle attribute(
      built(H5Acreate2(object, name.c_str(), stored, space.get(), H5P_DEFAULT, H5P_DEFAULT), name), H5Aclose);
  built(H5Awrite(attribute.get(), native, value), name);
}

Hdf5Handle create_array(hid_t file, const std::string& path, hid_t type, const Dims& dims, hid_t properties) {
  built(H5Pset_obj_track_times(properties, false), path);
  const Hdf5Handle space = space_of(dims);
  return {
      built(H5Dcreate2(file, path.c_str(), type, space.get(), H5P_DEFAULT, properties, H5P_DEFAULT), path),
      H5Dclose};
}

Hdf5Handle open_built(hid_t file, const std::string& path) {
  return {built(H5Oopen(file, path.c_str(), H5P_DEFAULT), path), H5Oclose};
}

}  // namespace

Hdf5Image::~Hdf5Image() { std::free(data_); }

void* Hdf5Image::resize(std::size_t size) {
  void* const data = std::realloc(data_, size);
  if (data == nullptr) return nullptr;
  data_ = data;
  size_ = size;
  return data_;
}

Hdf5Writer::Hdf5Writer() : file_(-1, H5Fclose) {
  const Hdf5Handle access = property_list(H5P_FILE_ACCESS);
  // H5Fget_file_image would be simpler, but up to 1.10.8 its image fails the superblock's checksum. So HDF5
  // is given our memory to keep the file in, and after H5Fclose the file is there.
  H5FD_file_image_callbacks_t memory{};
  memory.udata = &image_;
  memory.udata_copy = [](void* image) { return image; };
  memory.udata_free = [](void*) -> herr_t { return 0; };
  memory.image_malloc = [](std::size_t size, H5FD_file_image_op_t, void* image) {
    return static_cast<Hdf5Image*>(image)->resize(size);
  };
  memory.image_realloc = [](void*, std::size_t size, H5FD_file_image_op_t, void* image) {
    return static_cast<Hdf5Image*>(image)->resize(size);
  };
  memory.image_memcpy = [](void* to, const void* from, std::size_t size, H5FD_file_image_op_t, void*) {
    return std::memcpy(to, from, size);
  };
  memory.image_free = [](void*, H5FD_file_image_op_t, void*) -> herr_t { return 0; };
  built(H5Pset_file_image_callbacks(access.get(), &memory), "in memory");
  built(H5Pset_fapl_core(access.get(), std::size_t{4} << 20U, false), "in memory");
  built(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V18, H5F_LIBVER_V18), "format 1.8");
  const Hdf5Handle creation = property_list(H5P_FILE_CREATE);
  built(H5Pset_obj_track_times(creation.get(), false), "without times");
  built(H5Pset_link_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED),
        "in order");
  // HDF5 tells files in memory apart by name; no file of this name is made.
  const std::string name = "series-" + std::to_string(std::bit_cast<std::uintptr_t>(this));
  file_ = {built(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, creation.get(), access.get()), "a file"), H5Fclose};
}

void Hdf5Writer::create_group(const std::string& path) {
  const Hdf5Handle creation = property_list(H5P_GROUP_CREATE);
  built(H5Pset_obj_track_times(creation.get(), false), path);
  built(H5Pset_link_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), path);
  const Hdf5Handle group(
      built(H5Gcreate2(file_.get(), path.c_str(), H5P_DEFAULT, creation.get(), H5P_DEFAULT), path), H5Gclose);
}

void Hdf5Writer::write_numbers(const std::string& path, const Dims& dims, const Values& values,
                               const Dims& chunk) {
  const Hdf5Handle creation = property_list(H5P_DATASET_CREATE);
  if (!chunk.empty()) {
    const std::vector<hsize_t> sizes(chunk.begin(), chunk.end());
    built(H5Pset_chunk(creation.get(), static_cast<int>(sizes.size()), sizes.data()), path);
    built(H5Pset_shuffle(creation.get()), path);
    built(H5Pset_deflate(creation.get(), 4), path);
  }
  std::visit(
      [&](const auto& array) {
        using Number = typename std::decay_t<decltype(array)>::value_type;
        const Number fill = missing<Number>;
        const hid_t stored = stored_type(Number());
        const hid_t native = native_type(Number());
        built(H5Pset_fill_value(creation.get(), native, &fill), path);
        const Hdf5Handle target = create_array(file_.get(), path, stored, dims, creation.get());
        if (!array.empty()) {
          built(H5Dwrite(target.get(), native, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.data()), path);
        }
        write_scalar(target.get(), "_FillValue", stored, native, &fill);
      },
      values);
}

void Hdf5Writer::write_labels(const std::string& path, const Labels& labels) {
  const Hdf5Handle creation = property_list(H5P_DATASET_CREATE);
  if (const auto* numbers = std::get_if<std::vector<std::int64_t>>(&labels)) {
    const Hdf5Handle target =
        create_array(file_.get(), path, H5T_STD_I64LE, {numbers->size()}, creation.get());
    if (numbers->empty()) return;
    built(H5Dwrite(target.get(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers->data()), path);
    return;
  }
  std::vector<const char*> texts;
  for (const std::string& text : std::get<std::vector<std::string>>(labels))
    texts.push_back(checked_text(text));
  const Hdf5Handle type = text_type();
  const Hdf5Handle target = create_array(file_.get(), path, type.get(), {texts.size()}, creation.get());
  if (texts.empty()) return;
  built(H5Dwrite(target.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()), path);
}

void Hdf5Writer::write_attribute(const std::string& path, const std::string& name, const Attribute& value) {
  const Hdf5Handle object = open_built(file_.get(), path);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    write_scalar(object.get(), name, H5T_STD_I64LE, H5T_NATIVE_INT64, whole);
  } else if (const auto* real = std::get_if<double>(&value)) {
    write_scalar(object.get(), name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, real);
  } else {
    const char* const text = checked_text(std::get<std::string>(value));
    const Hdf5Handle type = text_type();
    write_scalar(object.get(), name, type.get(), type.get(), &text);
  }
}

void Hdf5Writer::make_scale(const std::string& path, const std::string& name) {
  const Hdf5Handle array = open_built(file_.get(), path);
  built(H5DSset_scale(array.get(), name.c_str()), path);
}

void Hdf5Writer::attach_scale(const std::string& path, unsigned dimension, const std::string& scale) {
  const Hdf5Handle array = open_built(file_.get(), path);
  const Hdf5Handle axis = open_built(file_.get(), scale);
  built(H5DSattach_scale(array.get(), axis.get(), dimension), path);
}

std::string Hdf5Writer::finish() {
  built(H5Fclose(file_.release()), "the file");
  // The memory is larger than the file, whose end the superblock (version 2, as libver V18 has it) gives at
  // byte 28.
  std::uint64_t end = 0;
  std::memcpy(&end, image_.data() + 28, sizeof end);
  if (end > image_.size()) throw Error(ErrorKind::bug, "HDF5 left a file without its end");
  return {image_.data(), end};
}

}  // namespace onset
