#include "onset/base/file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "onset/base/error.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

TEST(File, WritesAtomicallyAndLeavesNoTemporary) {
  const TemporaryFolder folder;
  const auto path = folder / "a.txt";
  write_file_atomically(path, "one");
  write_file_atomically(path, "two");
  EXPECT_EQ(read_file(path), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(File, AFailedWriteKeepsTheOldFile) {
  const TemporaryFolder folder;
  const auto path = folder / "a.txt";
  write_file_atomically(path, "one");
  EXPECT_THROW(replace_file_atomically(path,
                                       [](const auto& temporary) {
                                         std::ofstream(temporary) << "half";
                                         throw Error(ErrorKind::io, "disk full");
                                       }),
               Error);
  EXPECT_EQ(read_file(path), "one");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(File, MissingFileIsMissingInputAndNamed) {
  try {
    MappedFile("/nowhere/x");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::missing_input);
    EXPECT_STREQ(error.what(), "/nowhere/x: cannot open: No such file or directory");
  }
}

TEST(File, MappingSeesTheBytesAndNoticesAChange) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a", "abc");
  const MappedFile file(folder / "a");
  EXPECT_EQ(file.text(), "abc");
  EXPECT_TRUE(file.unchanged());
  write_file_atomically(folder / "a", "abd");
  EXPECT_FALSE(file.unchanged());
  EXPECT_EQ(file.text(), "abc");
}

}  // namespace
}  // namespace onset
