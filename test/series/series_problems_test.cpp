#include "onset/series/series_problems.h"

#include <gtest/gtest.h>

#include <limits>

namespace onset {
namespace {

/// Two steps; two relations of 10 and 5 words, 3 and 5 of them right at the first step, 10 and none at the
/// second.
Series sound_series() {
  Series series;
  series.steps = {{0, "a", "aa"}, {10, "b", "bb"}};
  Group uas;
  uas.frame = {"uas",
               {{"relation", std::vector<std::string>{"all", "nsubj"}}},
               {{"total", {"relation"}, std::vector<std::int64_t>{10, 5}, "", ""}},
               {}};
  uas.variables = {{"correct", {"step", "relation"}, std::vector<std::int64_t>{3, 5, 10, 0}, "", ""},
                   {"micro", {"step"}, std::vector<double>{0.5, std::nan("")}, "", ""}};
  series.groups.emplace("uas", uas);
  return series;
}

std::vector<std::string> problems_with(void (*change)(Series&)) {
  Series series = sound_series();
  change(series);
  return series_problems(series);
}

using Lines = std::vector<std::string>;

TEST(SeriesProblems, ASoundSeriesHasNone) {
  EXPECT_EQ(series_problems(sound_series()), Lines{});
  EXPECT_EQ(series_problems({}), Lines{});
}

TEST(SeriesProblems, EqualWeightsAreNamedByStep) {
  EXPECT_EQ(problems_with([](Series& s) { s.steps[1].sha256 = "aa"; }),
            Lines{"equal weights under steps 0, 10"});
  EXPECT_EQ(problems_with([](Series& s) { s.steps[0].sha256 = s.steps[1].sha256 = ""; }), Lines{});
}

TEST(SeriesProblems, InfiniteValuesAreCounted) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(problems_with([](Series& s) {
              s.groups.at("uas").variables[1].values = std::vector<double>{infinity, -infinity};
            }),
            Lines{"uas/micro: 2 infinite values"});
}

TEST(SeriesProblems, CountsLieBetweenNothingAndTheirTotal) {
  EXPECT_EQ(problems_with([](Series& s) {
              s.groups.at("uas").variables[0].values = std::vector<std::int64_t>{11, 5, 10, 6};
            }),
            Lines{"uas/correct: 2 counts are above their total"});
  EXPECT_EQ(problems_with([](Series& s) {
              s.groups.at("uas").frame.constants[0].values = std::vector<std::int64_t>{10, -1};
              s.groups.at("uas").variables[0].values = std::vector<std::int64_t>{3, -1, 10, -1};
            }),
            Lines{"uas/total: 1 of its counts are not above 0"});
}

}  // namespace
}  // namespace onset
