// Bootstrap replicates by item: in replicate b an item counts w times, w ~ Poisson(1) (Hanley & MacGibbon
// 2006; the Poisson bootstrap). The weight is a hash of (seed, kind of item, the item's content, b), so that
// it is the same at every checkpoint, in every shard and on every machine: curves of one replicate belong
// together, from UAS to BLiMP.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace onset {

struct BootstrapOptions {
  std::int64_t replicates = 200;  ///< 0: none
  std::uint64_t seed = 1;
};

enum class ItemKind : std::uint64_t { sentence = 1, pair = 2 };

class BootstrapWeights {
 public:
  /// `contents`: a content hash for each item (base/sha256.h).
  BootstrapWeights(const BootstrapOptions& options, ItemKind kind, std::span<const std::uint64_t> contents);

  std::int64_t replicates() const { return replicates_; }
  /// How often the item counts in the replicate.
  int operator()(std::int64_t replicate, std::int64_t item) const {
    return weights_[replicate * items_ + item];
  }

  /// For each replicate: sum of weight * numerator over sum of weight * denominator; NaN where that is 0.
  std::vector<float> ratios(std::span<const double> numerators, std::span<const double> denominators) const;

 private:
  std::int64_t replicates_ = 0, items_ = 0;
  std::vector<std::uint8_t> weights_;  ///< [replicate, item]
};

}  // namespace onset
