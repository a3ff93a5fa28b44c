#include "onset/base/random.h"

#include <cmath>
#include <numbers>

namespace onset {
namespace {

std::uint64_t finalise(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

double to_unit(std::uint64_t bits) { return static_cast<double>(bits >> 11U) * 0x1.0p-53; }

}  // namespace

std::uint64_t draw_bits(std::uint64_t seed, Draw use, std::initializer_list<std::uint64_t> counters) {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15U;
  std::uint64_t state = finalise(seed + golden);
  state = finalise(state + golden * static_cast<std::uint64_t>(use));
  for (const std::uint64_t counter : counters)
    state = finalise((state + golden) ^ finalise(counter + golden));
  return state;
}

double draw_uniform(std::uint64_t seed, Draw use, std::initializer_list<std::uint64_t> counters) {
  return to_unit(draw_bits(seed, use, counters));
}

double draw_normal(std::uint64_t seed, Draw use, std::initializer_list<std::uint64_t> counters) {
  const std::uint64_t bits = draw_bits(seed, use, counters);
  const double radius = std::sqrt(-2.0 * std::log(1.0 - to_unit(bits)));
  return radius * std::cos(2.0 * std::numbers::pi * to_unit(finalise(bits + 1)));
}

int draw_poisson1(std::uint64_t seed, Draw use, std::initializer_list<std::uint64_t> counters) {
  double rest = draw_uniform(seed, use, counters);
  double probability = std::exp(-1.0);
  int count = 0;
  while (rest >= probability && count < 20) {
    rest -= probability;
    probability /= ++count;
  }
  return count;
}

}  // namespace onset
