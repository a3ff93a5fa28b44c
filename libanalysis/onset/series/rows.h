// Working state on disk: one immutable file a (checkpoint, group), a row. What is once written is never
// computed again, whatever interrupts the run. A row is found by content (the weights' hash and the frame's),
// never by step or name, so that the same checkpoint under another name is found too, and shards may share a
// folder: same key, same content.
//
// A row file is a line naming the format, the measurement as CBOR (RFC 8949) with each array as one
// little-endian byte string, and the SHA-256 of all that. CBOR because it is a standard that any language
// reads in two lines; the digest because a row that came through a crash or a copy must be whole before
// anything in it, sizes included, is believed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "onset/base/progress.h"
#include "onset/series/table.h"

namespace onset {

struct RowKey {
  std::string group;              ///< Frame::group
  std::string checkpoint_sha256;  ///< of the weight file's bytes, 64 hexadecimal digits
  std::string options_key;        ///< options_key(frame)
};

/// SHA-256 of all that makes a frame: group, axes with their labels, attributes, constants (not their
/// descriptions).
std::string options_key(const Frame& frame);

/// A folder of rows, `<series>.h5.rows/`. Any number of processes may use one at once; a RowStore is used by
/// one thread.
class RowStore {
 public:
  /// Removes temporaries of processes that are dead. The folder is made with the first row. `warn` hears of
  /// damaged rows. Throws Error(io) where the path is no folder and cannot become one.
  explicit RowStore(std::filesystem::path folder, Warn warn = {});

  /// Whether the row is there and whole: reads it and verifies its digest.
  bool has(const RowKey& key) const;
  /// The row, or nothing. A damaged one counts as absent: it is renamed to `….damaged` and warned of. Throws
  /// Error(io).
  std::optional<Measurement> read(const RowKey& key) const;
  /// Keeps the row; it is on the device when this returns. Throws Error(io), and then there is no row.
  void write(const RowKey& key, const Measurement& measurement) const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
  Warn warn_;
};

}  // namespace onset
