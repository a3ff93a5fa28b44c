// JSON from files nobody vouches for: nesting and size bounded, a key given twice is an error and not a
// choice.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace onset {

/// Parses one JSON value; only white space may follow it. `file` is the name used in messages, `offset` the
/// place of text[0] in that file. Throws Error(bad_data) at the byte: not JSON, not UTF-8, nested deeper than
/// 32 levels, more than a million values, or a key twice in one object (both places).
nlohmann::json parse_json(std::string_view text, const std::string& file, std::uint64_t offset = 0);

/// "a string", "a number" ...: what `value` is, for messages.
std::string json_kind(const nlohmann::json& value);

}  // namespace onset
