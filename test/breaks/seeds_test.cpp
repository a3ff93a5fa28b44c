#include "onset/breaks/seeds.h"

#include <gtest/gtest.h>

#include <cmath>

#include "onset/base/error.h"

namespace onset {
namespace {

TEST(Seeds, WithoutReplicatesTheIntervalIsStudents) {
  // 10, 12, 14: mean 12, s = 2, s/root 3 = 1.1547; t of 2 degrees at 0.975 = 4.30265.
  const SeedMean mean = combine_seeds({{10, {}}, {12, {}}, {14, {}}});
  EXPECT_EQ(mean.mean, 12);
  EXPECT_EQ(mean.between_runs, 2);
  EXPECT_EQ(mean.runs, 3u);
  ASSERT_TRUE(mean.interval);
  EXPECT_NEAR(mean.interval->low, 12 - 4.30265 * 2 / std::sqrt(3.0), 1e-4);
  EXPECT_NEAR(mean.interval->high, 12 + 4.30265 * 2 / std::sqrt(3.0), 1e-4);
}

TEST(Seeds, ItemsAddTheirShare) {
  // Between runs: values 0 and 2, s^2 = 2, s^2/S = 1 with 1 degree. Items: mean replicates 0, 2, 4, variance
  // 4 with 2 degrees. Total 5; degrees 25 / (1/1 + 16/2) = 2.7778; Student's t(2.7778, 0.975) = 3.33144
  // (scipy.stats.t.ppf).
  const SeedMean mean = combine_seeds({{0, {-1, 1, 3}}, {2, {1, 3, 5}}});
  ASSERT_TRUE(mean.interval);
  EXPECT_NEAR(mean.interval->high - 1, 3.33144 * std::sqrt(5.0), 1e-4);
  EXPECT_NEAR(1 - mean.interval->low, 3.33144 * std::sqrt(5.0), 1e-4);
}

TEST(Seeds, OneRunKeepsItsOwnPercentiles) {
  const SeedMean mean = combine_seeds({{5, {4, 6, 5}}});
  EXPECT_EQ(mean.mean, 5);
  ASSERT_TRUE(mean.interval);
  EXPECT_EQ(mean.interval->low, 4);
  EXPECT_EQ(mean.interval->high, 6);
  EXPECT_FALSE(combine_seeds({{5, {}}}).interval);
}

TEST(Seeds, EqualRunsHaveAnIntervalOfNoWidth) {
  const SeedMean mean = combine_seeds({{5, {}}, {5, {}}});
  ASSERT_TRUE(mean.interval);
  EXPECT_EQ(mean.interval->low, 5);
  EXPECT_EQ(mean.interval->high, 5);
}

TEST(Seeds, NoRunIsAUsageError) {
  try {
    combine_seeds({});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_STREQ(error.what(), "seeds: expected at least one run");
  }
}

}  // namespace
}  // namespace onset
