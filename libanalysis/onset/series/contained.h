// A library that damaged input can crash, kept at arm's length.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace onset {

/// Runs `work` in a child process and returns what it returned. When the child crashes, or has not ended by
/// `limit`, that is an Error(bad_data) about `file`; an Error thrown by `work` is thrown here. The child is a
/// copy of the process in which only the calling thread runs, so `work` must need no other. Throws Error(io)
/// when no process can be started.
std::string run_contained(const std::filesystem::path& file, std::chrono::seconds limit,
                          const std::function<std::string()>& work);

/// For use in such a child: how much memory may be had beyond what it started with. Where the system does not
/// tell how much that was there is no limit.
class MemoryAllowance {
 public:
  MemoryAllowance();
  /// From now on `bytes` more than at the start.
  void set(std::uint64_t bytes) const;

 private:
  std::uint64_t at_start_ = 0;
};

}  // namespace onset
