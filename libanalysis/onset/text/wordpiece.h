// WordPiece as BERT uses it (Devlin et al. 2019; Wu et al. 2016, section 4.1): clean-up, splitting at white
// space and punctuation, then for every word the longest token that begins it, the longest continuation of
// the rest, and so on. The ids equal those of Hugging Face's Python BertTokenizer on every string (with
// Unicode 14, which Python 3.11 has).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "onset/text/vocabulary.h"

namespace onset {

class TokenTrie;

struct WordPieceOptions {
  bool lower_case = true;                  ///< uncased models
  std::optional<bool> strip_accents = {};  ///< drop combining marks (category Mn); unset: as lower_case
  bool split_chinese = true;               ///< every ideograph is a word
  int max_word_characters = 100;           ///< a longer word is one [UNK]; counted in code points

  friend bool operator==(const WordPieceOptions&, const WordPieceOptions&) = default;
};

/// Immutable; any number of threads may use one object.
/// What [MASK] and its like are where they are typed in a text.
enum class TypedSpecials {
  ordinary,  ///< characters: a bracket, a word and a bracket
  kept,      ///< that token, as in Hugging Face's BertTokenizer
};

class WordPiece {
 public:
  /// Throws Error(configuration) when max_word_characters is below 1.
  explicit WordPiece(std::shared_ptr<const Vocabulary> vocabulary, WordPieceOptions options = {});
  ~WordPiece();
  WordPiece(WordPiece&&) noexcept;
  WordPiece& operator=(WordPiece&&) noexcept;
  WordPiece(const WordPiece&) = delete;
  WordPiece& operator=(const WordPiece&) = delete;

  /// Subword ids, without [CLS] and [SEP]. Special tokens typed in the text are ordinary characters: `[MASK]`
  /// is a bracket, a word and a bracket. Throws Error(bad_data), `text:@byte: …`, where the text is not
  /// UTF-8; so do the others.
  std::vector<std::int32_t> pieces(std::string_view utf8) const;
  /// The same, appended to `out`; on an error `out` is as it was.
  void append_pieces(std::string_view utf8, std::vector<std::int32_t>& out) const;
  /// [CLS] pieces [SEP]
  std::vector<std::int32_t> encode(std::string_view utf8) const;
  /// pieces, but [UNK], [CLS], [SEP], [PAD] and [MASK] typed in the text become that token, as in Hugging
  /// Face.
  std::vector<std::int32_t> pieces_with_special(std::string_view utf8) const;

  const Vocabulary& vocabulary() const { return *vocabulary_; }
  const WordPieceOptions& options() const { return options_; }

 private:
  enum class Special { ordinary, kept };
  void append(std::string_view utf8, Special special, std::vector<std::int32_t>& out) const;
  bool append_cleaned(std::string_view chunk, Special special, std::vector<std::int32_t>& out) const;
  void append_word(std::string_view word, std::size_t characters, std::vector<std::int32_t>& out) const;
  std::array<std::int32_t, 5> special_ids() const;
  std::optional<std::int32_t> special_equal_to(std::u32string_view text) const;

  std::shared_ptr<const Vocabulary> vocabulary_;
  WordPieceOptions options_;
  std::unique_ptr<const TokenTrie> trie_;
  std::array<std::uint8_t, 256> byte_map_;  ///< ASCII to lower case where wanted
};

/// encode of every line, on `threads` threads (0: as many as there are cores); the result does not depend on
/// them. Throws Error(bad_data), `line n: …`, for the first line that is not UTF-8; the lines count from
/// `first_line`.
std::vector<std::vector<std::int32_t>> encode_lines(const WordPiece& wordpiece,
                                                    std::span<const std::string_view> lines, int threads,
                                                    TypedSpecials typed = TypedSpecials::ordinary,
                                                    std::int64_t first_line = 1);

}  // namespace onset
