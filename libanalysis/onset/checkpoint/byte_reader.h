// Little-endian numbers out of bytes, never beyond their end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "onset/base/error.h"

namespace onset {

/// Reads forward through `bytes`. Throws Error(bad_data) at the byte where something is cut short.
class ByteReader {
 public:
  ByteReader(std::string_view bytes, std::string file) : bytes_(bytes), file_(std::move(file)) {}

  std::uint64_t position() const { return at_; }
  std::uint64_t left() const { return bytes_.size() - at_; }

  /// `count` bytes; `what` names them should they not be there.
  std::string_view take(std::uint64_t count, std::string_view what) {
    if (count > left()) {
      throw error_at_byte(ErrorKind::bad_data, file_, at_,
                          std::string(what) + ": expected " + std::to_string(count) + " bytes, found " +
                              std::to_string(left()));
    }
    const std::string_view out = bytes_.substr(at_, count);
    at_ += count;
    return out;
  }

  /// An unsigned number of `width` bytes.
  std::uint64_t number(unsigned width, std::string_view what) {
    std::uint64_t value = 0;
    unsigned shift = 0;
    for (const char c : take(width, what)) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(c)) << shift;
      shift += 8;
    }
    return value;
  }

  /// Moves to an offset of the bytes; `what` names who points there.
  void seek(std::uint64_t offset, std::string_view what) {
    if (offset > bytes_.size()) {
      throw error_in(ErrorKind::bad_data, file_,
                     std::string(what) + ": points to byte " + std::to_string(offset) + " of " +
                         std::to_string(bytes_.size()));
    }
    at_ = offset;
  }

 private:
  std::string_view bytes_;
  std::string file_;
  std::uint64_t at_ = 0;
};

}  // namespace onset
