#include "onset/training/json_section.h"

#include <algorithm>
#include <numeric>

#include "onset/checkpoint/json_text.h"
#include "onset/checkpoint/printable.h"

namespace onset {

using nlohmann::json;

std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& known) {
  std::string_view nearest;
  std::size_t fewest = std::string_view::npos;
  for (const std::string_view candidate : known) {
    std::vector<std::size_t> row(candidate.size() + 1);  // edits from the word so far to each beginning
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i + 1);
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t replaced = diagonal + (word[i] == candidate[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
      }
    }
    const std::size_t edits = row.back();
    if (edits < fewest && 2 * edits <= std::max(word.size(), candidate.size())) {
      fewest = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

JsonSection::JsonSection(const json& object, std::string file, std::string path,
                         std::vector<std::string_view> known)
    : object_(object), file_(std::move(file)), path_(std::move(path)) {
  if (!object.is_object()) {
    const std::string what = "expected an object, found " + json_kind(object);
    throw error_in(ErrorKind::configuration, file_, path_.empty() ? what : path_ + ": " + what);
  }
  for (const auto& [key, value] : object.items()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    const std::string_view nearest = nearest_word(key, known);
    throw fault(printable(key), nearest.empty() ? std::string("no such key")
                                                : "no such key; did you mean " + std::string(nearest) + "?");
  }
}

JsonSection JsonSection::section(std::string_view key, std::vector<std::string_view> known) const {
  return {has(key) ? at(key) : json::object(), file_, place(key), std::move(known)};
}

std::string JsonSection::quoted(std::string_view text) { return '"' + printable(text) + '"'; }

std::string JsonSection::place(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + '.' + std::string(key);
}

Error JsonSection::fault(std::string_view key, const std::string& what) const {
  return error_in(ErrorKind::configuration, file_, place(key) + ": " + what);
}

std::int64_t JsonSection::integer(std::string_view key, const json& value, std::int64_t low,
                                  std::int64_t high) const {
  if (!value.is_number_integer()) throw fault(key, "expected a whole number, found " + json_kind(value));
  const bool huge = value.is_number_unsigned() && value.get<std::uint64_t>() > (1ULL << 62U);
  if (huge || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high) {
    throw fault(
        key, "expected " + std::to_string(low) + " to " + std::to_string(high) + ", found " + value.dump());
  }
  return value.get<std::int64_t>();
}

double JsonSection::number(std::string_view key, const json& value, const Bounds& bounds) const {
  if (!value.is_number()) throw fault(key, "expected a number, found " + json_kind(value));
  const auto number = value.get<double>();
  const bool low = bounds.low_excluded ? number > bounds.low : number >= bounds.low;
  const bool high = bounds.high_excluded ? number < bounds.high : number <= bounds.high;
  if (low && high) return number;
  std::string range;
  if (bounds.low > std::numeric_limits<double>::lowest())
    range = (bounds.low_excluded ? "above " : "at least ") + json(bounds.low).dump();
  if (bounds.high < std::numeric_limits<double>::max())
    range += (range.empty() ? "" : " and ") + std::string(bounds.high_excluded ? "below " : "at most ") +
             json(bounds.high).dump();
  throw fault(key, "expected " + range + ", found " + value.dump());
}

void JsonSection::read(std::string_view key, std::int64_t& to, std::int64_t low, std::int64_t high) const {
  if (has(key)) to = integer(key, at(key), low, high);
}

void JsonSection::read(std::string_view key, std::optional<std::int64_t>& to, std::int64_t low,
                       std::int64_t high) const {
  if (has(key)) to = integer(key, at(key), low, high);
}

void JsonSection::read(std::string_view key, double& to, const Bounds& bounds) const {
  if (has(key)) to = number(key, at(key), bounds);
}

void JsonSection::read(std::string_view key, std::string& to) const {
  if (!has(key)) return;
  if (!at(key).is_string()) throw fault(key, "expected text, found " + json_kind(at(key)));
  to = at(key).get<std::string>();
}

std::vector<std::string> JsonSection::texts(std::string_view key) const {
  std::vector<std::string> out;
  if (!has(key)) return out;
  if (!at(key).is_array()) throw fault(key, "expected a list of texts, found " + json_kind(at(key)));
  for (const json& item : at(key)) {
    if (!item.is_string()) throw fault(key, "expected a list of texts, found in it " + json_kind(item));
    out.push_back(item.get<std::string>());
  }
  return out;
}

std::filesystem::path JsonSection::path(std::string_view key, const std::filesystem::path& file) const {
  std::string text;
  read(key, text);
  return text.empty() ? std::filesystem::path() : file.parent_path() / text;
}

}  // namespace onset
