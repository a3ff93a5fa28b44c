// The safetensors format: eight bytes with the length of a JSON header, the header (name -> dtype, shape,
// offsets), then the tensors' bytes, row-major, little-endian, without holes. Everything in the file is
// checked before any of it is used: header at most 100 MB and nested at most a few levels, no name twice,
// byte counts that follow from shape and dtype, tensors that cover the buffer exactly.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "onset/base/file.h"

namespace onset {

/// One tensor of a safetensors file.
struct TensorEntry {
  std::string name;
  torch::ScalarType dtype = torch::kFloat32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  ///< first byte, counted from the start of the tensors' bytes (after the header)
  std::uint64_t end = 0;    ///< one past the last byte
};

/// A mapped safetensors file. Copies share the mapping.
class SafetensorsFile {
 public:
  /// Maps the file and checks its header. Throws Error: missing_input, io, bad_data (with tensor or byte
  /// offset).
  explicit SafetensorsFile(const std::filesystem::path& path);

  /// In the order of their bytes in the file.
  const std::vector<TensorEntry>& entries() const { return entries_; }
  /// The header's `__metadata__`.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  /// A view of the file's bytes that keeps the mapping alive; a copy only where the bytes are not aligned for
  /// their dtype. READ-ONLY: writing into it ends the program; clone() first. Throws Error(bad_data) if there
  /// is no such tensor.
  torch::Tensor tensor(const std::string& name) const;
  const MappedFile& file() const { return *file_; }

 private:
  std::shared_ptr<const MappedFile> file_;
  std::vector<TensorEntry> entries_;
  std::map<std::string, std::size_t> index_;  ///< name -> place in entries_
  std::map<std::string, std::string> metadata_;
  std::uint64_t data_begin_ = 0;  ///< where the tensors' bytes begin
};

/// Replaces `path` by a file with these tensors (any device, any strides) so that the old or the new file is
/// there whole at any instant. Tensors are laid out by falling element size, then name, so each is aligned;
/// the same input gives the same bytes. Throws Error: io; bug when a name occurs twice or a dtype has no name
/// in the format.
void write_safetensors(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, torch::Tensor>>& tensors,
                       const std::map<std::string, std::string>& metadata);

/// SHA-256, in hexadecimal, of the bytes that write_safetensors would give a file, without writing one.
/// Throws as it does, but for io.
std::string safetensors_sha256(const std::vector<std::pair<std::string, torch::Tensor>>& tensors,
                               const std::map<std::string, std::string>& metadata);

}  // namespace onset
