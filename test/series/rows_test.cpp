#include "onset/series/rows.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "onset/base/file.h"
#include "onset/base/sha256.h"
#include "test/series/example_series.h"
#include "test/series/expect_error.h"
#include "test/series/limited_files.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

using Path = std::filesystem::path;

RowKey example_key(const Frame& frame = uas_frame()) {
  return {frame.group, fake_sha256('a'), options_key(frame)};
}

std::vector<Path> files_in(const Path& folder) {
  std::vector<Path> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) out.push_back(entry.path());
  return out;
}

/// A process number no process has.
pid_t dead_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

TEST(Rows, ARowComesBackBitForBit) {
  const TemporaryFolder folder;
  const RowStore rows(folder / "series.h5.rows");
  EXPECT_FALSE(rows.has(example_key()));
  EXPECT_FALSE(rows.read(example_key()).has_value());
  Measurement measurement = pll_measurement(3);  // float32 with a NaN, float64, a scalar
  measurement.variables.push_back(
      {"duplicates", {"layer"}, std::vector<std::int64_t>{-1, 7}, "points", "of equal vectors"});
  measurement.variables.push_back({"none", {"relation"}, std::vector<double>{}, "", ""});
  rows.write(example_key(), measurement);
  EXPECT_TRUE(rows.has(example_key()));
  EXPECT_EQ(rows.read(example_key()), measurement);
  EXPECT_EQ(RowStore(rows.folder()).read(example_key()), measurement);
}

TEST(Rows, AGroupMayLieInAnother) {
  const TemporaryFolder folder;
  const RowStore rows(folder / "rows");
  Frame frame = uas_frame();
  frame.group = "glue/cola";
  rows.write(example_key(frame), uas_measurement(1));
  EXPECT_EQ(rows.read(example_key(frame)), uas_measurement(1));
  EXPECT_TRUE(files_in(rows.folder()).at(0).filename().string().starts_with("glue+cola-"));
}

TEST(Rows, TheKeyIsContentAndKnowsNoStep) {
  const TemporaryFolder folder;
  const RowStore rows(folder / "rows");
  rows.write(example_key(), uas_measurement(1));
  RowKey other = example_key();
  other.checkpoint_sha256 = fake_sha256('b');
  EXPECT_FALSE(rows.has(other));
  other = example_key();
  other.group = "pll";
  EXPECT_FALSE(rows.has(other));
  other = example_key();
  other.options_key = fake_sha256('b');
  EXPECT_FALSE(rows.has(other));
}

TEST(Rows, WhateverChangesANumberChangesTheKey) {
  const std::string key = options_key(uas_frame());
  EXPECT_EQ(key, options_key(uas_frame()));
  EXPECT_EQ(key.size(), 64U);
  Frame frame = uas_frame();
  frame.attributes["max_tokens"] = std::int64_t{64};
  EXPECT_NE(options_key(frame), key);
  frame = uas_frame();
  frame.attributes["max_tokens"] = 128.0;
  EXPECT_NE(options_key(frame), key);
  frame = uas_frame();
  std::get<std::vector<std::string>>(frame.axes[3].labels)[1] = "iobj";
  EXPECT_NE(options_key(frame), key);
  frame = uas_frame();
  std::get<std::vector<std::int64_t>>(frame.constants[0].values)[1] = 21;
  EXPECT_NE(options_key(frame), key);
  frame = uas_frame();
  frame.constants[0].description = "reworded";
  EXPECT_EQ(options_key(frame), key);
}

TEST(Rows, AKeyMustBeSafeAsAFileName) {
  const TemporaryFolder folder;
  const RowStore rows(folder / "rows");
  for (const std::string group : {"", "../uas", "UAS", "a b", "a+b", "/a", "a/", "a/b/c"}) {
    RowKey key = example_key();
    key.group = group;
    expect_error(ErrorKind::bug,
                 "row key: expected a group of lower-case letters, digits and _ and two SHA-256",
                 [&] { rows.has(key); });
  }
}

TEST(Rows, ADamagedRowIsSetAsideAndCountsAsAbsent) {
  const TemporaryFolder folder;
  std::vector<std::string> warnings;
  const RowStore rows(folder / "rows", [&](const std::string& line) { warnings.push_back(line); });
  rows.write(example_key(), uas_measurement(1));
  const Path path = files_in(rows.folder()).at(0);
  const std::string whole = read_file(path);

  std::size_t damages = 0;
  const auto expect_damaged = [&](const std::string& bytes, const std::string& why) {
    std::ofstream(path, std::ios::binary) << bytes;
    EXPECT_FALSE(rows.has(example_key())) << why;
    ASSERT_EQ(warnings.size(), ++damages);
    EXPECT_EQ(warnings.back(),
              path.string() + ": damaged row (" + why + "), set aside; it will be computed again");
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_EQ(read_file(path.string() + ".damaged"), bytes);
  };
  const auto sealed = [](const std::string& body) {
    const auto digest = Sha256().update(body).digest();
    return body + std::string(digest.begin(), digest.end());
  };
  expect_damaged("", "too short");
  for (std::size_t size = 100; size < whole.size(); size += 97)
    expect_damaged(whole.substr(0, size), "digest does not match");
  for (std::size_t at = 0; at < whole.size(); at += 89) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    expect_damaged(flipped, "digest does not match");
  }
  expect_damaged(sealed("onset-row 2\n" + std::string(64, 'x')), "unknown format");

  rows.write(example_key(), uas_measurement(1));
  EXPECT_EQ(read_file(path), whole);
  EXPECT_EQ(rows.read(example_key()), uas_measurement(1));
}

TEST(Rows, ARowUnderAnothersNameIsNotBelieved) {
  const TemporaryFolder folder;
  int warnings = 0;
  const RowStore rows(folder / "rows", [&](const std::string& line) {
    ++warnings;
    EXPECT_NE(line.find("(holds another key)"), std::string::npos) << line;
  });
  rows.write(example_key(), uas_measurement(1));
  const Path path = files_in(rows.folder()).at(0);
  RowKey other = example_key();
  other.checkpoint_sha256 = fake_sha256('c');
  std::string name = path.filename().string();
  name.replace(name.find("aaaa"), 32, std::string(32, 'c'));
  std::filesystem::copy_file(path, rows.folder() / name);
  EXPECT_FALSE(rows.has(other));
  EXPECT_TRUE(rows.has(example_key()));
  EXPECT_EQ(warnings, 1);
}

TEST(Rows, TemporariesOfDeadProcessesAreRemoved) {
  const TemporaryFolder folder;
  const Path rows = folder / "rows";
  std::filesystem::create_directory(rows);
  const Path dead = rows / ("uas-x.row.tmp-" + std::to_string(dead_process()));
  const Path alive = rows / ("uas-x.row.tmp-" + std::to_string(::getppid()));
  const Path other = rows / "notes.tmp-old";
  for (const Path& path : {dead, alive, other}) std::ofstream(path) << "half";
  const RowStore store(rows);
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_TRUE(std::filesystem::exists(alive));
  EXPECT_TRUE(std::filesystem::exists(other));
}

TEST(Rows, AFailedWriteLeavesNothing) {
  const TemporaryFolder folder;
  const RowStore rows(folder / "rows");
  {
    const LimitedFiles limit(1000);
    try {
      rows.write(example_key(), uas_measurement(1));
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::io);
      EXPECT_NE(std::string(error.what()).find("cannot write: File too large"), std::string::npos)
          << error.what();
    }
  }
  EXPECT_TRUE(files_in(rows.folder()).empty());
  rows.write(example_key(), uas_measurement(1));
  EXPECT_TRUE(rows.has(example_key()));
}

TEST(Rows, TheFolderComesWithTheFirstRow) {
  const TemporaryFolder folder;
  const RowStore rows(folder / "rows");
  EXPECT_FALSE(rows.has(example_key()));
  EXPECT_FALSE(std::filesystem::exists(rows.folder()));
  rows.write(example_key(), uas_measurement(1));
  EXPECT_TRUE(rows.has(example_key()));
}

TEST(Rows, AFolderThatCannotBeMadeIsNamed) {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  const std::string inside = (folder / "file").string() + "/rows";
  expect_error(ErrorKind::io, inside + ": cannot create the folder: Not a directory",
               [&] { RowStore{inside}; });
}

}  // namespace
}  // namespace onset
