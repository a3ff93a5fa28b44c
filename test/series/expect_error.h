// An Error with this kind and exactly this message.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "onset/base/error.h"

namespace onset {

template <typename Action>
void expect_error(ErrorKind kind, const std::string& message, const Action& action) {
  try {
    action();
    ADD_FAILURE() << "expected: " << message;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_EQ(std::string(error.what()), message);
  }
}

}  // namespace onset
