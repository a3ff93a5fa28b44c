// Files that are no series, or were one: one clear line, never a crash.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "onset/base/file.h"
#include "onset/base/random.h"
#include "onset/base/writer_lock.h"
#include "onset/series/assemble.h"
#include "onset/series/hdf5_file.h"
#include "test/series/expect_error.h"
#include "test/series/whole_series.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

using Path = std::filesystem::path;

void put(const Path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

/// Random bits that are the same on every run.
std::uint64_t draw(std::uint64_t which, std::uint64_t place) {
  return draw_bits(7, Draw::order, {which, place});
}

enum class Verdict { same, other, refused };

/// How the file reads; anything but a series or a one-line Error(bad_data) naming the file is a failure.
Verdict verdict(const Path& path, const Series& original) {
  try {
    return read_series(path) == original ? Verdict::same : Verdict::other;
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(error.kind(), ErrorKind::bad_data) << message;
    EXPECT_TRUE(message.starts_with(path.string() + ": ")) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    return Verdict::refused;
  }
}

TEST(Damage, WhatIsNoHdf5IsSaidToBeNone) {
  const TemporaryFolder folder;
  const Path path = folder / "x.h5";
  for (const std::string& bytes :
       {std::string(), std::string("step,loss\n1,2\n"), std::string(100'000, '\0')}) {
    put(path, bytes);
    expect_error(ErrorKind::bad_data, path.string() + ": not an HDF5 file", [&] { read_series(path); });
  }
  for (std::uint64_t i = 0; i < 20; ++i) {
    std::string bytes = "\x89HDF\r\n\x1a\n";  // the signature, then noise
    for (std::uint64_t j = 0; j < 500; ++j) bytes += static_cast<char>(draw(i, j));
    put(path, bytes);
    EXPECT_EQ(verdict(path, {}), Verdict::refused);
  }
  expect_error(ErrorKind::bad_data, folder.path().string() + ": not a regular file",
               [&] { read_series(folder.path()); });
  expect_error(ErrorKind::missing_input, "/nowhere/x.h5: cannot open: No such file or directory",
               [] { read_series("/nowhere/x.h5"); });
}

TEST(Damage, ATruncatedFileIsRefused) {
  const TemporaryFolder folder;
  const Series series = whole_series({0, 1, 2}, 3000);
  write_series(folder / "s.h5", series);
  const std::string whole = read_file(folder / "s.h5");
  const Path path = folder / "x.h5";
  for (int i = 0; i < 60; ++i) {
    put(path, whole.substr(0, whole.size() * static_cast<std::size_t>(i) / 60));
    EXPECT_EQ(verdict(path, series), Verdict::refused) << i;
  }
  put(path, whole.substr(0, whole.size() - 1));
  EXPECT_EQ(verdict(path, series), Verdict::refused);
}

TEST(Damage, FlippedBytesNeverCrash) {
  const TemporaryFolder folder;
  const Series series = whole_series({0, 1, 2, 5}, 300);
  write_series(folder / "s.h5", series);
  const std::string whole = read_file(folder / "s.h5");
  const Path path = folder / "x.h5";
  int refused = 0;
  for (std::uint64_t i = 0; i < 150; ++i) {
    std::string bytes = whole;
    for (std::uint64_t j = 0; j < 1 + i % 4; ++j) {
      bytes[draw(i, 2 * j) % bytes.size()] = static_cast<char>(draw(i, 2 * j + 1));
    }
    put(path, bytes);
    refused += verdict(path, series) == Verdict::refused ? 1 : 0;
  }
  EXPECT_GT(refused, 30);  // the rest hit labels and numbers, which HDF5 does not guard
}

TEST(Damage, AFullDiskKeepsWhatIsThere) {
  const TemporaryFolder folder;
  if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=200k") != 0) {
    GTEST_SKIP() << "cannot mount a tmpfs here";
  }
  struct Unmount {
    const Path& path;
    ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
  } const unmount{folder.path()};
  const Path path = folder / "s.h5";
  const RowStore rows(folder / "s.h5.rows");
  write_series(path, whole_series({0}));
  const std::string before = read_file(path);
  const RowKey key{"uas", fake_sha256('1'), options_key(uas_frame())};
  rows.write(key, uas_measurement(1));
  expect_error(ErrorKind::io, path.string() + ": cannot write: No space left on device", [&] {
    write_series(path, whole_series({0, 1, 2}, 20'000));
  });
  EXPECT_THROW(
      rows.write({"pll", fake_sha256('1'), options_key(pll_frame(50'000))}, pll_measurement(1, 50'000)),
      Error);
  EXPECT_EQ(read_file(path), before);
  EXPECT_EQ(rows.read(key), uas_measurement(1));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(rows.folder()), {}), 1);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
}

/// The frames that the rounds below go through.
Frame frame_of(std::int64_t round) {
  Frame frame = pll_frame(2000);
  frame.attributes["round"] = round % 4;
  return frame;
}

/// Writes rows and assembles them, over and over: in round r all that is measured is that of steps r, r+1,
/// r+2.
[[noreturn]] void work_until_killed(const Path& path) {
  const RowStore rows(path.string() + ".rows");
  for (std::int64_t round = 0;; ++round) {
    const WriterLock lock(path);
    const Frame frame = frame_of(round);
    std::vector<StepInfo> steps;
    for (std::int64_t step = round; step < round + 3; ++step) {
      steps.push_back(example_step(step));
      rows.write({"pll", steps.back().sha256, options_key(frame)}, pll_measurement(step % 16, 2000));
    }
    write_series(path, assemble(steps, std::vector{frame}, rows, example_attributes()));
  }
}

TEST(Damage, KilledAtAnyInstantAllThatIsVisibleIsWhole) {
  const TemporaryFolder folder;
  const Path path = folder / "s.h5";
  std::vector<std::string> keys;
  for (std::int64_t round = 0; round < 4; ++round) keys.push_back(options_key(frame_of(round)));
  for (std::uint64_t i = 0; i < 50; ++i) {
    const pid_t child = ::fork();
    if (child == 0) work_until_killed(path);
    while (!std::filesystem::exists(path))
      ::usleep(1000);  // the first lives until there is something to lose
    ::usleep(static_cast<useconds_t>(draw(i, 0) % 60'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);

    const RowStore rows(path.string() + ".rows", [](const std::string& line) { ADD_FAILURE() << line; });
    std::size_t found = 0;
    for (const std::string& key : keys) {
      for (std::int64_t step = 0; step < 16; ++step) {
        const auto row = rows.read({"pll", example_step(step).sha256, key});
        if (!row) continue;
        ++found;
        EXPECT_EQ(*row, pll_measurement(step, 2000));
      }
    }
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(rows.folder())) {
      EXPECT_EQ(entry.path().extension(), ".row") << entry.path();
      ++files;
    }
    EXPECT_EQ(files, found);
    const WriterLock lock(path);  // the dead child's is free; its half-written series goes
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      EXPECT_EQ(entry.path().string().find(".tmp-"), std::string::npos) << entry.path();
    }
    const Series series = read_series(path);
    ASSERT_EQ(series.steps.size(), 3U);
    const auto& overall = std::get<std::vector<double>>(find_curve(series, "pll/overall")->values);
    for (std::size_t row = 0; row < 3; ++row) {
      EXPECT_EQ(overall[row], 0.5 + 0.001 * static_cast<double>(series.steps[row].step % 16));
    }
  }
}

}  // namespace
}  // namespace onset
