// Files: mapped whole for reading, replaced whole when written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace onset {

/// A file's bytes, mapped read-only for the object's life. Throws Error: missing_input when absent, io
/// otherwise.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }
  std::string_view text() const { return {static_cast<const char*>(data_), size_}; }
  const std::filesystem::path& path() const { return path_; }
  /// Whether the file at this path is still the one that was mapped, unchanged (size, modification time,
  /// inode).
  bool unchanged() const;
  /// Gives the pages read so far back to the system, so that they do not count as this process's memory; what
  /// is read again comes from the system's cache.
  void release_pages() const;

 private:
  std::filesystem::path path_;
  void* data_ = nullptr;
  std::size_t size_ = 0;
  std::int64_t modified_ns_ = 0;
  std::uint64_t inode_ = 0;
};

/// The whole file as a string. Throws Error as MappedFile does.
std::string read_file(const std::filesystem::path& path);

/// What the two functions below replace: `path`, or where a link of this name leads, so that the link stays.
/// Throws Error(io) for a folder, device or pipe.
std::filesystem::path file_to_replace(const std::filesystem::path& path);

/// Replaces `path` by a file with these bytes so that at any instant, power loss included, either the old or
/// the new file is there whole: written to `path.tmp-<pid>`, fsynced, renamed, folder fsynced. Throws
/// Error(io); then the old file stands.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// The same for a file that `fill` writes itself (HDF5): fill is given the temporary path.
void replace_file_atomically(const std::filesystem::path& path,
                             const std::function<void(const std::filesystem::path& temporary)>& fill);

/// Flushes a file or folder to the device. Throws Error(io).
void sync_path(const std::filesystem::path& path);

}  // namespace onset
