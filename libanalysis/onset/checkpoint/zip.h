// The part of the zip format that torch.save writes: entries stored as they are, with or without the 64-bit
// extension. No compression, no encryption, one disk. The central directory is read; local headers must agree
// with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "onset/base/file.h"

namespace onset {

/// One stored file of an archive.
struct ZipEntry {
  std::uint64_t header = 0;  ///< offset of its local header
  std::uint64_t begin = 0;   ///< offset of its first byte in the archive
  std::uint64_t size = 0;    ///< bytes
  std::uint32_t crc = 0;     ///< CRC-32 its bytes should have
};

/// A mapped archive. Every offset and size has been checked against the file; entries do not overlap; no name
/// occurs twice, is absolute or climbs (`..`).
class ZipArchive {
 public:
  /// Throws Error: missing_input, io, bad_data (with byte offset).
  explicit ZipArchive(const std::filesystem::path& path);

  const std::map<std::string, ZipEntry>& entries() const { return entries_; }
  /// The entry's bytes. Throws Error(bad_data) if there is no such entry.
  std::span<const std::byte> bytes(const std::string& name) const;
  /// Throws Error(bad_data) unless the bytes have the CRC-32 stated for them.
  void check_crc(const std::string& name) const;
  const std::shared_ptr<const MappedFile>& file() const { return file_; }

 private:
  std::shared_ptr<const MappedFile> file_;
  std::map<std::string, ZipEntry> entries_;
};

}  // namespace onset
