// The list of subword tokens a model knows; a token's id is its place in the list, from 0.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace onset {

/// Immutable after construction. Tokens beginning with `##` continue a word.
class Vocabulary {
 public:
  /// Reads vocab.txt: one token a line; a missing final newline is fine, an empty line is a token like any
  /// other. Throws Error: missing_input when absent; bad_data, naming the line, as the constructor does and
  /// for CRLF lines.
  static Vocabulary read(const std::filesystem::path& path);

  /// `name` stands for the file in messages; token i is its line i + 1. Throws Error(bad_data) when a token
  /// is there twice, is not UTF-8 or holds a NUL or a line break, or when one of [PAD], [UNK], [CLS], [SEP],
  /// [MASK] is missing.
  explicit Vocabulary(std::vector<std::string> tokens, std::string name = "vocabulary");

  std::int32_t size() const { return static_cast<std::int32_t>(tokens_.size()); }
  /// id in [0, size())
  std::string_view token(std::int32_t id) const { return tokens_[static_cast<std::size_t>(id)]; }
  std::optional<std::int32_t> find(std::string_view token) const;
  /// All ids in the byte order of their tokens.
  std::span<const std::int32_t> sorted_ids() const { return sorted_; }

  std::int32_t unk() const { return unk_; }
  std::int32_t cls() const { return cls_; }
  std::int32_t sep() const { return sep_; }
  std::int32_t mask() const { return mask_; }
  std::int32_t pad() const { return pad_; }

  /// SHA-256, in hexadecimal, of the tokens joined by newlines: the same for any spelling of the same
  /// vocabulary file.
  std::string sha256() const;

 private:
  std::vector<std::string> tokens_;
  std::vector<std::int32_t> sorted_;
  std::int32_t unk_ = 0;
  std::int32_t cls_ = 0;
  std::int32_t sep_ = 0;
  std::int32_t mask_ = 0;
  std::int32_t pad_ = 0;
};

}  // namespace onset
