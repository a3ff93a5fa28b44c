#include "onset/series/cbor.h"

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace onset {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "arrays are kept in little-endian byte order");

constexpr std::string_view type_names[] = {"float64", "float32", "int64"};  // in the order of Values

template <typename Number>
std::vector<Number> numbers(const json::binary_t& bytes) {
  if (bytes.size() % sizeof(Number) != 0) throw std::runtime_error("an array ends within a number");
  std::vector<Number> out(bytes.size() / sizeof(Number));
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

}  // namespace

json encode_values(const Values& values) {
  return std::visit(
      [&](const auto& array) -> json {
        json::binary_t bytes;
        bytes.resize(array.size() * sizeof(array[0]));
        if (!bytes.empty()) std::memcpy(bytes.data(), array.data(), bytes.size());
        return {{"type", type_names[values.index()]}, {"bytes", std::move(bytes)}};
      },
      values);
}

Values decode_values(const json& encoded) {
  const auto& type = encoded.at("type").get_ref<const std::string&>();
  const json::binary_t& bytes = encoded.at("bytes").get_binary();
  if (type == type_names[0]) return numbers<double>(bytes);
  if (type == type_names[1]) return numbers<float>(bytes);
  if (type == type_names[2]) return numbers<std::int64_t>(bytes);
  throw std::runtime_error("unknown array type");
}

json encode_attributes(const Attributes& attributes) {
  json out = json::object();
  for (const auto& [name, value] : attributes) {
    out[name] = std::visit([](const auto& known) { return json(known); }, value);
  }
  return out;
}

Attributes decode_attributes(const json& encoded) {
  Attributes out;
  for (const auto& [name, value] : encoded.items()) {
    if (value.is_string()) {
      out.emplace(name, value.get<std::string>());
    } else if (value.is_number_integer()) {
      out.emplace(name, value.get<std::int64_t>());
    } else {
      out.emplace(name, value.get<double>());
    }
  }
  return out;
}

std::string to_cbor(const json& value) {
  std::string bytes;
  json::to_cbor(value, bytes);
  return bytes;
}

json from_cbor(std::string_view bytes) { return json::from_cbor(bytes); }

}  // namespace onset
