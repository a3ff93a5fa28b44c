#include "onset/text/masking.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "test/edited_text.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

constexpr MaskingVocabulary vocabulary{4, 1000, 1};  // [MASK] is 4, [UNK] 1

/// [CLS] (2), `words` tokens from 500 on, [SEP] (3).
std::vector<std::int32_t> line_of(int words) {
  std::vector<std::int32_t> ids(static_cast<std::size_t>(words) + 2);
  std::iota(ids.begin(), ids.end(), 499);
  ids.front() = 2;
  ids.back() = 3;
  return ids;
}

TEST(MaskLine, NeverChoosesTheEndsNorTheUnknown) {
  std::vector<std::int32_t> ids = line_of(6);
  ids[3] = vocabulary.unk;
  const MaskedLine masked = mask_line(ids, 0, vocabulary, {1.0, 1});
  EXPECT_EQ(masked.positions, (std::vector<std::int32_t>{1, 2, 4, 5, 6}));
  EXPECT_EQ(masked.targets, (std::vector<std::int32_t>{500, 501, 503, 504, 505}));
  EXPECT_EQ(masked.ids.front(), 2);
  EXPECT_EQ(masked.ids[3], vocabulary.unk);
  EXPECT_EQ(masked.ids.back(), 3);
}

TEST(MaskLine, TheVocabularySaysWhatIsLeftAlone) {
  const TemporaryFolder folder;
  write_text(folder / "v.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ncat\n");
  const MaskingVocabulary found = masking_vocabulary(Vocabulary::read(folder / "v.txt"));
  EXPECT_EQ(found.unk, 1);
  EXPECT_EQ(found.mask, 4);
  EXPECT_EQ(found.size, 6);
}

TEST(MaskLine, IsAFunctionOfSeedLineAndPosition) {
  const std::vector<std::int32_t> ids = line_of(200);
  const MaskedLine once = mask_line(ids, 7, vocabulary, {0.15, 1});
  EXPECT_EQ(mask_line(ids, 7, vocabulary, {0.15, 1}).ids, once.ids);
  EXPECT_NE(mask_line(ids, 8, vocabulary, {0.15, 1}).positions, once.positions);
  EXPECT_NE(mask_line(ids, 7, vocabulary, {0.15, 2}).positions, once.positions);
  // A longer line with the same beginning is masked the same there.
  const MaskedLine longer = mask_line(line_of(300), 7, vocabulary, {0.15, 1});
  EXPECT_TRUE(std::equal(once.positions.begin(), once.positions.end(), longer.positions.begin()));
}

// 40,000 tokens at rate 0.15: 6,000 chosen, standard deviation sqrt(40,000 * 0.15 * 0.85) = 71. Of 6,000, 80
// % become [MASK] (deviation 31); 10 % a random token, which one time in 1,000 is the token itself; 10 % stay
// (deviation 23). Five deviations each, and ten for chance hits of the random token.
TEST(MaskLine, HidesTheSharesOfThePaper) {
  double chosen = 0, hidden = 0, random = 0, same = 0;
  for (std::int64_t line = 0; line < 100; ++line) {
    const std::vector<std::int32_t> ids = line_of(400);
    const MaskedLine masked = mask_line(ids, line, vocabulary, {0.15, 3});
    ASSERT_EQ(masked.positions.size(), masked.targets.size());
    for (std::size_t i = 0; i < masked.positions.size(); ++i) {
      const std::int32_t now = masked.ids[static_cast<std::size_t>(masked.positions[i])];
      ++chosen;
      hidden += now == vocabulary.mask ? 1 : 0;
      same += now == masked.targets[i] ? 1 : 0;
      random += now != vocabulary.mask && now != masked.targets[i] ? 1 : 0;
      EXPECT_GE(now, 0);
      EXPECT_LT(now, vocabulary.size);
    }
  }
  EXPECT_NEAR(chosen, 6000, 5 * 71);
  EXPECT_NEAR(hidden / chosen, 0.8, 5 * 31 / 6000.0);
  EXPECT_NEAR(random / chosen, 0.1, 5 * 23 / 6000.0 + 0.002);
  EXPECT_NEAR(same / chosen, 0.1, 5 * 23 / 6000.0 + 0.002);
}

}  // namespace
}  // namespace onset
