// How the library tells what it is doing: it never prints, it calls back.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace onset {

struct ProgressUpdate {
  std::string task;        ///< what is being done, e.g. "step 1200: pll"
  std::int64_t done = 0;   ///< units finished
  std::int64_t total = 0;  ///< units in all; 0 when unknown
  std::string unit;        ///< what a unit is, e.g. "sentences"
};

/// May be empty. Called from one thread at a time.
using Progress = std::function<void(const ProgressUpdate&)>;
/// One line worth a user's attention that is no error. May be empty.
using Warn = std::function<void(const std::string&)>;

}  // namespace onset
