// A number as a reader wants it in a sentence.
#pragma once

#include <string>

namespace onset {

/// Whole numbers below 1e15 in full ("120000"), others with four significant digits ("0.002", "1.5e-07").
std::string short_number(double value);

}  // namespace onset
