// One assembler a series file. Rows need no lock, but two processes that each assemble `series.h5` from what
// they see would undo one another.
#pragma once

#include <filesystem>

namespace onset {

/// Held for the object's life: an open-file-description lock on `<series>.lock`, which the system releases
/// however the process ends. The file names the holder's host and process. Whoever holds it is the only
/// writer of the series, so temporaries of it that a killed writer left are removed.
class SeriesLock {
 public:
  /// Throws Error: try_again naming the holder when another holds it; io when the file cannot be made or the
  /// file system has no locks (never unlocked in silence).
  explicit SeriesLock(const std::filesystem::path& series);
  ~SeriesLock();
  SeriesLock(const SeriesLock&) = delete;
  SeriesLock& operator=(const SeriesLock&) = delete;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace onset
