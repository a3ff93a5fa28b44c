// Which places dropout zeroes, sixteen at a time. Private to the kernels of this room.
#pragma once

#include <cstdint>

#include "onset/base/simd.h"
#include "onset/model/keyed_dropout.h"

namespace onset {

/// 0 or 1 / (1 - rate) for sixteen consecutive places, the first of them `position`: a 32-bit hash of (key,
/// position) against the rate (Wellons' lowbias32).
ONSET_INLINE void dropout_factors(simd::Floats& factors, const KeyedDropout& dropout,
                                  std::uint32_t position) {
  using simd::Floats;
  using simd::Words;
  constexpr Words lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  Words x = (lanes + position) * 0x9e3779b9U + static_cast<std::uint32_t>(dropout.key);
  x ^= x >> 16;
  x *= 0x7feb352dU;
  x ^= x >> 15;
  x += static_cast<std::uint32_t>(dropout.key >> 32U);
  x *= 0x846ca68bU;
  x ^= x >> 16;
  const auto threshold = static_cast<std::int32_t>(dropout.rate * 0x1p24F);
  const float kept = 1.0F / (1.0F - dropout.rate);
  factors = __builtin_convertvector(x >> 8, simd::Ints) < threshold ? Floats{} : Floats{} + kept;
}

}  // namespace onset
