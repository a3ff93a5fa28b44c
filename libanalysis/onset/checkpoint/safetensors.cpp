#include "onset/checkpoint/safetensors.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include "onset/base/error.h"
#include "onset/base/sha256.h"
#include "onset/checkpoint/json_text.h"
#include "onset/checkpoint/printable.h"
#include "onset/checkpoint/weight_bytes.h"

namespace onset {
namespace {

using nlohmann::json;

constexpr std::uint64_t prefix_size = 8;  ///< the header's length
constexpr std::uint64_t longest_header = 100'000'000;
constexpr std::size_t most_dimensions = 64;

/// The format's dtypes that LibTorch 1.13 has, too.
constexpr std::array<std::pair<std::string_view, torch::ScalarType>, 10> dtypes = {{
    {"F64", torch::kFloat64},
    {"F32", torch::kFloat32},
    {"F16", torch::kFloat16},
    {"BF16", torch::kBFloat16},
    {"I64", torch::kInt64},
    {"I32", torch::kInt32},
    {"I16", torch::kInt16},
    {"I8", torch::kInt8},
    {"U8", torch::kUInt8},
    {"BOOL", torch::kBool},
}};

/// Turns a header into entries. Messages name the tensor and its field.
class HeaderReader {
 public:
  HeaderReader(std::string file, std::uint64_t data_size) : file_(std::move(file)), data_size_(data_size) {}

  TensorEntry entry(const std::string& name, const json& fields) const {
    if (!fields.is_object()) throw fault(name, "expected an object, found " + json_kind(fields));
    for (const auto& [key, value] : fields.items()) {
      if (key != "dtype" && key != "shape" && key != "data_offsets") {
        throw fault(name, "unknown field " + printable(key));
      }
    }
    TensorEntry entry;
    entry.name = name;
    entry.dtype = dtype(name, field(name, fields, "dtype"));
    for (const json& size : list(name, fields, "shape")) {
      entry.shape.push_back(static_cast<std::int64_t>(number(name, "shape", size)));
    }
    if (entry.shape.size() > most_dimensions) {
      throw fault(name, "shape: expected at most " + std::to_string(most_dimensions) + " dimensions, found " +
                            std::to_string(entry.shape.size()));
    }
    const json& offsets = list(name, fields, "data_offsets");
    if (offsets.size() != 2) {
      throw fault(name, "data_offsets: expected 2 numbers, found " + std::to_string(offsets.size()));
    }
    entry.begin = number(name, "data_offsets", offsets[0]);
    entry.end = number(name, "data_offsets", offsets[1]);
    require_size(entry);
    return entry;
  }

  /// The tensors' bytes must be the buffer: in order, no byte twice, none left.
  void require_cover(const std::vector<TensorEntry>& entries) const {
    std::uint64_t at = 0;
    for (const TensorEntry& entry : entries) {
      if (entry.begin != at) {
        throw fault(entry.name, "data_offsets: expected to begin at " + std::to_string(at) + ", found " +
                                    std::to_string(entry.begin) +
                                    (entry.begin < at ? ": it overlaps the tensor before it"
                                                      : ": a hole after the tensor before it"));
      }
      at = entry.end;
    }
    if (at != data_size_) {
      throw error_in(ErrorKind::bad_data, file_,
                     "expected " + std::to_string(at) + " bytes of tensors after the header, found " +
                         std::to_string(data_size_));
    }
  }

  std::map<std::string, std::string> metadata(const json& fields) const {
    if (!fields.is_object()) throw fault("__metadata__", "expected an object, found " + json_kind(fields));
    std::map<std::string, std::string> out;
    for (const auto& [key, value] : fields.items()) {
      if (!value.is_string()) {
        throw fault("__metadata__", printable(key) + ": expected text, found " + json_kind(value));
      }
      out.emplace(key, value.get<std::string>());
    }
    return out;
  }

 private:
  Error fault(const std::string& name, const std::string& what) const {
    return error_in(ErrorKind::bad_data, file_, printable(name) + ": " + what);
  }

  const json& field(const std::string& name, const json& fields, const char* key) const {
    const auto found = fields.find(key);
    if (found == fields.end()) throw fault(name, "no field " + std::string(key));
    return *found;
  }

  const json& list(const std::string& name, const json& fields, const char* key) const {
    const json& value = field(name, fields, key);
    if (!value.is_array())
      throw fault(name, std::string(key) + ": expected a list, found " + json_kind(value));
    return value;
  }

  std::uint64_t number(const std::string& name, const char* key, const json& value) const {
    constexpr std::uint64_t largest = 1ULL << 62U;
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > largest) {
      throw fault(name,
                  std::string(key) + ": expected whole numbers from 0 to 2^62, found " + json_kind(value));
    }
    return value.get<std::uint64_t>();
  }

  torch::ScalarType dtype(const std::string& name, const json& value) const {
    std::string accepted;
    for (const auto& [known, type] : dtypes) {
      if (value.is_string() && value.get_ref<const std::string&>() == known) return type;
      accepted += (accepted.empty() ? "" : ", ") + std::string(known);
    }
    throw fault(name, "dtype: expected one of " + accepted + ", found " + json_kind(value));
  }

  void require_size(const TensorEntry& entry) const {
    if (entry.begin > entry.end || entry.end > data_size_) {
      throw fault(entry.name, "data_offsets: [" + std::to_string(entry.begin) + ", " +
                                  std::to_string(entry.end) + "] is not within the " +
                                  std::to_string(data_size_) + " bytes after the header");
    }
    std::uint64_t bytes = torch::elementSize(entry.dtype);
    bool overflow = false;
    for (const std::int64_t size : entry.shape) {
      overflow |= __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes);
    }
    if (overflow || bytes != entry.end - entry.begin) {
      throw fault(entry.name, "shape " + shape_text(entry.shape) + ": expected " +
                                  (overflow ? "more than 2^64" : std::to_string(bytes)) + " bytes, found " +
                                  std::to_string(entry.end - entry.begin));
    }
  }

  std::string file_;
  std::uint64_t data_size_;
};

std::string_view header_text(const MappedFile& file) {
  require_real_file(file);
  const std::string_view bytes = file.text();
  const std::string name = file.path().string();
  if (bytes.size() < prefix_size) {
    throw error_in(ErrorKind::bad_data, name,
                   "expected 8 bytes with the header's length, found " + std::to_string(bytes.size()));
  }
  std::uint64_t length = 0;
  for (unsigned i = 0; i < prefix_size; ++i) {
    length |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8U * i);
  }
  const std::uint64_t most = std::min(longest_header, static_cast<std::uint64_t>(bytes.size()) - prefix_size);
  if (length > most) {
    throw error_at_byte(
        ErrorKind::bad_data, name, 0,
        "header length: expected at most " + std::to_string(most) + ", found " + std::to_string(length));
  }
  const std::string_view header = bytes.substr(prefix_size, length);
  if (!header.starts_with('{')) {
    throw error_at_byte(
        ErrorKind::bad_data, name, prefix_size,
        "header: expected {, found " + (header.empty() ? "nothing" : printable(header.substr(0, 1))));
  }
  return header;
}

/// A file being written; every call is checked.
class Output {
 public:
  Output(const std::filesystem::path& path, std::string shown)
      : shown_(std::move(shown)), file_(std::fopen(path.c_str(), "wbe"), &std::fclose) {
    if (file_ == nullptr) throw fault("create");
  }
  void write(const void* data, std::size_t size) {
    if (size > 0 && std::fwrite(data, 1, size, file_.get()) != size) throw fault("write");
  }
  void close() {
    if (std::fclose(file_.release()) != 0) throw fault("write");
  }

 private:
  Error fault(const char* doing) const {
    return error_in(ErrorKind::io, shown_, std::string("cannot ") + doing + ": " + std::strerror(errno));
  }
  std::string shown_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

std::string_view dtype_name(torch::ScalarType dtype, const std::string& tensor) {
  const auto* const known =
      std::find_if(dtypes.begin(), dtypes.end(), [&](const auto& entry) { return entry.second == dtype; });
  if (known == dtypes.end()) {
    throw Error(ErrorKind::bug, "safetensors: " + tensor + ": no name for dtype " + torch::toString(dtype));
  }
  return known->first;
}

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// Hands the bytes of a file with these tensors to put(data, size), in order.
template <typename Put>
void put_file(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata,
              const Put& put) {
  std::vector<const std::pair<std::string, torch::Tensor>*> order;
  for (const auto& item : tensors) order.push_back(&item);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    const auto width = [](const auto* item) { return item->second.element_size(); };
    return width(a) != width(b) ? width(a) > width(b) : a->first < b->first;
  });

  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::set<std::string> names;
  std::uint64_t at = 0;
  for (const auto* const item : order) {
    const auto& [name, tensor] = *item;
    if (name == "__metadata__" || !names.insert(name).second) {
      throw Error(ErrorKind::bug, "safetensors: " + printable(name) + ": the name is taken");
    }
    header[name] = {{"dtype", dtype_name(tensor.scalar_type(), name)},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {at, at + tensor.nbytes()}}};
    at += tensor.nbytes();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the tensors begin aligned
  std::array<unsigned char, prefix_size> length{};
  for (unsigned i = 0; i < prefix_size; ++i) length[i] = static_cast<unsigned char>(text.size() >> (8U * i));
  put(length.data(), length.size());
  put(text.data(), text.size());
  for (const auto* const item : order) {
    const torch::Tensor whole = item->second.detach().cpu().contiguous();
    put(whole.data_ptr(), whole.nbytes());
  }
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : file_(std::make_shared<const MappedFile>(path)) {
  const std::string_view text = header_text(*file_);
  data_begin_ = prefix_size + text.size();
  const json header = parse_json(text, path.string(), prefix_size);
  const HeaderReader reader(path.string(), file_->bytes().size() - data_begin_);
  for (const auto& [name, fields] : header.items()) {
    if (name == "__metadata__") {
      metadata_ = reader.metadata(fields);
    } else {
      entries_.push_back(reader.entry(name, fields));
    }
  }
  std::sort(entries_.begin(), entries_.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  reader.require_cover(entries_);
  for (std::size_t i = 0; i < entries_.size(); ++i) index_.emplace(entries_[i].name, i);
}

torch::Tensor SafetensorsFile::tensor(const std::string& name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) {
    throw error_in(ErrorKind::bad_data, file_->path().string(), "no tensor " + printable(name));
  }
  const TensorEntry& entry = entries_[found->second];
  const auto bytes = file_->bytes().subspan(data_begin_ + entry.begin, entry.end - entry.begin);
  return tensor_over(file_, bytes, entry.dtype).view(entry.shape);
}

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const std::map<std::string, std::string>& metadata) {
  replace_file_atomically(path, [&](const std::filesystem::path& temporary) {
    Output out(temporary, path.string());
    put_file(tensors, metadata, [&](const void* data, std::size_t size) { out.write(data, size); });
    out.close();
  });
}

std::string safetensors_sha256(const NamedTensors& tensors,
                               const std::map<std::string, std::string>& metadata) {
  Sha256 hash;
  put_file(tensors, metadata, [&](const void* data, std::size_t size) {
    hash.update(std::span(static_cast<const std::byte*>(data), size));
  });
  return hash.hex();
}

}  // namespace onset
