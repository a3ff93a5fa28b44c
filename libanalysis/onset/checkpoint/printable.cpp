#include "onset/checkpoint/printable.h"

#include <algorithm>
#include <array>

namespace onset {

std::string printable(std::string_view bytes) {
  constexpr std::size_t longest = 120;
  const auto escaped = [](std::string_view part) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : part) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x20 && byte < 0x7f && c != '\\') {
        out += c;
      } else {
        out += "\\x";
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
      }
    }
    return out;
  };
  if (bytes.size() <= longest) return escaped(bytes);
  return escaped(bytes.substr(0, longest / 2)) + "..." + escaped(bytes.substr(bytes.size() - longest / 2));
}

std::string shape_text(std::span<const std::int64_t> shape) {
  constexpr std::size_t most = 8;
  std::string out = "[";
  for (std::size_t i = 0; i < std::min(shape.size(), most); ++i) {
    if (i > 0) out += ", ";
    out += std::to_string(shape[i]);
  }
  return out + (shape.size() > most ? ", ...]" : "]");
}

std::string list_text(std::span<const std::string> items, std::size_t limit) {
  std::string out;
  for (std::size_t i = 0; i < std::min(items.size(), limit); ++i) out += (i > 0 ? ", " : "") + items[i];
  if (items.size() > limit) out += " and " + std::to_string(items.size() - limit) + " more";
  return out;
}

}  // namespace onset
