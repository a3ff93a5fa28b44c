#include "onset/text/unicode.h"

#include <gtest/gtest.h>

#include <string>

namespace onset {
namespace {

constexpr CleanOptions uncased{};
constexpr CleanOptions cased{.lower_case = false, .strip_accents = false};

TEST(Utf8Test, WellFormedTextHasNoBadByte) {
  EXPECT_FALSE(find_invalid_utf8(""));
  EXPECT_FALSE(find_invalid_utf8("plain ASCII, long enough for eight bytes at a time"));
  EXPECT_FALSE(find_invalid_utf8("\u00e9 \uac00 \U0001f600 \U0010ffff \uffff and \u0001"));
}

TEST(Utf8Test, NamesTheFirstBadByte) {
  EXPECT_EQ(find_invalid_utf8("\xff"), 0U);
  EXPECT_EQ(find_invalid_utf8("12345678\x80"), 8U);           // a continuation byte by itself
  EXPECT_EQ(find_invalid_utf8("1234567\xc3"), 7U);            // cut short
  EXPECT_EQ(find_invalid_utf8("a\xc0\x80"), 1U);              // NUL, overlong
  EXPECT_EQ(find_invalid_utf8("ab\xed\xa0\x80"), 2U);         // surrogate U+D800
  EXPECT_EQ(find_invalid_utf8("abc\xf4\x90\x80\x80"), 3U);    // U+110000
  EXPECT_EQ(find_invalid_utf8("\xe2\x82\xac\xe2\x82 "), 3U);  // whole euro sign, then two bytes of one
}

TEST(Utf8Test, EachBadByteBecomesTheReplacementCharacter) {
  EXPECT_EQ(as_utf8(""), "");
  EXPECT_EQ(as_utf8("caf\u00e9"), "caf\u00e9");
  EXPECT_EQ(as_utf8("\xff"
                    "a\xc3\xa9\xe2\x82"),
            "\ufffda\u00e9\ufffd\ufffd");
}

TEST(InQuotesTest, KeepsTextAndShowsWhatWouldBreakTheLine) {
  EXPECT_EQ(in_quotes("caf\u00e9"), "\"caf\u00e9\"");
  EXPECT_EQ(in_quotes(std::string_view("a\n\x1b\0", 4)), R"("a\x0a\x1b\x00")");
  EXPECT_EQ(in_quotes("\xff\xc3"), R"("\xff\xc3")");
  EXPECT_EQ(in_quotes("\u2028\u202e"),
            R"("\xe2\x80\xa8\xe2\x80\xae")");  // line separator, right-to-left override
}

TEST(InQuotesTest, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(in_quotes(std::string(1000, 'x')), "\"" + std::string(40, 'x') + "…\"");
  EXPECT_EQ(in_quotes(std::string(39, 'x') + "\u00e9yy"), "\"" + std::string(39, 'x') + "\u00e9…\"");
}

TEST(CleanTest, DropsControlsAndKeepsSpaces) {
  EXPECT_EQ(clean("a\x01\u200b\u00ad\ufffd\ue000b", uncased), U"ab");
  EXPECT_EQ(clean(std::string_view("a\0b\x7f", 4), uncased), U"ab");
  EXPECT_EQ(clean("a\tb\nc\rd\u00a0e\u3000f\u2028g", uncased), U"a b c d e f g");
  EXPECT_EQ(clean("a\x0b\x0c\u0085b", uncased), U"ab");  // white space to Python, controls to BERT
}

TEST(CleanTest, LowerCasesOneCharacterAtATime) {
  EXPECT_EQ(clean("\u039f\u0394\u039f\u03a3", uncased), U"\u03bf\u03b4\u03bf\u03c3");  // not a final sigma
  EXPECT_EQ(clean("\u0130", uncased), U"i");
  EXPECT_EQ(clean("\u0130", CleanOptions{.strip_accents = false}), U"i\u0307");
  EXPECT_EQ(clean("\u1e9e\u00df", uncased), U"\u00df\u00df");
}

TEST(CleanTest, StripsMarksAfterDecompositionOrComposes) {
  EXPECT_EQ(clean("\u00c9e\u0301\u1e69", uncased), U"ees");
  EXPECT_EQ(clean("e\u0301s\u0307\u0323", cased), U"\u00e9\u1e69");  // marks put in canonical order first
  EXPECT_EQ(clean("\u1112\u1161\u11ab", cased), U"\ud55c");
  EXPECT_EQ(clean("\ud55c", uncased), U"\u1112\u1161\u11ab");
  EXPECT_EQ(clean("\u212a", cased), U"K");
}

TEST(CleanTest, SetsIdeographsApart) {
  EXPECT_EQ(clean("a\u4e2db", uncased), U"a \u4e2d b");
  EXPECT_EQ(clean("a\u4e2db", CleanOptions{.split_chinese = false}), U"a\u4e2db");
  EXPECT_EQ(clean("\U00020000", uncased), U" \U00020000 ");
  EXPECT_EQ(clean("\U0002ceb0\u3042", uncased), U"\U0002ceb0\u3042");  // extension F and kana are not
}

TEST(CleanTest, CharactersNewerThanUnicode14AreUnassigned) {
  EXPECT_EQ(clean("a\U0001fae8b\U00031350", uncased), U"ab");  // Unicode 15: shaking face, extension H
  EXPECT_EQ(clean("a\u0870b", uncased), U"a\u0870b");          // Unicode 14
}

TEST(CleanTest, IllFormedTextHasNoResult) { EXPECT_FALSE(clean("ab\xc3", uncased)); }

TEST(PunctuationTest, IsAsciiSymbolsAndCategoryP) {
  for (const char32_t character : U"!/:@[`{~\u2019\u2014\u3002\u00a7\U00010100" + std::u32string()) {
    EXPECT_TRUE(is_punctuation(character)) << std::hex << static_cast<unsigned>(character);
  }
  for (const char32_t character : U"0A z\x1f\x7f\u20ac\u00b0\u2192\U0001f600" + std::u32string()) {
    EXPECT_FALSE(is_punctuation(character)) << std::hex << static_cast<unsigned>(character);
  }
}

TEST(Utf8Test, AppendsOneToFourBytes) {
  std::string out;
  for (const char32_t character : {U'a', U'\u00e9', U'\uac00', U'\U0001f600'}) append_utf8(character, out);
  EXPECT_EQ(out, "a\u00e9\uac00\U0001f600");
}

}  // namespace
}  // namespace onset
