#include "onset/checkpoint/step_grid.h"

#include <cstddef>

namespace onset {

std::vector<std::int64_t> missing_steps(const std::vector<std::int64_t>& steps) {
  constexpr std::size_t most = 1000;
  std::vector<std::int64_t> gaps;
  for (std::size_t i = 1; i < steps.size(); ++i) gaps.push_back(steps[i] - steps[i - 1]);

  std::vector<std::int64_t> missing;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    std::int64_t left = 0;
    for (std::size_t j = i; j-- > 0 && left == 0;) {
      if (gaps[j] < gaps[i]) left = gaps[j];
    }
    std::int64_t right = 0;
    for (std::size_t j = i + 1; j < gaps.size() && right == 0; ++j) {
      if (gaps[j] < gaps[i]) right = gaps[j];
    }
    if (left == 0 || left != right || gaps[i] % left != 0) continue;
    for (std::int64_t step = steps[i] + left; step < steps[i + 1] && missing.size() < most; step += left) {
      missing.push_back(step);
    }
  }
  return missing;
}

}  // namespace onset
