#include "onset/base/error.h"

namespace onset {

Error error_in(ErrorKind kind, std::string_view file, std::string_view what) {
  return {kind, std::string(file) + ": " + std::string(what)};
}

Error error_at_line(ErrorKind kind, std::string_view file, std::int64_t line, std::string_view what) {
  return {kind, std::string(file) + ":" + std::to_string(line) + ": " + std::string(what)};
}

Error error_at_byte(ErrorKind kind, std::string_view file, std::uint64_t offset, std::string_view what) {
  return {kind, std::string(file) + ":@" + std::to_string(offset) + ": " + std::string(what)};
}

}  // namespace onset
