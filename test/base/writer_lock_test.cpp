#include "onset/base/writer_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <optional>

#include "onset/base/file.h"
#include "test/series/expect_error.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

std::string this_process() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return std::string(host.data()) + ", process " + std::to_string(::getpid());
}

TEST(WriterLock, TheSecondIsToldWhoHoldsIt) {
  const TemporaryFolder folder;
  const auto series = folder / "series.h5";
  {
    const WriterLock lock(series);
    EXPECT_EQ(read_file(folder / "series.h5.lock"), this_process() + "\n");
    for (int i = 0; i < 2; ++i) {
      expect_error(ErrorKind::try_again, series.string() + ": being written by " + this_process(),
                   [&] { WriterLock{series}; });
    }
    const WriterLock other(folder / "other.h5");
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "series.h5.lock"));
  const WriterLock again(series);
}

TEST(WriterLock, AKilledHoldersLockIsFree) {
  const TemporaryFolder folder;
  const auto series = folder / "series.h5";
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const WriterLock lock(series);
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_THROW(WriterLock{series}, Error);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "series.h5.lock"));
  const WriterLock lock(series);
  EXPECT_EQ(read_file(folder / "series.h5.lock"), this_process() + "\n");
}

TEST(WriterLock, TemporariesOfKilledWritersGo) {
  const TemporaryFolder folder;
  for (const char* name :
       {"series.h5", "series.h5.tmp-1", "series.h5.tmp-77", "series.h5.bak", "other.h5.tmp-1"}) {
    std::ofstream(folder / name) << "x";
  }
  const WriterLock lock(folder / "series.h5");
  EXPECT_FALSE(std::filesystem::exists(folder / "series.h5.tmp-1"));
  EXPECT_FALSE(std::filesystem::exists(folder / "series.h5.tmp-77"));
  for (const char* name : {"series.h5", "series.h5.bak", "other.h5.tmp-1"}) {
    EXPECT_TRUE(std::filesystem::exists(folder / name)) << name;
  }
}

TEST(WriterLock, WithoutItsFolderItSaysSo) {
  expect_error(ErrorKind::io, "/nowhere/series.h5.lock: cannot create: No such file or directory",
               [] { WriterLock("/nowhere/series.h5"); });
}

}  // namespace
}  // namespace onset
