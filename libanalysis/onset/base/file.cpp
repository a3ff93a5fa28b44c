#include "onset/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "onset/base/error.h"

namespace onset {
namespace {

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags, mode_t mode = 0644)
      : value_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

Error system_error(const std::filesystem::path& path, const char* doing) {
  const int code = errno;
  const auto kind = code == ENOENT || code == ENOTDIR ? ErrorKind::missing_input : ErrorKind::io;
  return error_in(kind, path.string(), std::string("cannot ") + doing + ": " + std::strerror(code));
}

Error write_error(const std::filesystem::path& path, const char* doing) {
  return error_in(ErrorKind::io, path.string(), std::string("cannot ") + doing + ": " + std::strerror(errno));
}

std::int64_t modified_ns(const struct stat& status) {
  return static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  // O_NONBLOCK: a pipe that nobody writes to is refused below, not waited for.
  const Descriptor file(path, O_RDONLY | O_NONBLOCK);
  if (file.get() < 0) throw system_error(path, "open");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw system_error(path, "stat");
  if (!S_ISREG(status.st_mode)) throw error_in(ErrorKind::bad_data, path.string(), "not a regular file");
  size_ = static_cast<std::size_t>(status.st_size);
  modified_ns_ = modified_ns(status);
  inode_ = status.st_ino;
  if (size_ == 0) return;  // an empty mapping is an error to mmap, and no error to us
  void* const mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (mapped == MAP_FAILED) throw system_error(path, "map");
  data_ = mapped;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      modified_ns_(other.modified_ns_),
      inode_(other.inode_) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(modified_ns_, other.modified_ns_);
  std::swap(inode_, other.inode_);
  return *this;
}

bool MappedFile::unchanged() const {
  struct stat status {};
  return ::stat(path_.c_str(), &status) == 0 && static_cast<std::size_t>(status.st_size) == size_ &&
         modified_ns(status) == modified_ns_ && status.st_ino == inode_;
}

void MappedFile::release_pages() const {
  if (data_ != nullptr) ::madvise(data_, size_, MADV_DONTNEED);
}

std::string read_file(const std::filesystem::path& path) {
  const Descriptor file(path, O_RDONLY);
  if (file.get() < 0) throw system_error(path, "open");
  std::string out;
  std::string buffer(1U << 16U, '\0');
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error(path, "read");
    if (got == 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void sync_path(const std::filesystem::path& path) {
  const Descriptor file(path, O_RDONLY);
  if (file.get() < 0 || ::fsync(file.get()) != 0) throw write_error(path, "flush to disk");
}

// To rename over a device or a pipe would take it away from everybody else.
std::filesystem::path file_to_replace(const std::filesystem::path& path) {
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  if (type == std::filesystem::file_type::none)
    throw error_in(ErrorKind::io, path.string(), "cannot replace: " + error.message());
  if (type == std::filesystem::file_type::directory)
    throw error_in(ErrorKind::io, path.string(), "cannot replace: it is a folder");
  if (type != std::filesystem::file_type::regular && type != std::filesystem::file_type::not_found)
    throw error_in(ErrorKind::io, path.string(), "cannot replace: not a regular file");
  if (!std::filesystem::is_symlink(path, error)) return path;
  return type == std::filesystem::file_type::regular ? std::filesystem::canonical(path) : path;
}

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  replace_file_atomically(path, [&](const std::filesystem::path& temporary) {
    const Descriptor file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (file.get() < 0) throw write_error(path, "create");
    while (!bytes.empty()) {
      const ssize_t put = ::write(file.get(), bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) throw write_error(path, "write");
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
  });
}

void replace_file_atomically(const std::filesystem::path& path,
                             const std::function<void(const std::filesystem::path& temporary)>& fill) {
  const std::filesystem::path target = file_to_replace(path);
  std::filesystem::path temporary = target;
  temporary += ".tmp-" + std::to_string(::getpid());
  try {
    fill(temporary);
    sync_path(temporary);
    if (::rename(temporary.c_str(), target.c_str()) != 0) throw write_error(path, "rename into place");
    sync_path(target.has_parent_path() ? target.parent_path() : std::filesystem::path("."));
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw;
  }
}

}  // namespace onset
