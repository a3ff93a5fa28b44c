// Unicode, over ICU: checking UTF-8, and the clean-up BERT's tokenizer does before it splits words.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace onset {

/// Offset of the first byte that is not well-formed UTF-8 (surrogates and overlong forms are not), if any.
std::optional<std::size_t> find_invalid_utf8(std::string_view bytes);

/// Any bytes, fit for a one-line message: in quotes, cut after about 40 bytes, control characters and what is
/// not UTF-8 written as \xNN.
std::string quoted(std::string_view bytes);

struct CleanOptions {
  bool lower_case = true;
  bool strip_accents = true;  ///< drop combining marks (category Mn) after canonical decomposition
  bool split_chinese = true;  ///< a space on either side of every ideograph
};

/// Appends to `out`, in UTF-16, what BERT's clean-up makes of `utf8`:
/// NUL, U+FFFD and the categories Cc, Cf, Cs, Co, Cn dropped (but tab, LF and CR kept as space); spaces of
/// any kind, U+2028 and U+2029 to space; lower case, one character at a time (so a final capital sigma
/// becomes a medial one, as in Hugging Face's tokenizers); then canonical composition (NFC), or with
/// strip_accents decomposition and no marks. Characters newer than Unicode 14 count as unassigned whatever
/// ICU is linked, so that the result does not depend on it. Returns the offset of the first ill-formed byte,
/// `out` then unspecified; none when all went well.
std::optional<std::size_t> append_clean(std::string_view utf8, const CleanOptions& options,
                                        std::u16string& out);

/// BERT's punctuation: ASCII that is no letter, digit, space or control, and category P.
bool is_punctuation(char32_t character);

}  // namespace onset
