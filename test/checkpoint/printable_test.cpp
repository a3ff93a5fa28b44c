#include "onset/checkpoint/printable.h"

#include <gtest/gtest.h>

#include <vector>

namespace onset {
namespace {

TEST(Printable, EscapesWhatCouldBreakALineOrATerminal) {
  EXPECT_EQ(printable("bert.weight"), "bert.weight");
  EXPECT_EQ(printable("a\nb\x1b[31m"), "a\\x0ab\\x1b[31m");
  EXPECT_EQ(printable("\\ \xff"), "\\x5c \\xff");
}

TEST(Printable, ShortensInTheMiddle) {
  // 60 from the front, three dots, 60 from the back
  EXPECT_EQ(printable(std::string(100, 'a') + std::string(100, 'b')),
            std::string(60, 'a') + "..." + std::string(60, 'b'));
  EXPECT_EQ(printable(std::string(120, 'a')), std::string(120, 'a'));
}

TEST(Printable, ShapesAndLists) {
  EXPECT_EQ(shape_text(std::vector<std::int64_t>{}), "[]");
  EXPECT_EQ(shape_text(std::vector<std::int64_t>{2, 3}), "[2, 3]");
  EXPECT_EQ(shape_text(std::vector<std::int64_t>(9, 1)), "[1, 1, 1, 1, 1, 1, 1, 1, ...]");
  const std::vector<std::string> items = {"a", "b", "c"};
  EXPECT_EQ(list_text(items, 3), "a, b, c");
  EXPECT_EQ(list_text(items, 1), "a and 2 more");
}

}  // namespace
}  // namespace onset
