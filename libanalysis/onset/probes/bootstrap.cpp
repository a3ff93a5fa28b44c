#include "onset/probes/bootstrap.h"

#include <limits>

#include "onset/base/random.h"

namespace onset {

BootstrapWeights::BootstrapWeights(const BootstrapOptions& options, ItemKind kind,
                                   std::span<const std::uint64_t> contents)
    : replicates_(options.replicates), items_(static_cast<std::int64_t>(contents.size())) {
  weights_.reserve(static_cast<std::size_t>(replicates_ * items_));
  for (std::int64_t b = 0; b < replicates_; ++b) {
    for (const std::uint64_t content : contents) {
      weights_.push_back(static_cast<std::uint8_t>(
          draw_poisson1(options.seed, Draw::bootstrap,
                        {static_cast<std::uint64_t>(kind), content, static_cast<std::uint64_t>(b)})));
    }
  }
}

std::vector<float> BootstrapWeights::ratios(std::span<const double> numerators,
                                            std::span<const double> denominators) const {
  std::vector<float> out(static_cast<std::size_t>(replicates_), std::numeric_limits<float>::quiet_NaN());
  for (std::int64_t b = 0; b < replicates_; ++b) {
    double top = 0;
    double bottom = 0;
    for (std::int64_t i = 0; i < items_; ++i) {
      const int weight = (*this)(b, i);
      top += weight * numerators[i];
      bottom += weight * denominators[i];
    }
    if (bottom > 0) out[b] = static_cast<float>(top / bottom);
  }
  return out;
}

}  // namespace onset
