#include "onset/analysis/sample.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "onset/base/random.h"

namespace onset {

std::vector<std::size_t> random_sample(std::span<const std::uint64_t> contents, std::int64_t count,
                                       std::uint64_t seed, std::span<const std::string> strata) {
  using Drawn = std::pair<std::uint64_t, std::size_t>;  // the item's draw, its place
  std::map<std::string, std::vector<Drawn>> orders;
  std::unordered_map<std::uint64_t, std::uint64_t> seen;
  for (std::size_t item = 0; item < contents.size(); ++item) {
    const std::uint64_t before = seen[contents[item]]++;
    orders[strata.empty() ? std::string() : strata[item]].emplace_back(
        draw_bits(seed, Draw::item_order, {contents[item], before}), item);
  }
  std::vector<std::size_t> places;
  for (auto& [stratum, order] : orders) {
    std::ranges::sort(order);
    if (count >= 0 && std::cmp_less(count, order.size())) order.resize(static_cast<std::size_t>(count));
    for (const Drawn& drawn : order) places.push_back(drawn.second);
  }
  std::ranges::sort(places);
  return places;
}

}  // namespace onset
