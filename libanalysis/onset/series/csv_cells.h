// The cells of a CSV as RFC 4180 has them; numbers are the shortest that read back the same.
#pragma once

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>

namespace onset {

/// Quoted where a comma, quote or line end would mislead.
std::string csv_text(std::string_view text);

/// Empty for NaN.
template <typename Number>
std::string csv_number(Number value) {
  if constexpr (std::is_floating_point_v<Number>) {
    if (std::isnan(value)) return {};
  }
  char text[32];
  const auto [end, fault] = std::to_chars(text, text + sizeof text, value);
  return {text, end};
}

}  // namespace onset
