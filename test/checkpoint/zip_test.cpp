#include "onset/checkpoint/zip.h"

#include <gtest/gtest.h>

#include "test/checkpoint/expect_error.h"
#include "test/checkpoint/folders.h"
#include "test/checkpoint/zip_builder.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

// With one entry "x/a" of data "hello" the archive is
//   0 local header (30) + name (3), 33 data (5), 38 central entry (46 + 3), 87 end record (22), 109 in all
const std::vector<ZipFile> one = {{"x/a", "hello"}};
const std::vector<ZipFile> two = {{"x/a", "hello"}, {"x/b", "world!"}};

class Zip : public ::testing::Test {
 protected:
  ZipArchive open(const std::string& bytes) {
    write_text(path(), bytes);
    return ZipArchive(path());
  }
  std::string text(const ZipArchive& archive, const std::string& name) {
    const auto bytes = archive.bytes(name);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  void expect_refused(const std::string& bytes, const std::string& fragment) {
    expect_error(ErrorKind::bad_data, path().string() + fragment, [&] { open(bytes); });
  }
  /// The archive of `one` with bytes from `place` on replaced.
  void expect_refused_at(std::size_t place, const std::string& by, const std::string& fragment) {
    expect_refused(overwritten(zip_of(one), place, by), fragment);
  }
  std::filesystem::path path() const { return folder_ / "f.zip"; }

  TemporaryFolder folder_;
};

TEST_F(Zip, ReadsStoredEntries) {
  for (const bool with64 : {false, true}) {
    for (const std::uint64_t flags : {0x800U, 0x808U}) {
      const ZipArchive archive = open(zip_of({{"x/a", "hello", flags}, {"x/b", "", flags}}, with64));
      ASSERT_EQ(archive.entries().size(), 2U);
      EXPECT_EQ(text(archive, "x/a"), "hello");
      EXPECT_EQ(text(archive, "x/b"), "");
      EXPECT_NO_THROW(archive.check_crc("x/a"));
      EXPECT_NO_THROW(archive.check_crc("x/b"));
      expect_error(ErrorKind::bad_data, "no entry x/c among its 2", [&] { archive.bytes("x/c"); });
    }
  }
  EXPECT_TRUE(open(zip_of({})).entries().empty());
}

TEST_F(Zip, ReadsAnArchiveWithAComment) {
  std::string bytes = zip_of(one);
  bytes = overwritten(bytes, bytes.size() - 2, little(5, 2));
  EXPECT_EQ(text(open(bytes + "notes"), "x/a"), "hello");
}

TEST_F(Zip, SizesAndOffsetsInThe64BitExtraField) {
  // 32-bit fields say 0xffffffff; the extra field holds size, stored size and offset of the local header
  const std::string extra =
      ByteWriter().number(1, 2).number(24, 2).number(5, 8).number(5, 8).number(0, 8).bytes();
  std::string bytes = zip_of(one);
  bytes = overwritten(bytes, 38 + 20, std::string(8, '\xff'));
  bytes = overwritten(bytes, 38 + 30, little(extra.size(), 2));
  bytes = overwritten(bytes, 38 + 42, std::string(4, '\xff'));
  bytes.insert(87, extra);
  bytes = overwritten(bytes, 87 + extra.size() + 12, little(49 + extra.size(), 4));
  EXPECT_EQ(text(open(bytes), "x/a"), "hello");
  const std::string cut = overwritten(bytes, 87 + 2, little(16, 2));
  expect_refused(cut, ":@38: zip archive: ");
}

TEST_F(Zip, CutShortOrWithoutDirectory) {
  const std::string whole = zip_of(two);
  expect_refused(whole.substr(0, whole.size() - 1),
                 std::string(":@").append(std::to_string(whole.size() - 1)) + ": zip archive: no end record");
  expect_refused(whole.substr(0, 20), ":@20: zip archive: no end record");
  expect_refused("", ":@0: zip archive: no end record");
  expect_refused(std::string(70'000, 'x'), ":@70000: zip archive: no end record");
  expect_refused(whole + "x", ":@198: zip archive: no end record");
  // the first half is missing: the directory is not where it should be
  expect_refused(whole.substr(20), ":@155: zip archive: central directory: expected 98 bytes from byte 77");
}

TEST_F(Zip, EndRecordsThatLie) {
  // end record at 87: entries at +8 and +10, size at +12, offset at +16
  expect_refused_at(87 + 4, little(1, 2), ":@87: zip archive: spans several disks");
  expect_refused_at(87 + 8, little(2, 2), ":@87: zip archive: spans several disks");
  expect_refused_at(87 + 8, little(0x00020002, 4),
                    ":@87: zip archive: central directory: 2 entries do not fit in 49 bytes");
  expect_refused_at(87 + 8, little(0, 4),
                    ":@38: zip archive: central directory: expected its end here, found 49 more");
  expect_refused_at(87 + 12, little(48, 4),
                    ":@87: zip archive: central directory: expected 48 bytes from byte 38");
  expect_refused_at(87 + 16, little(39, 4),
                    ":@87: zip archive: central directory: expected 49 bytes from byte 39");
  expect_refused_at(87 + 16, little(0xffffffff, 4), ":@87: zip archive: central directory");
  expect_refused_at(38, "PX", ":@38: zip archive: no central directory entry here");
}

TEST_F(Zip, EndRecordsOf64BitsThatLie) {
  // 64-bit end record at 87 (56 bytes), locator at 143 (20 bytes), end record at 163
  const auto spoilt = [](std::size_t place, const std::string& by) {
    return overwritten(zip_of(one, true), place, by);
  };
  expect_refused(spoilt(143 + 8, little(150, 8)),
                 ":@143: zip archive: 64-bit end record: points to byte 150");
  expect_refused(spoilt(143 + 8, little(~0ULL, 8)), ":@143: zip archive: 64-bit end record: points to byte");
  expect_refused(spoilt(143 + 8, little(86, 8)), ":@86: zip archive: no 64-bit end record here");
  expect_refused(spoilt(87 + 4, little(45, 8)),
                 ":@87: zip archive: 64-bit end record: expected 44 more bytes, found 45");
  expect_refused(spoilt(87 + 32, little(1ULL << 60U, 8)), ":@87: zip archive: spans several disks");
  expect_refused(spoilt(87 + 40, little(~0ULL, 8)),
                 ":@163: zip archive: central directory: expected 18446744073709551615 bytes");
  expect_refused(spoilt(87 + 48, little(~0ULL, 8)),
                 ":@163: zip archive: central directory: expected 49 bytes from byte 18446744073709551615");
}

TEST_F(Zip, EntriesThatAreNotPlain) {
  // central entry at 38: flags +8, method +10, stored +20, size +24, extra +30, disk +34, local header +42
  expect_refused_at(38 + 8, little(0x801, 2), ":@38: zip archive: entry x/a: encrypted");
  expect_refused_at(38 + 10, little(8, 2), ":@38: zip archive: entry x/a: compressed (method 8)");
  expect_refused_at(38 + 20, little(4, 4), ":@38: zip archive: entry x/a: stored in 4 bytes, but holds 5");
  expect_refused_at(38 + 34, little(1, 2), ":@38: zip archive: entry x/a: on another disk");
  expect_refused_at(38 + 28, little(60000, 2), ":@84: central directory entry: expected 60000 bytes");
  expect_refused_at(38 + 30, little(1, 2), ":@38: zip archive: ");
}

TEST_F(Zip, BombsThatShareBytes) {
  std::string bytes = zip_of({{"x/a", "PK"}, {"x/b", "hello"}});
  // the first entry's data stretched over the second's header: local size at 18 and 22, central entry at 73
  for (const std::size_t place : {18, 22, 73 + 20, 73 + 24}) bytes = overwritten(bytes, place, little(20, 4));
  expect_refused(bytes, ":@35: zip archive: entry x/b overlaps entry x/a");
}

TEST_F(Zip, SizesBeyondTheFile) {
  std::string bytes = zip_of(one);
  for (const std::size_t place : {18, 22, 38 + 20, 38 + 24}) bytes = overwritten(bytes, place, little(6, 4));
  expect_refused(bytes,
                 ":@38: zip archive: entry x/a: 6 bytes from byte 33 reach into the central directory");
}

TEST_F(Zip, HeadersThatDisagree) {
  expect_refused_at(38 + 42, little(38, 4), ":@38: zip archive: entry x/a: local header at byte 38");
  expect_refused_at(38 + 42, little(1, 4), ":@1: zip archive: no local header here");
  expect_refused_at(0, "PX", ":@0: zip archive: no local header here");
  expect_refused_at(6, little(0x808, 2),
                    ":@0: zip archive: entry x/a: flags is 2056 in the local header, 2048");
  expect_refused_at(8, little(8, 2),
                    ":@0: zip archive: entry x/a: the method is 8 in the local header, 0 in the central");
  expect_refused_at(14, little(0, 4), ":@0: zip archive: entry x/a: the CRC is 0 in the local header");
  expect_refused_at(18, little(4, 4),
                    ":@0: zip archive: entry x/a: the stored size is 4 in the local header, 5");
  expect_refused_at(22, little(4, 4), ":@0: zip archive: entry x/a: the size is 4 in the local header, 5");
  expect_refused_at(30, "y",
                    ":@0: zip archive: entry x/a: the name is y/a in the local header, x/a in the central");
  expect_refused_at(26, little(60000, 2), ":@30: local header: expected 60000 bytes");
  // with a data descriptor, at 38: its CRC
  const std::string described = zip_of({{"x/a", "hello", 0x808}});
  expect_refused(overwritten(described, 38, "PX"), ":@38: zip archive: no data descriptor here");
  expect_refused(overwritten(described, 42, "!"), ":@38: zip archive: entry x/a: the CRC is ");
}

TEST_F(Zip, NamesThatLeaveTheArchive) {
  for (const std::string& name :
       {std::string("../a"), std::string("x/../../a"), std::string("/etc/passwd"), std::string(".."),
        std::string("x/.."), std::string("x\\a"), std::string("x\0a", 3), std::string()}) {
    // 30 bytes of local header, the name, 5 of data, then the entry of the directory
    expect_refused(zip_of({{name, "hello"}}),
                   std::string(":@").append(std::to_string(35 + name.size())) + ": zip archive: entry name ");
  }
  EXPECT_NO_THROW(open(zip_of({{"x/..a", "hello"}})));
}

TEST_F(Zip, OneNameTwice) {
  expect_refused(zip_of({{"x/a", "hello"}, {"x/a", "world"}}),
                 ":@125: zip archive: entry x/a is in the archive twice");
}

TEST_F(Zip, DamagedBytesFailTheirCrc) {
  const ZipArchive archive = open(overwritten(zip_of(one), 33, "j"));
  // by Python: zlib.crc32(b"hello") = 907060870, zlib.crc32(b"jello") = 1288762854
  expect_error(ErrorKind::bad_data,
               ":@33: zip archive: entry x/a: expected CRC-32 907060870, found 1288762854",
               [&] { archive.check_crc("x/a"); });
}

}  // namespace
}  // namespace onset
