// Where the fixtures' checkpoints are.
#pragma once

#include <filesystem>
#include <string>

#include "test/edited_text.h"

namespace onset {

inline std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(ONSET_FIXTURES) / name;
}

}  // namespace onset
