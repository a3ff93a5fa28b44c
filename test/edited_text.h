// Writing files for tests, and spoiling what is in them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace onset {

inline void write_text(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
}

/// `from` with the first `what` replaced by `by`; `what` must be there.
inline std::string replaced(std::string from, std::string_view what, std::string_view by) {
  return from.replace(from.find(what), what.size(), by);
}

/// `bytes` with those from `place` on overwritten.
inline std::string overwritten(const std::string& bytes, std::size_t place, std::string_view by) {
  std::string out = bytes;
  for (std::size_t i = 0; i < by.size(); ++i) out.at(place + i) = by[i];
  return out;
}

}  // namespace onset
