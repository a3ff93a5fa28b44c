#include "onset/checkpoint/zip.h"

#include <zlib.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "onset/base/error.h"
#include "onset/checkpoint/byte_reader.h"
#include "onset/checkpoint/printable.h"

namespace onset {
namespace {

// The records and their fields are those of APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16.
constexpr std::uint64_t local_magic = 0x04034b50;
constexpr std::uint64_t descriptor_magic = 0x08074b50;
constexpr std::uint64_t central_magic = 0x02014b50;
constexpr std::uint64_t end_magic = 0x06054b50;
constexpr std::uint64_t end64_magic = 0x06064b50;
constexpr std::uint64_t locator64_magic = 0x07064b50;
constexpr std::uint64_t end_size = 22;
constexpr std::uint64_t locator64_size = 20;
constexpr std::uint64_t central_size = 46;
constexpr std::uint64_t no32 = 0xffffffff;  ///< stands for "see the 64-bit extension"
constexpr std::uint64_t encrypted_flag = 1;
constexpr std::uint64_t descriptor_flag =
    8;  ///< size and CRC follow the data instead of standing in the local header

struct Directory {
  std::uint64_t entries = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct Central {
  std::string name;
  std::uint64_t place = 0;  ///< of this record
  std::uint64_t flags = 0;
  std::uint64_t method = 0;
  std::uint64_t crc = 0;
  std::uint64_t stored = 0;  ///< bytes in the archive
  std::uint64_t size = 0;    ///< bytes when unpacked
  std::uint64_t header = 0;  ///< offset of the local header
};

/// Reads an archive's directory. Errors are at the record they are about.
class Parser {
 public:
  Parser(std::string_view bytes, std::string file)
      : bytes_(bytes), file_(std::move(file)), reader_(bytes, file_) {}

  std::map<std::string, ZipEntry> read() {
    const Directory directory = find_directory();
    std::vector<Central> records = read_directory(directory);
    std::map<std::string, ZipEntry> entries;
    for (const Central& record : records) {
      const auto [known, fresh] = entries.emplace(record.name, ZipEntry{});
      if (!fresh) throw fault(record.place, "entry " + printable(record.name) + " is in the archive twice");
      known->second = read_local(record, directory.begin);
    }
    require_apart(entries);
    return entries;
  }

 private:
  Error fault(std::uint64_t place, const std::string& what) const {
    return error_at_byte(ErrorKind::bad_data, file_, place, "zip archive: " + what);
  }

  void expect_magic(std::uint64_t place, std::uint64_t magic, std::string_view what) {
    reader_.seek(place, what);
    if (reader_.number(4, what) != magic) throw fault(place, "no " + std::string(what) + " here");
  }

  /// Offset of the end record: the last one whose comment reaches to the end of the file.
  std::uint64_t find_end() {
    constexpr std::uint64_t longest_comment = 0xffff;
    if (bytes_.size() >= end_size) {
      const std::uint64_t last = bytes_.size() - end_size;
      for (std::uint64_t back = 0; back <= std::min(last, longest_comment); ++back) {
        const std::uint64_t place = last - back;
        reader_.seek(place, "end record");
        if (reader_.number(4, "end record") != end_magic) continue;
        reader_.seek(place + 20, "end record");
        if (reader_.number(2, "end record") == back) return place;
      }
    }
    throw fault(bytes_.size(), "no end record: the file is cut short or not a zip archive");
  }

  Directory find_directory() {
    const std::uint64_t end = find_end();
    reader_.seek(end + 4, "end record");
    const std::uint64_t disks = reader_.number(2, "end record") | reader_.number(2, "end record");
    const std::uint64_t here = reader_.number(2, "end record");
    const std::uint64_t entries = reader_.number(2, "end record");
    const std::uint64_t size = reader_.number(4, "end record");
    const std::uint64_t begin = reader_.number(4, "end record");
    Directory directory{entries, begin, end};
    std::uint64_t length = size;
    // torch.save writes the 64-bit records always, and they are the ones that count.
    const bool has64 = end >= locator64_size && magic_at(end - locator64_size) == locator64_magic;
    if (has64) {
      std::tie(directory, length) = read_end64(end - locator64_size);
    } else if (disks != 0 || here != entries) {
      throw fault(end, "spans several disks");
    }
    if (directory.begin > directory.end || length != directory.end - directory.begin) {
      throw fault(end, "central directory: expected " + std::to_string(length) + " bytes from byte " +
                           std::to_string(directory.begin) + ", but its end record is at byte " +
                           std::to_string(directory.end));
    }
    if (directory.entries > length / central_size) {
      throw fault(end, "central directory: " + std::to_string(directory.entries) + " entries do not fit in " +
                           std::to_string(length) + " bytes");
    }
    return directory;
  }

  std::uint64_t magic_at(std::uint64_t place) {
    reader_.seek(place, "record");
    return reader_.number(4, "record");
  }

  std::pair<Directory, std::uint64_t> read_end64(std::uint64_t locator) {
    reader_.seek(locator + 8, "64-bit locator");
    const std::uint64_t place = reader_.number(8, "64-bit locator");
    if (place >= locator) throw fault(locator, "64-bit end record: points to byte " + std::to_string(place));
    expect_magic(place, end64_magic, "64-bit end record");
    const std::uint64_t rest = reader_.number(8, "64-bit end record");
    if (rest != locator - place - 12) {
      throw fault(place, "64-bit end record: expected " + std::to_string(locator - place - 12) +
                             " more bytes, found " + std::to_string(rest));
    }
    reader_.number(4, "64-bit end record");  // versions
    const std::uint64_t disks =
        reader_.number(4, "64-bit end record") | reader_.number(4, "64-bit end record");
    const std::uint64_t here = reader_.number(8, "64-bit end record");
    const std::uint64_t entries = reader_.number(8, "64-bit end record");
    const std::uint64_t size = reader_.number(8, "64-bit end record");
    const std::uint64_t begin = reader_.number(8, "64-bit end record");
    if (disks != 0 || here != entries) throw fault(place, "spans several disks");
    return {Directory{entries, begin, place}, size};
  }

  std::vector<Central> read_directory(const Directory& directory) {
    std::vector<Central> records;
    reader_.seek(directory.begin, "central directory");
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
      records.push_back(read_central());
      if (reader_.position() > directory.end) {
        throw fault(records.back().place,
                    "central directory: entry " + std::to_string(i) + " runs over its end");
      }
    }
    if (reader_.position() != directory.end) {
      throw fault(reader_.position(), "central directory: expected its end here, found " +
                                          std::to_string(directory.end - reader_.position()) + " more bytes");
    }
    return records;
  }

  Central read_central() {
    constexpr std::string_view what = "central directory entry";
    Central record;
    record.place = reader_.position();
    if (reader_.number(4, what) != central_magic)
      throw fault(record.place, "no " + std::string(what) + " here");
    reader_.number(4, what);  // versions
    record.flags = reader_.number(2, what);
    record.method = reader_.number(2, what);
    reader_.number(4, what);  // time of change
    record.crc = reader_.number(4, what);
    record.stored = reader_.number(4, what);
    record.size = reader_.number(4, what);
    const std::uint64_t name = reader_.number(2, what);
    const std::uint64_t extra = reader_.number(2, what);
    const std::uint64_t comment = reader_.number(2, what);
    const std::uint64_t disk = reader_.number(2, what);
    reader_.number(6, what);  // attributes
    record.header = reader_.number(4, what);
    record.name = std::string(reader_.take(name, what));
    read_extra64(record, reader_.take(extra, what));
    reader_.take(comment, what);

    const std::string shown = "entry " + printable(record.name);
    if (disk != 0) throw fault(record.place, shown + ": on another disk");
    if ((record.flags & encrypted_flag) != 0) throw fault(record.place, shown + ": encrypted");
    if (record.method != 0) {
      throw fault(record.place, shown + ": compressed (method " + std::to_string(record.method) +
                                    "); torch.save stores its entries as they are");
    }
    if (record.stored != record.size) {
      throw fault(record.place, shown + ": stored in " + std::to_string(record.stored) +
                                    " bytes, but holds " + std::to_string(record.size));
    }
    require_plain_name(record);
    return record;
  }

  /// Sizes and offset that do not fit in 32 bits stand in an extra field of kind 1, in this order, each only
  /// if needed.
  void read_extra64(Central& record, std::string_view extra) {
    ByteReader fields(extra, file_);
    while (fields.left() > 0) {
      if (fields.left() < 4) throw fault(record.place, "extra field: cut short");
      const std::uint64_t kind = fields.number(2, "extra field");
      const std::uint64_t length = fields.number(2, "extra field");
      if (length > fields.left()) throw fault(record.place, "extra field: cut short");
      ByteReader field(fields.take(length, "extra field"), file_);
      if (kind != 1) continue;
      for (std::uint64_t* const value : {&record.size, &record.stored, &record.header}) {
        if (*value != no32) continue;
        if (field.left() < 8) throw fault(record.place, "64-bit extra field: cut short");
        *value = field.number(8, "64-bit extra field");
      }
    }
  }

  void require_plain_name(const Central& record) const {
    const std::string& name = record.name;
    const bool climbs =
        name == ".." || name.starts_with("../") || name.ends_with("/..") || name.find("/../") != name.npos;
    if (name.empty() || name.front() == '/' || climbs || name.find('\\') != name.npos ||
        name.find('\0') != name.npos) {
      throw fault(record.place,
                  "entry name " + printable(name) + ": expected a plain relative path inside the archive");
    }
  }

  ZipEntry read_local(const Central& record, std::uint64_t limit) {
    const std::string shown = "entry " + printable(record.name);
    const auto disagree = [&](const std::string& field, const std::string& local,
                              const std::string& central) {
      return fault(record.header, shown + ": " + field + " is " + local + " in the local header, " + central +
                                      " in the central directory");
    };
    if (record.header >= limit) {
      throw fault(record.place, shown + ": local header at byte " + std::to_string(record.header) +
                                    ", beyond the central directory's start");
    }
    expect_magic(record.header, local_magic, "local header");
    constexpr std::string_view what = "local header";
    reader_.number(2, what);  // version
    const std::uint64_t flags = reader_.number(2, what);
    const std::uint64_t method = reader_.number(2, what);
    reader_.number(4, what);  // time of change
    const std::uint64_t crc = reader_.number(4, what);
    const std::uint64_t stored = reader_.number(4, what);
    const std::uint64_t size = reader_.number(4, what);
    const std::uint64_t name_length = reader_.number(2, what);
    const std::uint64_t extra_length = reader_.number(2, what);
    const std::string_view name = reader_.take(name_length, what);
    reader_.take(extra_length, what);
    if (name != record.name) throw disagree("the name", printable(name), printable(record.name));
    if (method != record.method) {
      throw disagree("the method", std::to_string(method), std::to_string(record.method));
    }
    if (flags != record.flags) throw disagree("flags", std::to_string(flags), std::to_string(record.flags));
    const bool described = (flags & descriptor_flag) != 0;
    const auto require_same = [&](const char* field, std::uint64_t local, std::uint64_t central) {
      if (local != central && !(described && local == 0)) {
        throw disagree(field, std::to_string(local), std::to_string(central));
      }
    };
    require_same("the CRC", crc, record.crc);
    if (size != no32) require_same("the size", size, record.size);
    if (stored != no32) require_same("the stored size", stored, record.stored);

    const std::uint64_t begin = reader_.position();
    if (begin > limit || record.size > limit - begin) {
      throw fault(record.place, shown + ": " + std::to_string(record.size) + " bytes from byte " +
                                    std::to_string(begin) + " reach into the central directory");
    }
    if (described) {
      expect_magic(begin + record.size, descriptor_magic, "data descriptor");
      const std::uint64_t said = reader_.number(4, "data descriptor");
      if (said != record.crc) {
        throw fault(begin + record.size, shown + ": the CRC is " + std::to_string(said) +
                                             " in the data descriptor, " + std::to_string(record.crc) +
                                             " in the central directory");
      }
    }
    return {record.header, begin, record.size, static_cast<std::uint32_t>(record.crc)};
  }

  /// Entries that share bytes are how a small archive unpacks to a huge one.
  void require_apart(const std::map<std::string, ZipEntry>& entries) const {
    std::vector<std::pair<ZipEntry, std::string>> sorted;
    sorted.reserve(entries.size());
    for (const auto& [name, entry] : entries) sorted.emplace_back(entry, name);
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return a.first.header < b.first.header; });
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      if (sorted[i].first.header < sorted[i - 1].first.begin + sorted[i - 1].first.size) {
        throw fault(sorted[i].first.header, "entry " + printable(sorted[i].second) + " overlaps entry " +
                                                printable(sorted[i - 1].second));
      }
    }
  }

  std::string_view bytes_;
  std::string file_;
  ByteReader reader_;
};

}  // namespace

ZipArchive::ZipArchive(const std::filesystem::path& path) : file_(std::make_shared<const MappedFile>(path)) {
  entries_ = Parser(file_->text(), path.string()).read();
}

std::span<const std::byte> ZipArchive::bytes(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    throw error_in(
        ErrorKind::bad_data, file_->path().string(),
        "zip archive: no entry " + printable(name) + " among its " + std::to_string(entries_.size()));
  }
  return file_->bytes().subspan(found->second.begin, found->second.size);
}

void ZipArchive::check_crc(const std::string& name) const {
  const std::span<const std::byte> data = bytes(name);
  const ZipEntry& entry = entries_.at(name);
  const auto* const start = reinterpret_cast<const Bytef*>(data.data());  // zlib's name for bytes
  const auto found = static_cast<std::uint32_t>(::crc32_z(::crc32_z(0, nullptr, 0), start, data.size()));
  if (found != entry.crc) {
    throw error_at_byte(ErrorKind::bad_data, file_->path().string(), entry.begin,
                        "zip archive: entry " + printable(name) + ": expected CRC-32 " +
                            std::to_string(entry.crc) + ", found " + std::to_string(found) +
                            ": the bytes are damaged");
  }
}

}  // namespace onset
