// Builds zip archives byte by byte, for the tests of their reader to spoil.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace onset {

/// Bytes put one after another.
class ByteWriter {
 public:
  /// `value` in `width` bytes, little-endian.
  ByteWriter& number(std::uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) bytes_.push_back(static_cast<char>(value >> (8U * i)));
    return *this;
  }
  ByteWriter& text(std::string_view value) {
    bytes_.append(value);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }
  std::uint64_t size() const { return bytes_.size(); }

 private:
  std::string bytes_;
};

inline std::string little(std::uint64_t value, unsigned width) {
  return ByteWriter().number(value, width).bytes();
}

inline std::uint32_t crc_of(const std::string& data) {
  return static_cast<std::uint32_t>(
      ::crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
}

/// One stored file.
struct ZipFile {
  std::string name;
  std::string data;
  std::uint64_t flags = 0x800;
};

/// An archive as torch.save lays it out: flag bit 3 gives data descriptors, `with64` the 64-bit end records.
inline std::string zip_of(const std::vector<ZipFile>& files, bool with64 = false) {
  ByteWriter out;
  ByteWriter central;
  for (const ZipFile& file : files) {
    const bool described = (file.flags & 8U) != 0;
    const std::uint64_t header = out.size();
    const std::uint64_t crc = crc_of(file.data);
    const std::uint64_t size = file.data.size();
    const auto fields = [&](ByteWriter& to, bool known) {
      to.number(0, 2).number(file.flags, 2).number(0, 2).number(0, 4).number(known ? crc : 0, 4);
      to.number(known ? size : 0, 4).number(known ? size : 0, 4).number(file.name.size(), 2).number(0, 2);
    };
    fields(out.number(0x04034b50, 4), !described);
    out.text(file.name).text(file.data);
    if (described) out.number(0x08074b50, 4).number(crc, 4).number(size, 4).number(size, 4);
    fields(central.number(0x02014b50, 4).number(0, 2), true);
    central.number(0, 2).number(0, 2).number(0, 6).number(header, 4).text(file.name);
  }
  const std::uint64_t begin = out.size();
  const std::uint64_t count = files.size();
  out.text(central.bytes());
  if (with64) {
    const std::uint64_t end64 = out.size();
    out.number(0x06064b50, 4).number(44, 8).number(0, 4).number(0, 4).number(0, 4);
    out.number(count, 8).number(count, 8).number(central.size(), 8).number(begin, 8);
    out.number(0x07064b50, 4).number(0, 4).number(end64, 8).number(1, 4);
  }
  out.number(0x06054b50, 4).number(0, 2).number(0, 2).number(count, 2).number(count, 2);
  return out.number(central.size(), 4).number(begin, 4).number(0, 2).bytes();
}

}  // namespace onset
