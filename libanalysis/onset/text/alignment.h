// Which subword tokens each word of a sentence became.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "onset/text/wordpiece.h"

namespace onset {

/// Token positions [begin, end) of one word.
struct TokenSpan {
  std::int32_t begin = 0;
  std::int32_t end = 0;
  bool operator==(const TokenSpan&) const = default;
};

struct AlignedSentence {
  std::vector<std::int32_t> ids;  ///< [CLS] … [SEP]
  std::vector<TokenSpan>
      words;  ///< [word]; [CLS] is position 0, so the first word begins at 1. begin == end: no subword
};

/// Each word by itself through WordPiece::pieces, as in the paper's code; spans follow one another without a
/// gap and cover every token but [CLS] and [SEP]. Throws Error(bad_data), `word n: …` (n from 1), for a word
/// that is not UTF-8.
AlignedSentence align(const WordPiece& wordpiece, std::span<const std::string> words);

}  // namespace onset
