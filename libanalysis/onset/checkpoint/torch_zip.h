// pytorch_model.bin as torch.save has written it since PyTorch 1.6: a zip archive with a pickled state_dict
// and one file a storage.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "onset/checkpoint/pickle.h"
#include "onset/checkpoint/zip.h"

namespace onset {

/// A mapped archive. Copies share the mapping.
class TorchZipFile {
 public:
  /// Maps the file, reads its state_dict and checks the CRC-32 of all it refers to. Throws Error:
  /// missing_input, io, bad_data. Nothing in the file is executed.
  explicit TorchZipFile(const std::filesystem::path& path);

  /// In the order of the state_dict.
  const std::vector<PickledTensor>& entries() const { return entries_; }
  /// A view of the file's bytes with the strides of the file; keeps the mapping alive. READ-ONLY: writing
  /// into it ends the program. Throws Error(bad_data) if there is no such tensor.
  torch::Tensor tensor(const std::string& name) const;
  const MappedFile& file() const { return *archive_.file(); }

 private:
  ZipArchive archive_;
  std::string prefix_;  ///< the archive's top folder, with its slash
  std::vector<PickledTensor> entries_;
  std::map<std::string, std::size_t> index_;  ///< name -> place in entries_
};

/// The dtype LibTorch has for it.
torch::ScalarType scalar_type(StorageType type);

}  // namespace onset
