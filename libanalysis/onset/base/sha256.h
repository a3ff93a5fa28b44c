// SHA-256 (FIPS 180-4) of bytes: the identity of weight files, data and items. OpenSSL does the work.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace onset {

class MappedFile;

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  Sha256& update(std::string_view bytes);
  Sha256& update(std::span<const std::byte> bytes);
  /// All bytes of the file, of which no more than 4 MiB stay in memory.
  Sha256& update(const MappedFile& file);
  /// Ends the computation; the object must not be used afterwards.
  std::array<std::uint8_t, 32> digest();
  /// The digest as 64 lower-case hexadecimal digits.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);
/// The first eight bytes of the digest, big-endian: the content hash of a sentence or a pair.
std::uint64_t content_hash(std::string_view bytes);

}  // namespace onset
