#include "onset/breaks/short_number.h"

#include <gtest/gtest.h>

namespace onset {
namespace {

TEST(ShortNumber, WritesStepsInFullAndTheRestShortly) {
  EXPECT_EQ(short_number(120000), "120000");
  EXPECT_EQ(short_number(-3), "-3");
  EXPECT_EQ(short_number(0.00212345), "0.002123");
  EXPECT_EQ(short_number(1.5e-7), "1.5e-07");
  EXPECT_EQ(short_number(1e16), "1e+16");
}

}  // namespace
}  // namespace onset
