#include "onset/checkpoint/torch_zip.h"

#include <cstring>
#include <set>
#include <string_view>

#include "onset/base/error.h"
#include "onset/checkpoint/printable.h"
#include "onset/checkpoint/weight_bytes.h"

namespace onset {
namespace {

/// Says in so many words what is known not to be an archive.
const std::filesystem::path& require_archive(const std::filesystem::path& path) {
  const MappedFile file(path);
  require_real_file(file);
  if (file.text().starts_with("\x80\x02\x8a\x0a")) {
    throw error_at_byte(ErrorKind::bad_data, path.string(), 0,
                        "the format torch.save wrote before PyTorch 1.6, which is not read: load and save it "
                        "again with a newer one");
  }
  return path;
}

/// The archive's top folder, with its slash: the one that holds data.pkl.
std::string find_prefix(const ZipArchive& archive) {
  constexpr std::string_view pickle = "/data.pkl";
  std::string prefix;
  for (const auto& [name, entry] : archive.entries()) {
    if (!name.ends_with(pickle) || name.find('/') != name.size() - pickle.size()) continue;
    if (!prefix.empty()) {
      throw error_at_byte(ErrorKind::bad_data, archive.file()->path().string(), entry.header,
                          "zip archive: a second data.pkl, " + printable(name));
    }
    prefix = name.substr(0, name.size() - pickle.size() + 1);
  }
  if (prefix.empty()) {
    throw error_in(
        ErrorKind::bad_data, archive.file()->path().string(),
        "zip archive: no entry FOLDER/data.pkl among its " + std::to_string(archive.entries().size()));
  }
  return prefix;
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TorchZipFile::TorchZipFile(const std::filesystem::path& path)
    : archive_(require_archive(path)), prefix_(find_prefix(archive_)) {
  const std::string file = path.string();
  if (const std::string order = prefix_ + "byteorder"; archive_.entries().contains(order)) {
    const std::string_view found = text_of(archive_.bytes(order));
    if (found != "little") {
      throw error_at_byte(ErrorKind::bad_data, file, archive_.entries().at(order).begin,
                          "byteorder: expected little, found " + printable(found));
    }
  }
  archive_.check_crc(prefix_ + "data.pkl");
  entries_ = read_state_dict(text_of(archive_.bytes(prefix_ + "data.pkl")), file + "(data.pkl)");
  std::set<std::string> checked;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const PickledTensor& tensor = entries_[i];
    index_.emplace(tensor.name, i);
    const std::string storage = prefix_ + "data/" + tensor.storage;
    const std::uint64_t found = archive_.bytes(storage).size();
    const auto width = static_cast<std::uint64_t>(item_size(tensor.type));
    if (found % width != 0 || found / width != static_cast<std::uint64_t>(tensor.storage_items)) {
      throw error_in(ErrorKind::bad_data, file,
                     printable(tensor.name) + ": expected " + std::to_string(tensor.storage_items) +
                         " numbers of " + std::to_string(width) + " bytes in " + printable(storage) +
                         ", found " + std::to_string(found) + " bytes");
    }
    if (checked.insert(storage).second) archive_.check_crc(storage);
  }
}

torch::Tensor TorchZipFile::tensor(const std::string& name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) {
    throw error_in(ErrorKind::bad_data, file().path().string(), "no tensor " + printable(name));
  }
  const PickledTensor& entry = entries_[found->second];
  const torch::Tensor storage = tensor_over(
      archive_.file(), archive_.bytes(prefix_ + "data/" + entry.storage), scalar_type(entry.type));
  return storage.as_strided(entry.sizes, entry.strides, entry.offset);
}

torch::ScalarType scalar_type(StorageType type) {
  switch (type) {
    case StorageType::float64:
      return torch::kFloat64;
    case StorageType::float32:
      return torch::kFloat32;
    case StorageType::float16:
      return torch::kFloat16;
    case StorageType::bfloat16:
      return torch::kBFloat16;
    case StorageType::int64:
      return torch::kInt64;
    case StorageType::int32:
      return torch::kInt32;
    case StorageType::int16:
      return torch::kInt16;
    case StorageType::int8:
      return torch::kInt8;
    case StorageType::uint8:
      return torch::kUInt8;
    case StorageType::boolean:
      break;
  }
  return torch::kBool;
}

}  // namespace onset
