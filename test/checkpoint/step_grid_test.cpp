#include "onset/checkpoint/step_grid.h"

#include <gtest/gtest.h>

#include <limits>

namespace onset {
namespace {

using Steps = std::vector<std::int64_t>;

TEST(StepGrid, RegularGridsHaveNoGaps) {
  EXPECT_EQ(missing_steps({}), Steps{});
  EXPECT_EQ(missing_steps({5}), Steps{});
  EXPECT_EQ(missing_steps({5, 10}), Steps{});
  EXPECT_EQ(missing_steps({0, 10, 20, 30}), Steps{});
}

TEST(StepGrid, AGapBetweenEqualStridesIsFilled) {
  // gaps 10 10 10 20 10
  EXPECT_EQ(missing_steps({0, 10, 20, 30, 50, 60}), Steps{40});
  // gaps 10 30 10
  EXPECT_EQ(missing_steps({0, 10, 40, 50}), (Steps{20, 30}));
  // gaps 10 20 20 10: both wide gaps have the stride 10 as their nearest smaller one on either side
  EXPECT_EQ(missing_steps({0, 10, 30, 50, 60}), (Steps{20, 40}));
  // gaps 5 10 10 20 10: 20 lies in a part of stride 10, the 5 on the far left is none of its business
  EXPECT_EQ(missing_steps({0, 5, 15, 25, 45, 55}), Steps{35});
}

TEST(StepGrid, AGridThatGetsCoarserHasNoGaps) {
  EXPECT_EQ(missing_steps({0, 20, 40, 60, 160, 260}), Steps{});
  EXPECT_EQ(missing_steps({10, 13, 16, 20, 25, 32, 40, 50}), Steps{});
}

TEST(StepGrid, WhatCannotBeToldIsNotTold) {
  EXPECT_EQ(missing_steps({0, 10, 20, 40}), Steps{}) << "nothing on the right of the gap";
  EXPECT_EQ(missing_steps({0, 20, 30, 40}), Steps{}) << "nothing on its left";
  EXPECT_EQ(missing_steps({0, 10, 30, 35}), Steps{}) << "strides 10 and 5 beside the gap of 20";
  EXPECT_EQ(missing_steps({0, 10, 25, 35}), Steps{}) << "15 is no multiple of 10";
}

TEST(StepGrid, AtMostAThousandAreNamed) {
  const Steps missing = missing_steps({0, 1, 5000, 5001});
  ASSERT_EQ(missing.size(), 1000U);
  EXPECT_EQ(missing.front(), 2);
  EXPECT_EQ(missing.back(), 1001);
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(missing_steps({0, 1, last - 1, last}).size(), 1000U) << "nothing overflows";
}

}  // namespace
}  // namespace onset
