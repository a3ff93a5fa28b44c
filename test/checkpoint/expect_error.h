// Asserts that a call fails as it should: the kind of error and what its message says.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "onset/base/error.h"

namespace onset {

/// The call must throw an Error of this kind whose one-line message holds `fragment`.
inline void expect_error(ErrorKind kind, const std::string& fragment, const std::function<void()>& call) {
  try {
    call();
    ADD_FAILURE() << "no error; expected: " << fragment;
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(kind)) << message;
    EXPECT_NE(message.find(fragment), std::string::npos)
        << "expected: " << fragment << "\nfound: " << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

}  // namespace onset
