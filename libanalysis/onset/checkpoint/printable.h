// Bytes from a file as they may stand in a message: one line, no control characters, not too long.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace onset {

/// The bytes with everything outside printable ASCII, and the backslash, written as \xNN; shortened in the
/// middle to about 120 characters.
std::string printable(std::string_view bytes);

/// "[2, 3]"
std::string shape_text(std::span<const std::int64_t> shape);

/// "a, b, c" of at most `limit` items, then "and N more".
std::string list_text(std::span<const std::string> items, std::size_t limit);

}  // namespace onset
