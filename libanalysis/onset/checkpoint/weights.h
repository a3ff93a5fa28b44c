// The weight files of a checkpoint folder as one set of named tensors, whatever the format and however many
// shards.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "onset/checkpoint/safetensors.h"
#include "onset/checkpoint/torch_zip.h"

namespace onset {

/// One tensor of the set.
struct StoredTensor {
  std::size_t file = 0;  ///< place in files()
  torch::ScalarType dtype = torch::kFloat32;
  std::vector<std::int64_t> shape;
};

/// The files, mapped. The first of these that is there is read: model.safetensors,
/// model.safetensors.index.json with its shards, pytorch_model.bin, pytorch_model.bin.index.json with its
/// shards.
class Weights {
 public:
  /// Throws Error: missing_input (none of them, or a shard, is there), bad_data (see the readers; an index
  /// that is no such, names a file outside the folder, or a tensor its shard does not hold).
  static Weights open(const std::filesystem::path& folder);

  /// Name in the file -> tensor.
  const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }
  /// Names that shards hold but the index does not list, sorted.
  const std::vector<std::string>& unlisted() const { return unlisted_; }
  /// As the file has it: a view, READ-ONLY. Throws Error(bad_data) if there is no such tensor.
  torch::Tensor tensor(const std::string& name) const;

  /// In file-name order.
  const std::vector<std::filesystem::path>& files() const { return paths_; }
  /// Weight files that are there too, but were not read.
  const std::vector<std::string>& passed_over() const { return passed_over_; }
  std::uint64_t bytes() const;
  /// Of the files' bytes one after another in file-name order.
  std::string sha256() const;
  bool unchanged() const;
  /// See MappedFile.
  void release_pages() const;

 private:
  using File = std::variant<SafetensorsFile, TorchZipFile>;
  static const MappedFile& mapped(const File& file);
  void open_file(const std::filesystem::path& path);
  void open_shards(const std::filesystem::path& index);

  std::vector<File> files_;
  std::vector<std::filesystem::path> paths_;
  std::map<std::string, StoredTensor> tensors_;
  std::vector<std::string> unlisted_;
  std::vector<std::string> passed_over_;
};

}  // namespace onset
