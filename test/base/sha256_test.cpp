#include "onset/base/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "onset/base/file.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

std::string hash_of(std::string_view text) { return sha256_hex(text); }

// The examples of FIPS 180-2, appendix B, and the hash of nothing.
TEST(Sha256, EqualsTheStandardsExamples) {
  EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, AContentHashIsItsFirstEightBytes) { EXPECT_EQ(content_hash("abc"), 0xba7816bf8f01cfeaU); }

TEST(Sha256, DoesNotDependOnHowTheBytesArePresented) {
  const std::string million(1'000'000, 'a');
  Sha256 hash;
  for (std::size_t at = 0, piece = 1; at < million.size(); at += piece, piece = piece * 2 + 1)
    hash.update(std::string_view(million).substr(at, piece));
  EXPECT_EQ(hash.hex(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  const TemporaryFolder folder;
  const std::string bytes = std::string(8'000'000, 'a') + std::string(700'000, 'b');  // three pieces
  write_file_atomically(folder / "file", bytes);
  EXPECT_EQ(Sha256().update(MappedFile(folder / "file")).hex(), hash_of(bytes));
}

}  // namespace
}  // namespace onset
