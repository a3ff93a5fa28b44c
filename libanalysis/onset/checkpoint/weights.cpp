#include "onset/checkpoint/weights.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "onset/base/error.h"
#include "onset/base/sha256.h"
#include "onset/checkpoint/json_text.h"
#include "onset/checkpoint/paths.h"
#include "onset/checkpoint/printable.h"

namespace onset {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Tensor name -> shard, from an index file. Shards are plain names of files in the same folder.
std::map<std::string, std::string> read_weight_map(const fs::path& index) {
  const MappedFile file(index);
  const json object = parse_json(file.text(), index.string());
  const auto fault = [&](const std::string& what) {
    return error_in(ErrorKind::bad_data, index.string(), what);
  };
  if (!object.is_object() || !object.contains("weight_map") || !object["weight_map"].is_object()) {
    throw fault(
        "weight_map: expected an object, found " +
        (object.is_object() && object.contains("weight_map") ? json_kind(object["weight_map"]) : "none"));
  }
  std::map<std::string, std::string> out;
  for (const auto& [name, shard] : object["weight_map"].items()) {
    if (!shard.is_string()) {
      throw fault("weight_map: " + printable(name) + ": expected a file name, found " + json_kind(shard));
    }
    const auto& text = shard.get_ref<const std::string&>();
    if (text.empty() || text.front() == '.' ||
        text.find_first_of(std::string_view("/\\\0", 3)) != text.npos) {
      throw fault("weight_map: " + printable(name) + ": expected the name of a file in this folder, found " +
                  printable(text));
    }
    out.emplace(name, text);
  }
  if (out.empty()) throw fault("weight_map: empty");
  return out;
}

}  // namespace

Weights Weights::open(const fs::path& folder) {
  Weights weights;
  std::string read;
  for (const char* const name : weight_file_names) {
    if (!is_file(folder / name)) continue;
    if (read.empty()) {
      read = name;
    } else {
      weights.passed_over_.emplace_back(name);
    }
  }
  if (read.empty()) {
    const std::vector<std::string> sought(weight_file_names.begin(), weight_file_names.end());
    throw error_in(ErrorKind::missing_input, folder.string(),
                   "no weights: expected one of " + list_text(sought, sought.size()));
  }
  if (read.ends_with(".json")) {
    weights.open_shards(folder / read);
  } else {
    weights.open_file(folder / read);
  }
  return weights;
}

void Weights::open_file(const fs::path& path) {
  const std::size_t place = files_.size();
  const auto add = [&](const std::string& name, torch::ScalarType dtype,
                       const std::vector<std::int64_t>& shape) {
    // Of a name in two shards the index decides; see open_shards.
    tensors_.emplace(name, StoredTensor{place, dtype, shape});
  };
  if (path.extension() == ".safetensors") {
    const SafetensorsFile file(path);
    for (const TensorEntry& entry : file.entries()) add(entry.name, entry.dtype, entry.shape);
    files_.emplace_back(file);
  } else {
    const TorchZipFile file(path);
    for (const PickledTensor& entry : file.entries()) add(entry.name, scalar_type(entry.type), entry.sizes);
    files_.emplace_back(file);
  }
  paths_.push_back(path);
}

void Weights::open_shards(const fs::path& index) {
  const std::map<std::string, std::string> weight_map = read_weight_map(index);
  std::set<std::string> shards;
  for (const auto& [name, shard] : weight_map) shards.insert(shard);

  std::map<std::string, StoredTensor> listed;
  for (const std::string& shard : shards) {
    const fs::path path = index.parent_path() / shard;
    if (!is_file(path)) {
      throw error_in(ErrorKind::missing_input, index.string(), "shard " + printable(shard) + " is not there");
    }
    tensors_.clear();
    open_file(path);
    for (auto& [name, tensor] : tensors_) {
      const auto wanted = weight_map.find(name);
      if (wanted != weight_map.end() && wanted->second == shard) {
        listed.emplace(name, std::move(tensor));
      } else {
        unlisted_.push_back(name);
      }
    }
  }
  tensors_ = std::move(listed);
  std::sort(unlisted_.begin(), unlisted_.end());
  for (const auto& [name, shard] : weight_map) {
    if (!tensors_.contains(name)) {
      throw error_in(ErrorKind::bad_data, index.string(),
                     "weight_map: " + printable(name) + ": not in its shard " + printable(shard));
    }
  }
}

torch::Tensor Weights::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    throw error_in(ErrorKind::bad_data, paths_.front().string(), "no tensor " + printable(name));
  }
  return std::visit([&](const auto& file) { return file.tensor(name); }, files_[found->second.file]);
}

const MappedFile& Weights::mapped(const File& file) {
  return std::visit([](const auto& either) -> const MappedFile& { return either.file(); }, file);
}

std::uint64_t Weights::bytes() const {
  std::uint64_t sum = 0;
  for (const File& file : files_) sum += mapped(file).bytes().size();
  return sum;
}

std::string Weights::sha256() const {
  Sha256 hash;
  for (const File& file : files_) hash.update(mapped(file));
  return hash.hex();
}

void Weights::release_pages() const {
  for (const File& file : files_) mapped(file).release_pages();
}

bool Weights::unchanged() const {
  return std::all_of(files_.begin(), files_.end(), [](const File& file) { return mapped(file).unchanged(); });
}

}  // namespace onset
