// Copies of the fixtures' checkpoints, to be changed and spoilt.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "onset/base/file.h"
#include "onset/checkpoint/safetensors.h"
#include "test/checkpoint/folders.h"

namespace onset {

/// Copies the fixture's files into the folder, over what is there.
inline void copy_fixture(const std::string& name, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const auto& item : std::filesystem::directory_iterator(fixture(name))) {
    std::filesystem::copy_file(item.path(), folder / item.path().filename(),
                               std::filesystem::copy_options::overwrite_existing);
  }
}

/// Sets one key of a JSON file.
inline void edit_json(const std::filesystem::path& file, const std::string& key,
                      const nlohmann::json& value) {
  auto object = nlohmann::json::parse(read_file(file));
  object[key] = value;
  write_text(file, object.dump());
}

using Tensors = std::map<std::string, torch::Tensor>;

/// Rewrites the folder's model.safetensors after `change`.
inline void edit_weights(const std::filesystem::path& folder, const std::function<void(Tensors&)>& change) {
  const std::filesystem::path path = folder / "model.safetensors";
  Tensors tensors;
  {
    const SafetensorsFile file(path);
    for (const TensorEntry& entry : file.entries()) tensors[entry.name] = file.tensor(entry.name).clone();
  }
  change(tensors);
  write_safetensors(path, {tensors.begin(), tensors.end()}, {});
}

}  // namespace onset
