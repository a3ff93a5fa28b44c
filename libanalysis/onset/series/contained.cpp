#include "onset/series/contained.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <fstream>
#include <string_view>

#include "onset/base/error.h"

namespace onset {
namespace {

// What the child sends: a mark, for an error its kind, the text, and the end mark without which it was cut
// off.
constexpr char result_mark = 'r';
constexpr char error_mark = 'e';
constexpr std::string_view end_mark = "onset-end";

void send(int pipe, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(pipe, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return;  // the parent will miss the end mark
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
}

std::string receive(int pipe) {
  std::string out;
  std::array<char, 1U << 16U> buffer{};
  while (true) {
    const ssize_t got = ::read(pipe, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

/// What a crash or the alarm ends a process with.
constexpr std::array fatal_signals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM};

/// A crash ends the child and leaves no trace on the terminal or the disk. Other signals stay as the parent
/// has them.
void become_expendable(std::chrono::seconds limit) {
  sigset_t fatal;
  ::sigemptyset(&fatal);
  for (const int number : fatal_signals) {
    ::signal(number, SIG_DFL);
    ::sigaddset(&fatal, number);
  }
  ::sigprocmask(SIG_UNBLOCK, &fatal, nullptr);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO);
  ::alarm(static_cast<unsigned>(limit.count()));
}

void work_and_send(int pipe, const std::string& file, const std::function<std::string()>& work) {
  try {
    const std::string result = work();
    send(pipe, std::string_view(&result_mark, 1));
    send(pipe, result);
  } catch (const Error& error) {
    send(pipe, std::string{error_mark, static_cast<char>(error.kind())} + error.what());
  } catch (const std::exception& error) {
    // Sizes beyond memory and the like: what is read is to blame.
    send(pipe, std::string{error_mark, static_cast<char>(ErrorKind::bad_data)} + file +
                   ": damaged: " + error.what());
  }
  send(pipe, end_mark);
}

/// The signal that ended the child, 0 when none did.
int ending_signal(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 0;  // the program has its children waited for elsewhere
  }
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace

std::string run_contained(const std::filesystem::path& file, std::chrono::seconds limit,
                          const std::function<std::string()>& work) {
  const auto refused = [&](const char* what) {
    return error_in(
        ErrorKind::io, file.string(),
        std::string("cannot read in a process of its own: ") + what + ": " + std::strerror(errno));
  };
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw refused("pipe");
  const pid_t child = ::fork();
  if (child < 0) {
    const Error error = refused("fork");
    ::close(pipe[0]);
    ::close(pipe[1]);
    throw error;
  }
  if (child == 0) {
    ::close(pipe[0]);
    become_expendable(limit);
    work_and_send(pipe[1], file.string(), work);
    ::_exit(0);  // the child alone: without running the parent's destructors a second time
  }
  ::close(pipe[1]);
  std::string received = receive(pipe[0]);
  ::close(pipe[0]);
  const int signal = ending_signal(child);
  if (!received.ends_with(end_mark) || received.size() < end_mark.size() + 1) {
    if (signal != 0 && std::ranges::find(fatal_signals, signal) == fatal_signals.end()) {
      throw error_in(ErrorKind::io, file.string(), "reading was ended by signal " + std::to_string(signal));
    }
    throw error_in(ErrorKind::bad_data, file.string(),
                   std::string("damaged: the library that reads it ") +
                       (signal == SIGALRM ? "does not come to an end" : "crashes on it"));
  }
  received.resize(received.size() - end_mark.size());
  if (received[0] == error_mark) throw Error(static_cast<ErrorKind>(received[1]), received.substr(2));
  received.erase(0, 1);
  return received;
}

MemoryAllowance::MemoryAllowance() {
  std::uint64_t pages = 0;  // the sixth number: what setrlimit's RLIMIT_DATA counts
  std::ifstream statm("/proc/self/statm");
  for (int i = 0; i < 6; ++i) statm >> pages;
  if (statm) at_start_ = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void MemoryAllowance::set(std::uint64_t bytes) const {
  rlimit limit{};
  if (at_start_ == 0 || ::getrlimit(RLIMIT_DATA, &limit) != 0) return;
  limit.rlim_cur = std::min<rlim_t>(at_start_ + bytes, limit.rlim_max);
  ::setrlimit(RLIMIT_DATA, &limit);
}

}  // namespace onset
