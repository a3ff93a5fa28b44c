// What stands in a curve where a checkpoint could not be measured.
#pragma once

#include <limits>

namespace onset {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace onset
