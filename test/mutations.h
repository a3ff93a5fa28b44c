// Thousands of spoilt versions of a valid file, the same on every machine, and the promise that a reader
// keeps on each of them: it reads it or refuses it with one line of a listed kind.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "onset/base/error.h"

namespace onset {

/// Spoils bytes: flips, insertions, deletions, truncations, splices, numbers at the limits, words of the
/// format. Only integers of the generator are used, so the sequence is the standard's.
class Mutator {
 public:
  /// `words`: what means something in the format and is worth inserting. Always the same changes, unless the
  /// tests are run with --gtest_shuffle --gtest_random_seed=N (1 to 99999).
  explicit Mutator(std::vector<std::string> words)
      : random_(static_cast<std::uint64_t>(testing::UnitTest::GetInstance()->random_seed())),
        words_(std::move(words)) {}

  /// `bytes` after one to four changes.
  std::string operator()(std::string bytes) {
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(bytes);
    return bytes;
  }

  std::size_t below(std::size_t end) { return end == 0 ? 0 : random_() % end; }

 private:
  void change(std::string& bytes) {
    const std::size_t at = below(bytes.size() + 1);
    switch (below(8)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1U << below(8)));
        return;
      case 1:
        if (at < bytes.size()) bytes[at] = static_cast<char>(random_());
        return;
      case 2:
        bytes.resize(at);
        return;
      case 3:
        bytes.erase(at, 1 + below(16));
        return;
      case 4:
        for (std::size_t more = 1 + below(4); more > 0; --more)
          bytes.insert(at, 1, static_cast<char>(random_()));
        return;
      case 5:
        bytes.insert(at, std::string(bytes, below(bytes.size() + 1), 1 + below(64)));
        return;
      case 6:
        put_number(bytes, at);
        return;
      default:
        if (!words_.empty()) bytes.insert(at, words_[below(words_.size())]);
    }
  }

  /// A number at the limits over 1, 2, 4 or 8 bytes, little-endian.
  void put_number(std::string& bytes, std::size_t at) {
    constexpr std::array<std::uint64_t, 8> limits = {
        0, 1, 0x7f, 0xffff, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, 0xffffffffffffffff};
    const std::uint64_t value = limits[below(limits.size())];
    const std::size_t width = 1ULL << below(4);
    for (std::size_t i = 0; i < width && at + i < bytes.size(); ++i) {
      bytes[at + i] = static_cast<char>(value >> (8 * i));
    }
  }

  std::mt19937_64 random_;
  std::vector<std::string> words_;
};

/// A file in memory: on a disk, thousands of new files take a minute.
class MemoryFile {
 public:
  MemoryFile() : handle_(::memfd_create("onset-test", MFD_CLOEXEC)) {
    if (handle_ < 0) throw std::runtime_error("memfd_create failed");
  }
  ~MemoryFile() { ::close(handle_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(handle_); }
  void put(std::string_view bytes) const {
    if (::ftruncate(handle_, 0) != 0 ||
        ::pwrite(handle_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
      throw std::runtime_error("writing in memory failed");
    }
  }

 private:
  int handle_;
};

/// Bytes for a message.
inline std::string in_hexadecimal(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes.substr(0, 2000)) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += digits[static_cast<unsigned char>(byte) / 16];
    out += digits[static_cast<unsigned char>(byte) % 16];
  }
  return out;
}

/// What is refused must be an Error of one of `kinds` whose line begins with `place` and holds no control
/// characters; nothing else may be thrown.
inline bool reads_or_refuses(const std::string& bytes, const std::vector<ErrorKind>& kinds,
                             const std::string& place, const std::function<void()>& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_TRUE(std::ranges::count(kinds, error.kind())) << static_cast<int>(error.kind()) << message;
    EXPECT_TRUE(message.starts_with(place)) << message;
    const bool plain = std::ranges::none_of(
        message, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    EXPECT_TRUE(plain) << message;
    if (testing::Test::HasFailure()) ADD_FAILURE() << "bytes " << in_hexadecimal(bytes);
  } catch (const std::exception& other) {
    ADD_FAILURE() << other.what() << "\nbytes " << in_hexadecimal(bytes);
  }
  return false;
}

/// `count` mutations, made by `make`, through `read`; stops at the first fault. Both outcomes must occur, or
/// the mutations would test little.
inline void survive(int count, const std::vector<ErrorKind>& kinds, const std::string& place,
                    const std::function<std::string()>& make,
                    const std::function<void(const std::string&)>& read) {
  int good = 0;
  for (int i = 0; i < count && !testing::Test::HasFailure(); ++i) {
    const std::string bytes = make();
    good += reads_or_refuses(bytes, kinds, place, [&] { read(bytes); }) ? 1 : 0;
  }
  if (testing::Test::HasFailure()) return;
  EXPECT_GT(good, count / 1000);
  EXPECT_LT(good, count - count / 10);
}

}  // namespace onset
