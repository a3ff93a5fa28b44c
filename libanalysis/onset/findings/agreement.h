// Whether two series files were measured alike: on the same data, with the same options.
#pragma once

#include <string>
#include <vector>

#include "onset/series/hdf5_file.h"

namespace onset {

/// What differs in the groups that both have, a phrase each: "uas: min_relation: 100 and 20". Empty when they
/// can be compared number by number. A group that only one of them has is no disagreement.
std::vector<std::string> disagreements(const SeriesHeader& first, const SeriesHeader& other);

}  // namespace onset
