#include "onset/text/lines.h"

#include <cerrno>
#include <cstring>

#include "onset/base/error.h"
#include "onset/text/unicode.h"

namespace onset {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

LineReader::LineReader(const std::filesystem::path& path) : name_(path.string()) {
  errno = 0;
  stream_.open(path, std::ios::binary);
  if (stream_) return;
  const int code = errno;
  throw error_in(code == ENOENT || code == ENOTDIR ? ErrorKind::missing_input : ErrorKind::io, name_,
                 std::string("cannot open: ") + std::strerror(code));
}

std::optional<TextLine> LineReader::next() {
  errno = 0;
  if (!std::getline(stream_, line_)) {
    if (stream_.bad())
      throw error_in(ErrorKind::io, name_, std::string("cannot read: ") + std::strerror(errno));
    return std::nullopt;
  }
  unterminated_ = stream_.eof();
  const std::uint64_t begin = offset_;
  offset_ += line_.size() + (unterminated_ ? 0 : 1);
  ++number_;
  if (const auto at = find_invalid_utf8(line_)) {
    throw error_at_byte(ErrorKind::bad_data, name_, begin + *at,
                        "not UTF-8: " + in_quotes(std::string_view(line_).substr(*at, 1)));
  }
  if (const std::size_t at = line_.find('\0'); at != std::string::npos) {
    throw error_at_byte(ErrorKind::bad_data, name_, begin + at, "a NUL in a text file");
  }
  TextLine line{.text = line_, .number = number_, .carriage_return = line_.ends_with('\r')};
  if (line.carriage_return) line.text.remove_suffix(1);
  if (number_ == 1 && line.text.starts_with(byte_order_mark)) line.text.remove_prefix(byte_order_mark.size());
  return line;
}

std::vector<std::string> read_lines(const std::filesystem::path& path, std::int64_t max_lines) {
  LineReader reader(path);
  std::vector<std::string> lines;
  while (max_lines < 0 || static_cast<std::int64_t>(lines.size()) < max_lines) {
    const auto line = reader.next();
    if (!line) break;
    if (line->text.find_first_not_of(" \t\r\v\f") != std::string_view::npos) lines.emplace_back(line->text);
  }
  if (lines.empty() && max_lines != 0) {
    throw error_in(ErrorKind::bad_data, reader.name(), "0 lines of text");
  }
  return lines;
}

}  // namespace onset
