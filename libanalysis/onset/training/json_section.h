// One object of a configuration file, read strictly: every key is known, every value has its type and range.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onset/base/error.h"

namespace onset {

class JsonSection {
 public:
  struct Bounds {
    double low = 0, high = std::numeric_limits<double>::max();
    bool low_excluded = false, high_excluded = false;
  };

  /// Throws Error(configuration) where `object` is no object or has a key that is not among `known`; the
  /// message suggests the nearest. `path` is the section's key in the file, empty for the whole.
  JsonSection(const nlohmann::json& object, std::string file, std::string path,
              std::vector<std::string_view> known);

  bool has(std::string_view key) const { return object_.contains(key); }
  /// The object of this key; an empty one where it is not there.
  JsonSection section(std::string_view key, std::vector<std::string_view> known) const;

  /// Each reads a key into its place, which stays as it is where the key is not there.
  void read(std::string_view key, std::int64_t& to, std::int64_t low,
            std::int64_t high = std::int64_t{1} << 53) const;
  void read(std::string_view key, std::optional<std::int64_t>& to, std::int64_t low, std::int64_t high) const;
  void read(std::string_view key, double& to, const Bounds& bounds) const;
  void read(std::string_view key, std::string& to) const;
  template <typename T>
  void read_choice(std::string_view key, T& to,
                   const std::vector<std::pair<std::string_view, T>>& choices) const {
    std::string text;
    if (!has(key)) return;
    read(key, text);
    std::string names;
    for (const auto& [name, value] : choices) {
      if (text == name) {
        to = value;
        return;
      }
      names += (names.empty() ? "" : ", ") + std::string(name);
    }
    throw fault(key, "expected one of " + names + ", found " + quoted(text));
  }
  std::vector<std::string> texts(std::string_view key) const;  ///< a list of texts; empty where not there
  /// A path that starts at the folder of `file` where it is relative; empty where not there.
  std::filesystem::path path(std::string_view key, const std::filesystem::path& file) const;

  const nlohmann::json& at(std::string_view key) const { return *object_.find(key); }
  std::int64_t integer(std::string_view key, const nlohmann::json& value, std::int64_t low,
                       std::int64_t high) const;
  double number(std::string_view key, const nlohmann::json& value, const Bounds& bounds) const;
  /// `file: path.key: what`
  Error fault(std::string_view key, const std::string& what) const;

 private:
  static std::string quoted(std::string_view text);
  std::string place(std::string_view key) const;

  nlohmann::json object_;
  std::string file_, path_;
};

/// The word of `known` that takes the fewest insertions, deletions and replacements of letters to reach;
/// empty where all take more than half of the longer word's length.
std::string_view nearest_word(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace onset
