// A parsed sentence as a model reads it: tokens, and for each the token that stands for its head.
//
// Convention, at both ends of an arc: the first subword of a word stands for the word. So a word's first
// subword carries the arc to the first subword of its head, and its other subwords carry none.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "onset/text/conllu.h"
#include "onset/text/wordpiece.h"

namespace onset {

/// What a token's head can be, besides a place.
enum HeadMark : std::int32_t {
  no_head = -1,  ///< no parse, a subword that is not its word's first, or a head that is not in the sequence
  root = -2,     ///< the sentence's root: in a sequence it is tied to [CLS]
};

/// [CLS] and [SEP] are not among them.
struct TokenisedSentence {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> heads;  ///< place in `ids` from 0, or a HeadMark
};

/// A word that yields no subword has no token, and the words it governs have no head. Throws Error(bad_data)
/// for a word that is not UTF-8.
TokenisedSentence tokenise(const ParsedSentence& sentence, const WordPiece& wordpiece);

/// Text without a parse: no token has a head.
TokenisedSentence tokenise(std::string_view text, const WordPiece& wordpiece);

}  // namespace onset
