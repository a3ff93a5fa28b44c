// Where a series' parts lie in an HDF5 file, as the contract lays them out, and the file's bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "onset/series/table.h"

namespace onset {

inline constexpr std::string_view schema_name = "onset-series";
inline constexpr std::int64_t schema_version = 1;
inline constexpr const char* step_path = "/step";

/// The whole file. Arrays of 64 KiB and more are compressed, in chunks of whole steps. Throws Error(bug)
/// where an array does not fit its axes or two groups have other replicates.
std::string series_bytes(const Series& series);

}  // namespace onset
