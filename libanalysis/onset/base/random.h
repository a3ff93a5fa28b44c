// Randomness by counter: a draw is a pure function of the seed and of what is drawn (which step, position,
// item), never of how many draws came before. So the result does not depend on order, batch size, threads or
// shard, and resuming needs no state.
#pragma once

#include <cstdint>
#include <initializer_list>

namespace onset {

/// Which quantity a draw is for; keeps the draws of different uses independent under one seed.
enum class Draw : std::uint64_t {
  mask_choice = 1,
  mask_kind,
  mask_token,
  dropout,
  order,
  initial_weights,
  bootstrap,
  fisher_label,
  grammar,
  null_curve,
  classifier,
  random_heads,
  item_order,
};

/// Hash of a seed, a use and any number of counters to 64 uniform bits (chained finaliser of SplitMix64:
/// Steele, Lea & Flood, OOPSLA 2014; the constants are Stafford's variant 13).
std::uint64_t draw_bits(std::uint64_t seed, Draw use, std::initializer_list<std::uint64_t> counters);
/// Uniform in [0, 1), 53 bits.
double draw_uniform(std::uint64_t seed, Draw use, std::initializer_list<std::uint64_t> counters);
/// Standard normal (Box-Muller on two draws).
double draw_normal(std::uint64_t seed, Draw use, std::initializer_list<std::uint64_t> counters);
/// Poisson with mean 1 by inversion; at most 20.
int draw_poisson1(std::uint64_t seed, Draw use, std::initializer_list<std::uint64_t> counters);

}  // namespace onset
