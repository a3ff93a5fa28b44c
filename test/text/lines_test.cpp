#include "onset/text/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "onset/base/file.h"
#include "test/temporary_folder.h"
#include "test/text/errors.h"

namespace onset {
namespace {

using testing::ElementsAre;

class LinesTest : public testing::Test {
 protected:
  std::string write(std::string_view bytes) const {
    write_file_atomically(folder_ / "lines.txt", bytes);
    return (folder_ / "lines.txt").string();
  }
  TemporaryFolder folder_;
};

TEST_F(LinesTest, BlankLinesAreSkipped) {
  EXPECT_THAT(read_lines(write("one\n\n  two \n \t\nthree\n")), ElementsAre("one", "  two ", "three"));
}

TEST_F(LinesTest, CrlfAndByteOrderMarkGiveTheSame) {
  EXPECT_THAT(read_lines(write("\xEF\xBB\xBFone\r\ntwo\r\n")), ElementsAre("one", "two"));
  EXPECT_THAT(read_lines(write("one\n\xEF\xBB\xBFtwo")),
              ElementsAre("one", "\xEF\xBB\xBFtwo"));  // only at the beginning
}

TEST_F(LinesTest, StopsAtTheWantedNumber) {
  EXPECT_THAT(read_lines(write("one\ntwo\n\xff\n"), 2), ElementsAre("one", "two"));
}

TEST_F(LinesTest, NumbersLinesAndNoticesTheirEnds) {
  LineReader reader(write("a\r\n\nb"));
  const auto first = reader.next();
  EXPECT_EQ(first->text, "a");
  EXPECT_EQ(first->number, 1);
  EXPECT_TRUE(first->carriage_return);
  EXPECT_FALSE(reader.unterminated());
  EXPECT_EQ(reader.next()->text, "");
  const auto last = reader.next();
  EXPECT_EQ(last->number, 3);
  EXPECT_FALSE(last->carriage_return);
  EXPECT_TRUE(reader.unterminated());
  EXPECT_FALSE(reader.next());
}

TEST_F(LinesTest, BadBytesAreNamedByTheirPlaceInTheFile) {
  // "ab\r\n" is bytes 0 to 3, so the third byte of the second line is byte 6.
  std::string path = write("ab\r\ncd\xff\n");
  EXPECT_EQ(failure([&] { read_lines(path); }), "65: " + path + ":@6: not UTF-8: \"\\xff\"");
  path =
      write(std::string_view("\xEF\xBB\xBF"
                             "a\0\n",
                             6));
  EXPECT_EQ(failure([&] { read_lines(path); }), "65: " + path + ":@4: a NUL in a text file");
}

TEST_F(LinesTest, NoLinesIsBadData) {
  const std::string path = write(" \n\n");
  EXPECT_EQ(failure([&] { read_lines(path); }), "65: " + path + ": 0 lines of text");
}

TEST_F(LinesTest, AbsentFileAndFolder) {
  const std::string absent = (folder_ / "absent").string();
  EXPECT_EQ(failure([&] { read_lines(absent); }),
            "66: " + absent + ": cannot open: No such file or directory");
  const std::string folder = folder_.path().string();
  EXPECT_EQ(failure([&] { read_lines(folder); }), "74: " + folder + ": cannot read: Is a directory");
}

}  // namespace
}  // namespace onset
