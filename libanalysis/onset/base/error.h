// The one exception type of the library. Its text is the line a user reads: `place: what is wrong`, where
// place names the file and the line, byte offset or field in it. The kind decides the program's exit code
// (apps/main.cpp) and nothing else.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace onset {

/// What sort of fault it is. The values are the contract's exit codes (sysexits.h).
enum class ErrorKind : int {
  usage = 64,          ///< the call's words make no sense
  bad_data = 65,       ///< a file's content is not what its format says
  missing_input = 66,  ///< a file that must be there is not
  bug = 70,            ///< our fault; also the code of a run that Diverged
  io = 74,             ///< the operating system refused to read or write
  try_again = 75,      ///< interrupted, busy, or changing under our eyes: the same call may succeed later
  configuration = 78,  ///< sizes or settings that cannot work together
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

/// A training run whose loss or weights are no longer finite: exit code 70, but no fault of the program.
class Diverged : public Error {
 public:
  explicit Diverged(const std::string& message) : Error(ErrorKind::bug, message) {}
};

/// `file: what`
Error error_in(ErrorKind kind, std::string_view file, std::string_view what);
/// `file:line: what`, lines counted from 1
Error error_at_line(ErrorKind kind, std::string_view file, std::int64_t line, std::string_view what);
/// `file:@offset: what`, bytes counted from 0
Error error_at_byte(ErrorKind kind, std::string_view file, std::uint64_t offset, std::string_view what);

}  // namespace onset
