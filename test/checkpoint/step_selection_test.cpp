#include "onset/checkpoint/step_selection.h"

#include <gtest/gtest.h>

#include "test/checkpoint/expect_error.h"

namespace onset {
namespace {

/// Which of 0, 50, 100, ... 400 the text selects.
std::vector<std::int64_t> selected(std::string_view text) {
  const StepSelection selection = parse_steps(text);
  std::vector<std::int64_t> out;
  for (std::int64_t step = 0; step <= 400; step += 50) {
    if (selection.contains(step)) out.push_back(step);
  }
  return out;
}

using Steps = std::vector<std::int64_t>;

TEST(StepSelection, StepsWithUnits) {
  EXPECT_EQ(parse_step("0"), 0);
  EXPECT_EQ(parse_step("0100"), 100);
  EXPECT_EQ(parse_step("20k"), 20'000);
  EXPECT_EQ(parse_step("20K"), 20'000);
  EXPECT_EQ(parse_step("2m"), 2'000'000);
  EXPECT_EQ(parse_step("2M"), 2'000'000);
}

TEST(StepSelection, WhatIsNoStep) {
  for (const char* const text :
       {"", "k", "M", "-1", "+1", " 1", "1 ", "1.5", "1e3", "0x10", "1kk", "1km", "1,2", "20g", "\xd9\xa1"}) {
    EXPECT_EQ(parse_step(text), std::nullopt) << text;
  }
}

TEST(StepSelection, StepsEndWhereDoublesNoLongerHoldEachOne) {
  // 2^53 = 9007199254740992
  EXPECT_EQ(parse_step("9007199254740992"), 9'007'199'254'740'992);
  EXPECT_EQ(parse_step("9007199254740993"), std::nullopt);
  EXPECT_EQ(parse_step("99999999999999999999"), std::nullopt);
  EXPECT_EQ(parse_step("9007199254740k"), 9'007'199'254'740'000);
  EXPECT_EQ(parse_step("9007199254741k"), std::nullopt);
  EXPECT_EQ(parse_step("9007199255M"), std::nullopt);
}

TEST(StepSelection, Lists) {
  EXPECT_EQ(selected("100"), Steps{100});
  EXPECT_EQ(selected("300,0,300,50"), (Steps{0, 50, 300}));
  EXPECT_EQ(parse_steps("1k,2M").steps, (Steps{1'000, 2'000'000}));
}

TEST(StepSelection, RangesIncludeTheirStop) {
  EXPECT_EQ(selected("100:200:50"), (Steps{100, 150, 200}));
  EXPECT_EQ(selected("100:199:50"), (Steps{100, 150}));
  EXPECT_EQ(selected("50:400:150"), (Steps{50, 200, 350})) << "counted from the start, not from 0";
  EXPECT_EQ(selected("100:200"), (Steps{100, 150, 200}));
  EXPECT_EQ(selected("150:150"), Steps{150});
}

TEST(StepSelection, PartsLeftOut) {
  EXPECT_EQ(selected("300:"), (Steps{300, 350, 400}));
  EXPECT_EQ(selected(":100"), (Steps{0, 50, 100}));
  EXPECT_EQ(selected("::200"), (Steps{0, 200, 400}));
  EXPECT_EQ(selected("100::200"), (Steps{100, 300}));
  EXPECT_EQ(selected(":250:100"), (Steps{0, 100, 200}));
  EXPECT_EQ(selected(":").size(), 9U);
  EXPECT_EQ(selected("::").size(), 9U);
}

TEST(StepSelection, ListsAndRangesMixed) {
  EXPECT_EQ(selected("50,200:300:100,400"), (Steps{50, 200, 300, 400}));
}

TEST(StepSelection, BadItemsAreNamed) {
  const auto refused = [](std::string_view text, const std::string& message) {
    expect_error(ErrorKind::usage, message, [&] { parse_steps(text); });
  };
  const std::string expected = "--steps: expected a step like 100 or 20k, or start:stop:stride, found ";
  for (const auto& [text, item] : std::vector<std::pair<std::string, std::string>>{{"", "\"\""},
                                                                                   {"1,,2", "\"\""},
                                                                                   {"1,2,", "\"\""},
                                                                                   {"a:b", "\"a:b\""},
                                                                                   {"1,2;3", "\"2;3\""},
                                                                                   {"1:2:x,3", "\"1:2:x\""},
                                                                                   {"1:-2", "\"1:-2\""},
                                                                                   {" 1", "\" 1\""},
                                                                                   {"1\n2", "\"1\\x0a2\""}}) {
    refused(text, std::string(expected).append(item));
  }
  refused("7,1:2:3:4", "--steps: expected at most start:stop:stride, found \"1:2:3:4\"");
  refused("1:2:0", "--steps: expected a stride above 0, found \"1:2:0\"");
  refused("5:4", "--steps: expected a stop not below the start, found \"5:4\"");
}

}  // namespace
}  // namespace onset
