#include "onset/series/hdf5_reader.h"

#include <algorithm>
#include <array>
#include <optional>

#include "onset/base/error.h"

namespace onset {
namespace {

Hdf5Handle text_type_like(hid_t stored) {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5Tget_cset(stored));
  return type;
}

/// `count` strings that `read(memory type, buffer)` takes from something of this stored type.
template <typename Read>
std::vector<std::string> texts_of(hid_t stored, std::uint64_t count, const Read& read) {
  std::vector<std::string> out;
  if (H5Tis_variable_str(stored) > 0) {
    const Hdf5Handle type = text_type_like(stored);
    std::vector<char*> texts(count, nullptr);
    read(type.get(), texts.data());
    for (char* const text : texts) {
      out.emplace_back(text == nullptr ? "" : text);  // an empty string may be null
      H5free_memory(text);
    }
    return out;
  }
  const std::size_t width = H5Tget_size(stored);
  const bool spaces = H5Tget_strpad(stored) == H5T_STR_SPACEPAD;
  std::string buffer(width * count, '\0');
  read(stored, buffer.data());
  for (std::uint64_t i = 0; i < count; ++i) {
    std::string text = buffer.substr(i * width, width);
    text.resize(std::min(text.find('\0'), text.size()));
    if (spaces) text.erase(text.find_last_not_of(' ') + 1);
    out.push_back(std::move(text));
  }
  return out;
}

/// Where an object's header lies in the file. (H5Iget_name would find its path by going through the whole
/// file.)
std::uint64_t address_of(hid_t object) {
  hobj_ref_t reference = 0;
  return H5Rcreate(&reference, object, ".", H5R_OBJECT, -1) < 0 ? 0 : reference;
}

std::optional<Attribute> scalar(hid_t attribute, std::uint64_t most_bytes) {
  const Hdf5Handle type(H5Aget_type(attribute), H5Tclose);
  const Hdf5Handle space(H5Aget_space(attribute), H5Sclose);
  if (H5Sget_simple_extent_npoints(space.get()) != 1 || H5Tget_size(type.get()) > most_bytes)
    return std::nullopt;
  bool whole = true;
  const auto read = [&](hid_t memory, void* buffer) { whole = H5Aread(attribute, memory, buffer) >= 0; };
  std::optional<Attribute> value;
  const H5T_class_t kind = H5Tget_class(type.get());
  if (kind == H5T_INTEGER) {
    std::int64_t number = 0;
    read(H5T_NATIVE_INT64, &number);
    value = number;
  } else if (kind == H5T_FLOAT) {
    double number = 0;
    read(H5T_NATIVE_DOUBLE, &number);
    value = number;
  } else if (kind == H5T_STRING) {
    value = texts_of(type.get(), 1, read).front();
  }
  return whole ? value : std::nullopt;
}

}  // namespace

Hdf5Reader::Hdf5Reader(const std::filesystem::path& path)
    : name_(path.string()),
      file_size_(std::filesystem::file_size(path)),
      most_bytes_((std::uint64_t{1} << 26U) + 64 * file_size_),
      file_(-1, H5Fclose) {
  if (H5Fis_hdf5(path.c_str()) <= 0) throw error_in(ErrorKind::bad_data, name_, "not an HDF5 file");
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  // Files are replaced whole, never changed in place, so HDF5's own locks protect nothing and fail on some
  // file systems.
  H5Pset_file_locking(access.get(), false, true);
  file_ = {sound(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()), "HDF5"), H5Fclose};
}

std::int64_t Hdf5Reader::sound(std::int64_t result, const std::string& object) const {
  if (result < 0) throw error_in(ErrorKind::bad_data, name_, object + ": damaged: " + hdf5_cause());
  return result;
}

Hdf5Handle Hdf5Reader::open(const std::string& path) const {
  return {sound(H5Oopen(file_.get(), path.c_str(), H5P_DEFAULT), path), H5Oclose};
}

std::vector<std::pair<std::string, bool>> Hdf5Reader::members(const std::string& group) {
  const Hdf5Handle parent(sound(H5Gopen2(file_.get(), group.c_str(), H5P_DEFAULT), group), H5Gclose);
  const Hdf5Handle creation(sound(H5Gget_create_plist(parent.get()), group), H5Pclose);
  unsigned order = 0;
  sound(H5Pget_link_creation_order(creation.get(), &order), group);
  const H5_index_t index = (order & H5P_CRT_ORDER_INDEXED) != 0 ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
  H5G_info_t info{};
  sound(H5Gget_info(parent.get(), &info), group);
  if (info.nlinks > most_objects - std::min<std::uint64_t>(objects_, most_objects)) {
    throw error_in(ErrorKind::bad_data, name_,
                   group + ": expected at most " + std::to_string(most_objects) +
                       " groups and arrays in the file, found more");
  }
  objects_ += info.nlinks;
  struct Link {
    std::string name;
    bool hard;
  };
  std::vector<Link> links;
  const H5L_iterate_t collect = [](hid_t, const char* name, const H5L_info_t* link, void* all) -> herr_t {
    static_cast<std::vector<Link>*>(all)->push_back({name, link->type == H5L_TYPE_HARD});
    return 0;
  };
  sound(H5Literate(parent.get(), index, H5_ITER_INC, nullptr, collect, &links), group);
  std::vector<std::pair<std::string, bool>> out;
  for (Link& link : links) {
    if (std::ranges::any_of(link.name, [](unsigned char c) { return c < ' ' || c == 0x7f; })) {
      throw error_in(ErrorKind::bad_data, name_, group + ": holds an object with an unprintable name");
    }
    if (!link.hard) continue;
    const Hdf5Handle object(sound(H5Oopen(parent.get(), link.name.c_str(), H5P_DEFAULT), group), H5Oclose);
    const H5I_type_t type = H5Iget_type(object.get());
    if (type == H5I_DATASET) {
      found_.emplace(address_of(object.get()), group == "/" ? group + link.name : group + "/" + link.name);
    }
    if (type == H5I_GROUP || type == H5I_DATASET) out.emplace_back(std::move(link.name), type == H5I_GROUP);
  }
  return out;
}

Attributes Hdf5Reader::attributes(const std::string& path, std::vector<std::string>* others) const {
  const Hdf5Handle object = open(path);
  std::vector<std::string> names;
  const H5A_operator2_t collect = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  sound(H5Aiterate2(object.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &names), path);
  Attributes out;
  for (const std::string& name : names) {
    const Hdf5Handle attribute(sound(H5Aopen(object.get(), name.c_str(), H5P_DEFAULT), path), H5Aclose);
    if (auto value = scalar(attribute.get(), most_bytes_)) {
      out.emplace(name, *std::move(value));
    } else if (others != nullptr) {
      others->push_back(name);
    }
  }
  return out;
}

std::string Hdf5Reader::scale_of(hid_t array, unsigned dimension, const std::string& path) const {
  if (sound(H5DSget_num_scales(array, dimension), path) == 0) return {};
  std::uint64_t address = 0;
  const H5DS_iterate_t first = [](hid_t, unsigned, hid_t id, void* out) -> herr_t {
    *static_cast<std::uint64_t*>(out) = address_of(id);
    return 1;
  };
  if (H5DSiterate_scales(array, dimension, nullptr, first, &address) < 0) {
    throw error_in(
        ErrorKind::bad_data, name_,
        path + ": dimension " + std::to_string(dimension) +
            ": expected its dimension scale, found a reference to an array that is no longer there");
  }
  const auto found = found_.find(address);
  return found == found_.end() ? "?" : found->second;
}

Hdf5Array Hdf5Reader::describe(const std::string& path) const {
  const Hdf5Handle array = open(path);
  const Hdf5Handle type(sound(H5Dget_type(array.get()), path), H5Tclose);
  const Hdf5Handle space(sound(H5Dget_space(array.get()), path), H5Sclose);
  std::array<hsize_t, H5S_MAX_RANK> dims{};
  const auto rank = sound(H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr), path);
  Hdf5Array out;
  out.dims.assign(dims.begin(), dims.begin() + rank);
  const H5T_class_t kind = H5Tget_class(type.get());
  const std::size_t width = H5Tget_size(type.get());
  if (H5Sget_simple_extent_type(space.get()) == H5S_NULL) {
    out.kind = Hdf5Array::Kind::other;
  } else if (kind == H5T_STRING) {
    out.kind = Hdf5Array::Kind::text;
  } else if (kind == H5T_INTEGER && width <= 8) {
    out.kind = Hdf5Array::Kind::whole;
  } else if (kind == H5T_FLOAT && width <= 8) {
    out.kind = Hdf5Array::Kind::floating;
  }
  out.is_scale = sound(H5DSis_scale(array.get()), path) > 0;
  for (unsigned i = 0; i < out.dims.size(); ++i) out.scales.push_back(scale_of(array.get(), i, path));
  return out;
}

void Hdf5Reader::check(const std::string& path, const Hdf5Array& array) {
  if (array.kind == Hdf5Array::Kind::other) {
    throw error_in(ErrorKind::bad_data, name_, path + ": expected strings or numbers of at most 64 bits");
  }
  const Hdf5Handle source = open(path);
  const Hdf5Handle type(sound(H5Dget_type(source.get()), path), H5Tclose);
  std::uint64_t bytes = std::max<std::uint64_t>(H5Tget_size(type.get()), 1);
  for (const std::uint64_t size : array.dims) {
    if (size != 0 && bytes > most_bytes_ / size) {
      throw error_in(ErrorKind::bad_data, name_,
                     path + ": claims more values than a file of this length can hold");
    }
    bytes *= size;
  }
  if (bytes > most_bytes_ - claimed_bytes_) {
    throw error_in(ErrorKind::bad_data, name_,
                   path + ": with it the arrays claim more values than a file of this length can hold");
  }
  claimed_bytes_ += bytes;
  check_layout(source.get(), path);
}

void Hdf5Reader::check_layout(hid_t array, const std::string& path) const {
  const Hdf5Handle creation(sound(H5Dget_create_plist(array), path), H5Pclose);
  const H5D_layout_t layout = H5Pget_layout(creation.get());
  const bool elsewhere = H5Pget_external_count(creation.get()) != 0;
  if (elsewhere || (layout != H5D_CHUNKED && layout != H5D_CONTIGUOUS && layout != H5D_COMPACT)) {
    throw error_in(ErrorKind::bad_data, name_,
                   path + ": expected its values in this file, found them elsewhere");
  }
  if (layout == H5D_CONTIGUOUS) {
    const haddr_t offset = H5Dget_offset(array);
    if (offset == HADDR_UNDEF) return;  // never written: all fill value
    if (offset > file_size_ || H5Dget_storage_size(array) > file_size_ - offset) {
      throw error_in(ErrorKind::bad_data, name_, path + ": its values end beyond the file's end");
    }
  }
  if (layout != H5D_CHUNKED) return;
  std::array<hsize_t, H5S_MAX_RANK> chunk{};
  const auto rank = sound(H5Pget_chunk(creation.get(), H5S_MAX_RANK, chunk.data()), path);
  std::uint64_t bytes = 1;
  for (std::int64_t i = 0; i < rank; ++i) {
    if (chunk[i] == 0 || bytes > most_bytes_ / chunk[i]) {
      throw error_in(ErrorKind::bad_data, name_,
                     path + ": claims chunks that a file of this length cannot hold");
    }
    bytes *= chunk[i];
  }
}

void Hdf5Reader::load(const std::string& path, Hdf5Array& array) const {
  const Hdf5Handle source = open(path);
  std::uint64_t count = 1;
  for (const std::uint64_t size : array.dims) count *= size;
  const auto read = [&](hid_t memory, void* buffer) {
    if (count == 0) return;
    sound(H5Dread(source.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer), path);
  };
  const auto read_as = [&](auto example) {
    std::vector<decltype(example)> values(count);
    read(native_type(example), values.data());
    array.numbers = std::move(values);
  };
  const Hdf5Handle type(sound(H5Dget_type(source.get()), path), H5Tclose);
  if (array.kind == Hdf5Array::Kind::whole) {
    read_as(std::int64_t{});
  } else if (array.kind == Hdf5Array::Kind::text) {
    array.texts = texts_of(type.get(), count, read);
  } else if (H5Tget_size(type.get()) <= sizeof(float)) {
    read_as(float{});
  } else {
    read_as(double{});
  }
  array.loaded = true;
}

}  // namespace onset
