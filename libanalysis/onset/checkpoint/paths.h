// Questions to the file system that a refusal answers with no, and the names weights go by.
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

namespace onset {

inline bool is_file(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

inline bool is_folder(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

/// Absolute, without `.`, `..` and a slash at the end, so that it has a name.
inline std::filesystem::path plain_path(const std::filesystem::path& path) {
  const std::filesystem::path plain = std::filesystem::absolute(path).lexically_normal();
  return plain.has_filename() || !plain.has_relative_path() ? plain : plain.parent_path();
}

/// What holds a checkpoint's weights; the first that is there is read.
inline constexpr std::array<const char*, 4> weight_file_names = {
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"};

inline bool has_weights(const std::filesystem::path& folder) {
  return std::any_of(weight_file_names.begin(), weight_file_names.end(),
                     [&](const char* name) { return is_file(folder / name); });
}

}  // namespace onset
