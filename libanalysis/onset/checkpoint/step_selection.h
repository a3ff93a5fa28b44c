// Which steps a user asked for: "0,100,200", "start:stop:stride".
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onset {

/// The steps start, start + stride, ... up to stop, stop included.
struct StepRange {
  std::int64_t start = 0;
  std::int64_t stop = std::numeric_limits<std::int64_t>::max();
  std::int64_t stride = 1;

  bool contains(std::int64_t step) const {
    return step >= start && step <= stop && (step - start) % stride == 0;
  }
};

struct StepSelection {
  std::vector<std::int64_t> steps;  ///< asked for by name
  std::vector<StepRange> ranges;

  bool contains(std::int64_t step) const;
};

/// Items separated by commas, each a step ("100", "20k") or a range with two or three parts, each of which
/// may be left out
/// ("1000:", ":2000", "::500"). Throws Error(usage) naming the item.
StepSelection parse_steps(std::string_view text);

/// The last step there can be: a series file's steps are read as doubles, which hold every whole number up to
/// here.
inline constexpr std::int64_t last_step = std::int64_t{1} << 53;

/// Digits, then nothing, k (thousand) or M (million), either case. Nothing if it is not that or beyond
/// last_step.
std::optional<std::int64_t> parse_step(std::string_view text);

}  // namespace onset
