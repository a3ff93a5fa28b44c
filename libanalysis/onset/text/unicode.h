// Unicode, over ICU: checking UTF-8, and the clean-up BERT's tokenizer does before it splits words.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace onset {

/// The version of ICU in use, "72.1".
std::string icu_version();

/// Offset of the first byte that is not well-formed UTF-8 (surrogates and overlong forms are not), if any.
std::optional<std::size_t> find_invalid_utf8(std::string_view bytes);

/// The text with U+FFFD for each byte that is not well-formed UTF-8, as a folder's name may hold.
std::string as_utf8(std::string_view bytes);

/// Any bytes made fit for a one-line message: in double quotes, cut after 40 bytes, control characters and
/// bytes that are not UTF-8 as \xNN.
std::string in_quotes(std::string_view bytes);

struct CleanOptions {
  bool lower_case = true;  ///< one character at a time, so that a capital sigma always becomes a medial one
  bool strip_accents = true;  ///< drop combining marks (category Mn) after canonical decomposition
  bool split_chinese = true;  ///< a space on either side of every ideograph
};

/// What BERT's clean-up makes of `utf8`, or nothing where that is not well-formed:
/// 1. NUL, U+FFFD and categories Cc, Cf, Co, Cn are dropped, save tab, LF and CR; these, every Zs, U+2028 and
/// U+2029 become
///    a space;
/// 2. lower case, spaces around ideographs;
/// 3. canonical composition (NFC), or with strip_accents decomposition (NFD) less the marks.
/// Characters newer than Unicode 14 count as unassigned whichever ICU is linked, so that the result does not
/// depend on it.
std::optional<std::u32string> clean(std::string_view utf8, const CleanOptions& options);

/// BERT's punctuation: ASCII that is no letter, digit, space or control, and category P.
bool is_punctuation(char32_t character);

void append_utf8(char32_t character, std::string& out);

}  // namespace onset
