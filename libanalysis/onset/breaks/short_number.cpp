#include "onset/breaks/short_number.h"

#include <cmath>
#include <cstdio>

namespace onset {

std::string short_number(double value) {
  char text[32];
  const bool whole = std::abs(value) < 1e15 && value == std::round(value);
  std::snprintf(text, sizeof text, whole ? "%.0f" : "%.4g", value);
  return text;
}

}  // namespace onset
