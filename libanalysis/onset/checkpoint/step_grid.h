// Gaps in a grid of steps.
#pragma once

#include <cstdint>
#include <vector>

namespace onset {

/// Steps that a regular grid would have but `steps` (ascending) has not. A gap counts when it is a multiple
/// of g, the nearest smaller gap on its left and on its right being both g: so a grid that gets coarser (0,
/// 20k, ..., 200k, 300k, ...) or grows evenly (10, 13, 16, 20, 25, ...) has none. A step missing at either
/// end cannot be told. At most 1000 are named.
std::vector<std::int64_t> missing_steps(const std::vector<std::int64_t>& steps);

}  // namespace onset
