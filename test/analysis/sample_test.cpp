#include "onset/analysis/sample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace onset {
namespace {

using Places = std::vector<std::size_t>;

std::vector<std::uint64_t> contents(std::size_t count) {
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(1000 + i);
  return out;
}

TEST(Sample, LargerOnesHoldSmallerOnes) {
  const auto items = contents(100);
  Places before;
  for (const std::int64_t count : {0, 1, 10, 20, 100}) {
    const Places places = random_sample(items, count, 1);
    EXPECT_EQ(places.size(), static_cast<std::size_t>(count));
    EXPECT_TRUE(std::ranges::is_sorted(places));
    EXPECT_TRUE(std::ranges::includes(places, before));
    before = places;
  }
  EXPECT_EQ(random_sample(items, 1000, 1).size(), 100U);
  EXPECT_EQ(random_sample(items, -1, 1).size(), 100U);
}

TEST(Sample, TheSeedDrawsAnother) {
  const auto items = contents(100);
  EXPECT_NE(random_sample(items, 20, 1), random_sample(items, 20, 2));
}

TEST(Sample, EachItemComesAsOftenAsAnyOther) {
  // 2,000 seeds, 5 of 20: an item is in 500 samples, give or take 19; five of that is 97.
  const auto items = contents(20);
  std::vector<int> taken(20, 0);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    for (const std::size_t place : random_sample(items, 5, seed)) ++taken[place];
  }
  for (const int times : taken) EXPECT_NEAR(times, 500, 97);
}

TEST(Sample, FollowsContentNotPlace) {
  auto items = contents(50);
  const auto chosen = [&](const std::vector<std::uint64_t>& of) {
    std::set<std::uint64_t> out;
    for (const std::size_t place : random_sample(of, 10, 7)) out.insert(of[place]);
    return out;
  };
  const auto before = chosen(items);
  std::ranges::reverse(items);
  EXPECT_EQ(chosen(items), before);
}

TEST(Sample, EqualItemsLieApart) {
  // One text forty times among forty others: half of a half, not all or nothing.
  auto items = contents(40);
  items.resize(80, 5);
  const Places places = random_sample(items, 40, 1);
  const auto equal = std::ranges::count_if(places, [](std::size_t place) { return place >= 40; });
  EXPECT_GT(equal, 8);
  EXPECT_LT(equal, 32);
}

TEST(Sample, TakesSoManyOfEachStratum) {
  const auto items = contents(9);
  const std::vector<std::string> strata = {"a", "a", "a", "a", "b", "b", "b", "c", "a"};
  const Places places = random_sample(items, 2, 1, strata);
  std::map<std::string, int> counts;
  for (const std::size_t place : places) ++counts[strata[place]];
  EXPECT_EQ(counts, (std::map<std::string, int>{{"a", 2}, {"b", 2}, {"c", 1}}));
}

}  // namespace
}  // namespace onset
