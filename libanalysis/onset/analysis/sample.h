// Samples of the data: which sentences and pairs are measured when not all are.
//
// Items have a fixed random order, by a hash of (seed, content, how often that content came before), so that
// it is the same on every machine and for every sample, and equal items lie apart as any others do. A sample
// of n is the first n in that order, of pairs the first n of each paradigm: larger samples hold smaller ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace onset {

/// -1: all there are.
struct SampleSize {
  std::int64_t sentences = -1;  ///< of --parses, and as many of --text
  std::int64_t pairs = -1;      ///< of each paradigm

  bool operator==(const SampleSize&) const = default;
};

/// Places, ascending, of the first `count` items in random order, within each stratum; all of a stratum that
/// has no more. contents: [item] content hash (base/sha256.h); strata: [item], empty: one stratum.
std::vector<std::size_t> random_sample(std::span<const std::uint64_t> contents, std::int64_t count,
                                       std::uint64_t seed, std::span<const std::string> strata = {});

}  // namespace onset
