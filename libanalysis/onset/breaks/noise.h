// How much of a curve's wobble is noise. Two kinds:
//
// - Item noise: the curve is a mean over a sample of sentences or pairs. The same items serve at every
// checkpoint, so it is
//   correlated along the curve. The replicates show it: deviations e_b = f_b - mean over b of f_b, whose
//   covariance estimates that of the curve (bootstrap; Poisson weights).
// - Training noise: batches, learning rate and chance move the model itself from checkpoint to checkpoint. No
// reweighting of
//   items shows it. What is treated here is its part that is independent between checkpoints, with one
//   standard deviation sigma: each inner checkpoint's distance from the line through its two neighbours,
//       c_k = f_k - (1 - w) f_{k-1} - w f_{k+1},    variance v_k (from the e_b) + sigma^2 (1 + (1-w)^2 +
//       w^2),
//   and sigma solves  median of c_k^2 / variance = 0.4549  (the median of chi-squared with one degree): a few
//   real bends do not move a median. With replicates it is counted only if the medians differ significantly
//   at 5 % (one-sided); items explain the rest. Training noise that is smooth over several checkpoints cannot
//   be told from the curve's own shape in a single run; seeds can (seeds.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace onset {

struct Noise {
  std::vector<std::vector<double>> deviations;  ///< [replicate][point] e_b; empty without replicates
  double item_sd = 0;                           ///< root mean square of the item noise at a point
  double training_sd = 0;                       ///< sigma
  double training_df = 0;                       ///< how many independent contrasts sigma is worth
};

/// u ascending, y finite [point], replicates [replicate][point] or empty. Fewer than 5 points: training_sd =
/// 0.
Noise estimate_noise(const std::vector<double>& u, const std::vector<double>& y,
                     const std::vector<std::vector<double>>& replicates);

/// Which draws to use, so that two curves and two uses never share them.
struct DrawStream {
  std::uint64_t seed = 1;
  std::uint64_t stream = 0;
};

/// Noisy versions of the curve, y + e_b + sigma z, z standard normal from (seed, stream, b, point): one for
/// each replicate; without replicates `without_replicates` of them. Every one is y itself when there is no
/// noise at all.
std::vector<std::vector<double>> noisy_curves(const std::vector<double>& y, const Noise& noise,
                                              DrawStream stream, std::size_t without_replicates = 200);

}  // namespace onset
