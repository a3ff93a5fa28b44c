// One writer of a file or folder at a time: two processes that each assemble `series.h5` from what they see
// would undo one another, and so would two trainers in one run.
#pragma once

#include <filesystem>

namespace onset {

/// Held for the object's life: an open-file-description lock on `<path>.lock`, which the system releases
/// however the process ends. The file names the holder's host and process. Whoever holds it is the only
/// writer of `path`, so temporaries of it (`<path>.tmp-*`) that a killed writer left are removed.
class WriterLock {
 public:
  /// Throws Error: try_again naming the holder when another holds it; io when the file cannot be made or the
  /// file system has no locks (never unlocked in silence).
  explicit WriterLock(const std::filesystem::path& path);
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace onset
