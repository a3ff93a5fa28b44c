#include "onset/checkpoint/json_text.h"

#include <cstddef>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "onset/base/error.h"
#include "onset/checkpoint/printable.h"

namespace onset {
namespace {

constexpr std::size_t deepest = 32;
constexpr std::size_t most_json_values = 1'000'000;
constexpr std::size_t most_bytes = 100'000'000;

/// Steps through the text and tells where it is: the parser itself tells the place of syntax errors only.
class TrackedIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackedIterator(const char* at, const char** seen) : at_(at), seen_(seen) {}
  reference operator*() const { return *at_; }
  TrackedIterator& operator++() {
    *seen_ = ++at_;
    return *this;
  }
  friend bool operator==(const TrackedIterator& a, const TrackedIterator& b) { return a.at_ == b.at_; }

 private:
  const char* at_;
  const char** seen_;
};

/// Builds the value from the parser's events, and counts while doing so.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(std::string_view text, std::string file, std::uint64_t offset)
      : text_(text), file_(std::move(file)), offset_(offset), seen_(text.data()) {}

  const char** seen() { return &seen_; }
  nlohmann::json take() { return std::move(root_); }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }  // not of JSON
  bool start_object(std::size_t /*size*/) override { return open(nlohmann::json::object()); }
  bool start_array(std::size_t /*size*/) override { return open(nlohmann::json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    const std::uint64_t place = key_place();
    const auto [known, fresh] = open_.back().keys.emplace(name, place);
    if (!fresh) {
      throw error_at_byte(
          ErrorKind::bad_data, file_, place,
          "key " + printable(name) + " is given twice, first at byte " + std::to_string(known->second));
    }
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& fault) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: WHAT"
    std::string_view what = fault.what();
    if (const auto tag = what.find("] "); tag != std::string_view::npos) what.remove_prefix(tag + 2);
    if (const auto colon = what.find(": ");
        what.starts_with("parse error") && colon != std::string_view::npos) {
      what.remove_prefix(colon + 2);
    }
    throw error_at_byte(ErrorKind::bad_data, file_, offset_ + (position > 0 ? position - 1 : 0),
                        "not JSON: " + printable(what));
  }

 private:
  struct Level {
    nlohmann::json* value;
    std::map<std::string, std::uint64_t> keys;  ///< key -> where it stands
  };

  /// One past the last byte read.
  std::uint64_t here() const { return offset_ + static_cast<std::uint64_t>(seen_ - text_.data()); }

  /// The place of the key just read: back from its closing quote to the opening one, the only one without a
  /// backslash.
  std::uint64_t key_place() const {
    const char* at = seen_ - 1;
    while (--at > text_.data()) {
      if (*at != '"') continue;
      const char* before = at;
      while (before > text_.data() && before[-1] == '\\') --before;
      if ((at - before) % 2 == 0) break;
    }
    return offset_ + static_cast<std::uint64_t>(at - text_.data());
  }

  nlohmann::json* place(nlohmann::json value) {
    if (++values_ > most_json_values) {
      throw error_at_byte(ErrorKind::bad_data, file_, here(),
                          "more than " + std::to_string(most_json_values) + " JSON values");
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    nlohmann::json& parent = *open_.back().value;
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    nlohmann::json& slot = parent[key_];
    slot = std::move(value);
    return &slot;
  }

  bool add(nlohmann::json value) {
    place(std::move(value));
    return true;
  }

  bool open(nlohmann::json empty) {
    if (open_.size() == deepest) {
      throw error_at_byte(ErrorKind::bad_data, file_, here() - 1,
                          "JSON nested deeper than " + std::to_string(deepest) + " levels");
    }
    nlohmann::json* const value = place(std::move(empty));
    open_.push_back({value, {}});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  std::string file_;
  std::uint64_t offset_;
  const char* seen_;
  nlohmann::json root_;
  std::vector<Level> open_;
  std::string key_;
  std::size_t values_ = 0;
};

}  // namespace

nlohmann::json parse_json(std::string_view text, const std::string& file, std::uint64_t offset) {
  if (text.empty()) throw error_at_byte(ErrorKind::bad_data, file, offset, "not JSON: empty");
  if (text.size() > most_bytes) {
    throw error_at_byte(ErrorKind::bad_data, file, offset,
                        "expected at most " + std::to_string(most_bytes) + " bytes of JSON, found " +
                            std::to_string(text.size()));
  }
  Builder builder(text, file, offset);
  nlohmann::json::sax_parse(TrackedIterator(text.data(), builder.seen()),
                            TrackedIterator(text.data() + text.size(), builder.seen()), &builder);
  return builder.take();
}

std::string json_kind(const nlohmann::json& value) {
  switch (value.type()) {
    case nlohmann::json::value_t::null:
      return "null";
    case nlohmann::json::value_t::object:
      return "an object";
    case nlohmann::json::value_t::array:
      return "a list";
    case nlohmann::json::value_t::string:
      return "the text \"" + printable(value.get_ref<const std::string&>()) + "\"";
    default:
      return value.dump();
  }
}

}  // namespace onset
