#include "onset/base/writer_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "onset/base/error.h"

namespace onset {
namespace {

std::string this_process() {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return std::string(host) + ", process " + std::to_string(::getpid());
}

/// What the holder wrote of itself, cut to what is safe to show.
std::string read_holder(int descriptor) {
  char text[256];
  const ssize_t got = ::pread(descriptor, text, sizeof text, 0);
  std::string holder;
  for (ssize_t i = 0; i < got && text[i] != '\n'; ++i) {
    holder += text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
  }
  return holder.empty() ? "another process" : holder;
}

/// Whether the path still names the locked file: its last holder removes it on leaving, perhaps after we
/// opened it.
bool still_there(int descriptor, const std::filesystem::path& path) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(descriptor, &ours) == 0 && ::stat(path.c_str(), &named) == 0 &&
         ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

/// Throws Error(io) but for EAGAIN, which says that another holds it.
bool try_lock(int descriptor, const std::filesystem::path& path) {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(descriptor, F_OFD_SETLK, &whole) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  throw error_in(
      ErrorKind::io, path.string(),
      std::string("cannot lock the file, does its file system have locks?: ") + std::strerror(errno));
}

void remove_temporaries(const std::filesystem::path& written) {
  const std::filesystem::path folder = written.has_parent_path() ? written.parent_path() : ".";
  const std::string prefix = written.filename().string() + ".tmp-";
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.path().filename().string().starts_with(prefix))
      std::filesystem::remove_all(entry.path(), ignored);
  }
}

}  // namespace

WriterLock::WriterLock(const std::filesystem::path& written) : path_(written) {
  path_ += ".lock";
  while (true) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor_ < 0) {
      throw error_in(ErrorKind::io, path_.string(), std::string("cannot create: ") + std::strerror(errno));
    }
    try {
      if (!try_lock(descriptor_, path_)) {
        throw error_in(ErrorKind::try_again, written.string(),
                       "being written by " + read_holder(descriptor_));
      }
    } catch (...) {
      ::close(descriptor_);
      throw;
    }
    if (still_there(descriptor_, path_)) break;
    ::close(descriptor_);
  }
  const std::string holder = this_process() + "\n";
  if (::ftruncate(descriptor_, 0) != 0 ||
      ::pwrite(descriptor_, holder.data(), holder.size(), 0) != static_cast<ssize_t>(holder.size())) {
    const std::string reason = std::strerror(errno);
    ::close(descriptor_);
    throw error_in(ErrorKind::io, path_.string(), "cannot write: " + reason);
  }
  remove_temporaries(written);
}

WriterLock::~WriterLock() {
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

}  // namespace onset
