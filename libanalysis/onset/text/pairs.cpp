#include "onset/text/pairs.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "onset/base/error.h"
#include "onset/text/lines.h"
#include "onset/text/unicode.h"

namespace onset {
namespace {

enum Field : std::size_t { good_field, bad_field, paradigm_field, id_field, phenomenon_field, field_count };
constexpr std::array<std::string_view, field_count> field_names = {"sentence_good", "sentence_bad", "UID",
                                                                   "pairID", "linguistics_term"};

/// Receives one line's JSON as events, so that nesting of any depth needs no stack, and keeps the fields of
/// the outermost object that a pair is made of.
class FieldReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::array<std::optional<std::string>, field_count> values;
  std::string error;  ///< empty: none

  bool null() override { return other("null"); }
  bool boolean(bool /*value*/) override { return other("a truth value"); }
  bool number_integer(number_integer_t value) override { return integer(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return integer(std::to_string(value)); }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    const bool beyond_64_bits = text.find_first_of(".eE") == std::string::npos;
    return beyond_64_bits ? integer(text) : other("a fraction");
  }
  bool string(string_t& value) override { return take(value, "a string"); }
  bool binary(binary_t& /*value*/) override { return other("binary"); }
  bool start_object(std::size_t /*size*/) override { return open("an object"); }
  bool start_array(std::size_t /*size*/) override {
    return depth_ == 0 ? other("an array") : open("an array");
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    const auto* const at = std::ranges::find(field_names, name);
    field_ =
        depth_ == 1 && at != field_names.end() ? static_cast<Field>(at - field_names.begin()) : field_count;
    if (field_ == field_count || !values[field_]) return true;
    return fail(name + ": given twice");
  }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*why*/) override {
    return fail("not JSON from character " + std::to_string(position) + " of the line on");
  }

 private:
  bool fail(std::string what) {
    error = std::move(what);
    return false;
  }
  bool open(const char* what) {
    if (depth_ > 0 && !other(what)) return false;
    ++depth_;
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }
  bool integer(std::string text) {
    return depth_ == 1 && field_ == id_field ? take(text, "an integer") : other("a number");
  }
  /// A value that is no text.
  bool other(const char* what) {
    if (depth_ == 0) return fail(std::string(what) + ", not a JSON object");
    if (depth_ > 1 || field_ == field_count) return true;
    return fail(std::string(field_names[field_]) + ": " + what + ", not a string");
  }
  bool take(std::string& text, const char* what) {
    if (depth_ == 0) return fail(std::string(what) + ", not a JSON object");
    if (depth_ > 1 || field_ == field_count) return true;
    if (text.find('\0') != std::string::npos)
      return fail(std::string(field_names[field_]) + ": a NUL in the text");
    values[field_] = std::move(text);
    return true;
  }

  std::size_t depth_ = 0;
  Field field_ = field_count;  // that the next value at depth 1 is of; field_count: none of ours
};

class PairReader {
 public:
  PairReader(std::int64_t per_paradigm, const Warn& warn) : per_paradigm_(per_paradigm), warn_(warn) {}
  void read(const std::filesystem::path& path);
  std::vector<MinimalPair> take() { return std::move(pairs_); }

 private:
  struct Place {
    std::size_t file;
    std::int64_t line;
  };

  MinimalPair parse(const TextLine& line) const;
  std::string at(const Place& place) const { return files_[place.file] + ":" + std::to_string(place.line); }

  std::int64_t per_paradigm_;
  const Warn& warn_;
  std::vector<std::string> files_;
  std::unordered_map<std::string, Place> places_;         // [UID, NUL, pairID]
  std::unordered_map<std::string, std::int64_t> counts_;  // [UID]
  std::vector<MinimalPair> pairs_;
};

MinimalPair PairReader::parse(const TextLine& line) const {
  FieldReader fields;
  nlohmann::json::sax_parse(line.text.begin(), line.text.end(), &fields);
  const auto fail = [&](const std::string& what) {
    throw error_at_line(ErrorKind::bad_data, files_.back(), line.number, what);
  };
  if (!fields.error.empty()) fail(fields.error);
  for (std::size_t field = 0; field < field_count; ++field) {
    if (!fields.values[field]) fail(std::string(field_names[field]) + ": missing");
  }
  for (const Field field : {paradigm_field, id_field, phenomenon_field}) {
    if (fields.values[field]->empty()) fail(std::string(field_names[field]) + ": empty");
  }
  MinimalPair pair{.paradigm = *std::move(fields.values[paradigm_field]),
                   .id = *std::move(fields.values[id_field]),
                   .phenomenon = *std::move(fields.values[phenomenon_field]),
                   .good = *std::move(fields.values[good_field]),
                   .bad = *std::move(fields.values[bad_field])};
  if (pair.phenomenon == "s-selection") pair.phenomenon = "argument_structure";
  return pair;
}

void PairReader::read(const std::filesystem::path& path) {
  LineReader reader(path);
  files_.push_back(reader.name());
  bool any = false;
  while (const auto line = reader.next()) {
    if (line->text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    any = true;
    MinimalPair pair = parse(*line);
    const Place place{.file = files_.size() - 1, .line = line->number};
    std::string key = pair.paradigm;
    key.push_back('\0');
    key += pair.id;
    const auto [seen, is_new] = places_.try_emplace(std::move(key), place);
    if (!is_new) {
      throw error_at_line(ErrorKind::bad_data, reader.name(), line->number,
                          "pairID: " + in_quotes(pair.id) + " of UID " + in_quotes(pair.paradigm) +
                              " is there already, at " + at(seen->second));
    }
    if (per_paradigm_ >= 0 && counts_[pair.paradigm]++ >= per_paradigm_) continue;
    if (pair.good == pair.bad && warn_) {
      warn_(at(place) + ": sentence_good and sentence_bad are the same; kept");
    }
    pairs_.push_back(std::move(pair));
  }
  if (!any) throw error_in(ErrorKind::bad_data, reader.name(), "0 items");
}

}  // namespace

std::vector<MinimalPair> read_pairs(const std::filesystem::path& file_or_folder, std::int64_t per_paradigm,
                                    const Warn& warn) {
  PairReader reader(per_paradigm, warn);
  std::error_code ignored;  // LineReader says why a path cannot be read
  if (!std::filesystem::is_directory(file_or_folder, ignored)) {
    reader.read(file_or_folder);
    return reader.take();
  }
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator at(file_or_folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".jsonl") files.push_back(at->path());
  }
  if (error)
    throw error_in(ErrorKind::io, file_or_folder.string(), "cannot list the folder: " + error.message());
  if (files.empty()) {
    throw error_in(ErrorKind::missing_input, file_or_folder.string(), "no .jsonl file in this folder");
  }
  std::ranges::sort(files);
  for (const auto& file : files) reader.read(file);
  return reader.take();
}

}  // namespace onset
