// Text files line by line, the way every reader of this room wants them: UTF-8 checked, byte order mark and
// line ends gone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onset {

struct TextLine {
  std::string_view text;         ///< without its line end; valid until the next call of LineReader::next
  std::int64_t number = 0;       ///< from 1
  bool carriage_return = false;  ///< whether it ended in CRLF
};

/// Streams a file or a pipe; memory is bounded by the longest line. Throws Error: missing_input; io;
/// bad_data, naming the byte, where the file is not UTF-8 or holds a NUL.
class LineReader {
 public:
  explicit LineReader(const std::filesystem::path& path);

  /// The next line; none at the end of the file.
  std::optional<TextLine> next();
  /// Whether the last line returned lacked its newline; only the last line of a file can.
  bool unterminated() const { return unterminated_; }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  std::ifstream stream_;
  std::string line_;
  std::int64_t number_ = 0;
  std::uint64_t offset_ = 0;  ///< of the first byte not yet read
  bool unterminated_ = false;
};

/// The lines of a text file that are not blank, at most max_lines of them (-1: all). Throws as LineReader
/// does, and Error(bad_data) when there are none.
std::vector<std::string> read_lines(const std::filesystem::path& path, std::int64_t max_lines = -1);

}  // namespace onset
