// Arrays and attributes as JSON values ready for CBOR, shared by rows and by what a reading process hands
// back.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "onset/series/table.h"

namespace onset {

/// {"type": "float64" | "float32" | "int64", "bytes": little-endian}
nlohmann::json encode_values(const Values& values);
/// Throws std::exception when `encoded` is no such object.
Values decode_values(const nlohmann::json& encoded);

nlohmann::json encode_attributes(const Attributes& attributes);
/// Throws std::exception when `encoded` is no such object.
Attributes decode_attributes(const nlohmann::json& encoded);

std::string to_cbor(const nlohmann::json& value);
/// Throws std::exception when the bytes are not one CBOR value.
nlohmann::json from_cbor(std::string_view bytes);

}  // namespace onset
