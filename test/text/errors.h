// Runs something that must fail and shows how: "65: file:3: what".
#pragma once

#include <functional>
#include <string>

#include "onset/base/error.h"

namespace onset {

inline std::string failure(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return std::to_string(static_cast<int>(error.kind())) + ": " + error.what();
  }
  return "no error";
}

}  // namespace onset
