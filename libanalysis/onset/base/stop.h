// How a long computation is asked to stop: std::stop_token, checked between units of work. The one who asked
// gets Interrupted (exit code 75); what was finished is on disk by then.
#pragma once

#include <stop_token>

#include "onset/base/error.h"

namespace onset {

class Interrupted : public Error {
 public:
  Interrupted() : Error(ErrorKind::try_again, "interrupted; run the same command again to go on from here") {}
};

inline void throw_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Interrupted();
}

}  // namespace onset
