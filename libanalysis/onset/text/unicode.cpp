#include "onset/text/unicode.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>
#include <unicode/uversion.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "onset/base/error.h"

namespace onset {
namespace {

constexpr int newest_unicode = 14;
constexpr std::size_t quoted_bytes = 40;

enum class Treatment { keep, drop, space };

Treatment treatment(UChar32 character) {
  if (character == ' ' || character == '\t' || character == '\n' || character == '\r')
    return Treatment::space;
  if (character < 0x7F) return character < 0x20 ? Treatment::drop : Treatment::keep;
  const std::uint32_t category = U_GET_GC_MASK(character);
  if ((category & U_GC_Z_MASK) != 0) return Treatment::space;
  if ((category & U_GC_C_MASK) != 0 || character == 0xFFFD) return Treatment::drop;
  UVersionInfo age{};
  u_charAge(character, age);
  return age[0] > newest_unicode ? Treatment::drop : Treatment::keep;
}

/// The ranges of the original BERT code; ideographs added to Unicode later are not in them.
bool is_ideograph(UChar32 c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

void append(UChar32 character, std::u16string& out) {
  if (U_IS_BMP(character)) {
    out.push_back(static_cast<char16_t>(character));
  } else {
    out.push_back(static_cast<char16_t>(U16_LEAD(character)));
    out.push_back(static_cast<char16_t>(U16_TRAIL(character)));
  }
}

void append_lower(UChar32 character, std::u16string& out) {
  constexpr UChar32 capital_i_with_dot = 0x130;  // the one character whose lower case is two
  if (character == capital_i_with_dot) {
    out += u"i\u0307";
  } else {
    append(u_tolower(character), out);
  }
}

std::u16string normalized(const std::u16string& text, const UNormalizer2* form) {
  // No character grows more than fourfold in UTF-16 (Unicode Standard Annex #15, section 12).
  constexpr std::size_t growth = 4;
  constexpr std::size_t longest = INT32_MAX / growth;
  if (text.size() > longest)
    throw Error(ErrorKind::bad_data, "text: a word of more than 500 million characters");
  std::u16string out(growth * text.size(), u'\0');
  UErrorCode status = U_ZERO_ERROR;
  const std::int32_t size = unorm2_normalize(form, text.data(), static_cast<std::int32_t>(text.size()),
                                             out.data(), static_cast<std::int32_t>(out.size()), &status);
  if (U_FAILURE(status))
    throw Error(ErrorKind::bug, std::string("ICU cannot normalise: ") + u_errorName(status));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

const UNormalizer2* normal_form(bool decomposed) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2* form = decomposed ? unorm2_getNFDInstance(&status) : unorm2_getNFCInstance(&status);
  if (U_FAILURE(status)) throw Error(ErrorKind::bug, std::string("ICU has no data: ") + u_errorName(status));
  return form;
}

/// Length of the well-formed character at `at`, 0 where there is none.
std::size_t character_length(std::string_view bytes, std::size_t at) {
  std::size_t end = at;
  UChar32 character = 0;
  U8_NEXT(bytes, end, bytes.size(), character);
  return character < 0 ? 0 : end - at;
}

}  // namespace

std::string icu_version() {
  UVersionInfo version;
  u_getVersion(version);
  return std::to_string(version[0]) + '.' + std::to_string(version[1]);
}

std::optional<std::size_t> find_invalid_utf8(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    std::uint64_t eight = 0;
    if (bytes.size() - at >= sizeof eight) {
      std::memcpy(&eight, bytes.data() + at, sizeof eight);
      if ((eight & 0x8080808080808080U) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    const std::size_t length = character_length(bytes, at);
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::string as_utf8(std::string_view bytes) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string out;
  while (const auto bad = find_invalid_utf8(bytes)) {
    out += bytes.substr(0, *bad);
    out += replacement;
    bytes.remove_prefix(*bad + 1);
  }
  return out += bytes;
}

std::string in_quotes(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (std::size_t at = 0; at < bytes.size();) {
    if (at >= quoted_bytes) return out + "…\"";
    const std::size_t length = character_length(bytes, at);
    UChar32 character = -1;
    if (length > 0) U8_GET_UNSAFE(bytes, at, character);
    // Control and format characters, line separators and the like would break or disguise the line.
    const bool shown =
        length > 0 && (U_GET_GC_MASK(character) & (U_GC_C_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK)) == 0;
    const std::size_t end = at + (length > 0 ? length : 1);
    for (; at < end; ++at) {
      const auto byte = static_cast<unsigned char>(bytes[at]);
      if (shown) {
        out.push_back(bytes[at]);
      } else {
        out += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
      }
    }
  }
  return out + "\"";
}

std::optional<std::u32string> clean(std::string_view utf8, const CleanOptions& options) {
  std::u16string text;
  text.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) {
    UChar32 character = 0;
    U8_NEXT(utf8, at, utf8.size(), character);
    if (character < 0) return std::nullopt;
    const Treatment how = treatment(character);
    if (how == Treatment::space) {
      text.push_back(u' ');
    } else if (how == Treatment::keep && options.split_chinese && is_ideograph(character)) {
      text.push_back(u' ');
      append(character, text);
      text.push_back(u' ');
    } else if (how == Treatment::keep && options.lower_case) {
      append_lower(character, text);
    } else if (how == Treatment::keep) {
      append(character, text);
    }
  }
  text = normalized(text, normal_form(options.strip_accents));
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    UChar32 character = 0;
    U16_NEXT(text, at, text.size(), character);
    if (options.strip_accents && u_charType(character) == U_NON_SPACING_MARK) continue;
    out.push_back(static_cast<char32_t>(character));
  }
  return out;
}

bool is_punctuation(char32_t character) {
  if (character < 0x80) {
    return (character >= 33 && character <= 47) || (character >= 58 && character <= 64) ||
           (character >= 91 && character <= 96) || (character >= 123 && character <= 126);
  }
  return (U_GET_GC_MASK(static_cast<UChar32>(character)) & U_GC_P_MASK) != 0;
}

void append_utf8(char32_t character, std::string& out) {
  std::array<char, U8_MAX_LENGTH> bytes{};
  std::size_t size = 0;
  U8_APPEND_UNSAFE(bytes, size, character);
  out.append(bytes.data(), size);
}

}  // namespace onset
