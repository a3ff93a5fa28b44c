// What cannot be in a series, though its file can be read.
#pragma once

#include <string>
#include <vector>

#include "onset/series/table.h"

namespace onset {

/// A line each: steps that hold the same weights (one is mislabelled), infinite values, totals that are not
/// above 0, counts above their total.
std::vector<std::string> series_problems(const Series& series);

}  // namespace onset
