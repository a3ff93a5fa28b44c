#include "onset/base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

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

TEST(File, WhatCannotBeFlushedOrRenamedIsSaidAndLeavesNoTemporary) {
  const TemporaryFolder folder;
  const auto path = folder / "a.txt";
  const auto refused = [&](const char* why, const std::function<void(const std::filesystem::path&)>& fill) {
    try {
      replace_file_atomically(path, fill);
      ADD_FAILURE() << why;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::io);
      const std::string said = error.what();
      EXPECT_EQ(said.find(path.string()), 0U) << said;
      EXPECT_NE(said.find(std::string(": cannot ") + why), std::string::npos) << said;
    }
  };
  refused("flush to disk", [](const auto&) {});  // nothing there to flush
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  refused("rename into place", [&](const auto& temporary) {
    std::ofstream(temporary) << "one";
    std::filesystem::create_directory(path);  // in the way, after it was asked for
  });
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(File, OfALinkTheTargetIsReplaced) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a", "one");
  std::filesystem::create_symlink("a", folder / "link");
  write_file_atomically(folder / "link", "two");
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(read_file(folder / "a"), "two");
}

TEST(File, WhatIsNoFileIsNeitherReplacedNorWaitedFor) {
  const TemporaryFolder folder;
  const auto pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::filesystem::create_symlink("loop", folder / "loop");
  const auto refused = [](const std::filesystem::path& path, const char* why) {
    try {
      write_file_atomically(path, "x");
      ADD_FAILURE() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::io);
      EXPECT_EQ(error.what(), path.string() + ": cannot replace: " + why);
    }
  };
  refused(pipe, "not a regular file");
  refused(folder.path(), "it is a folder");
  refused(folder / "loop", "Too many levels of symbolic links");
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_THROW(MappedFile{pipe}, Error);  // nobody writes to it: opening it must not wait
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
