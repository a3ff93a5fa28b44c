// How large a sample is large enough: `onset analyze --interval W`.
//
// Items come in a fixed random order (sample.h). Look k is at the first n_k of them,
//
//   n_0, 2 n_0, 4 n_0, … while that is less than there are, then all,
//
// and asks whether the figure's interval is narrower than W. How many looks there can be, K, is known from
// the number of items before anything is measured.
//
// Valid whenever one stops: each look's interval is at level 1 - alpha/K, alpha = 0.05, so by the union bound
// (Boole, Bonferroni)
//
//   P(the interval of some look misses) <= K alpha/K = 0.05,
//
// and the interval of the look at which one stops is one of them, whatever made one stop there: its own
// width, another figure's, another checkpoint's. Nested samples and figures that depend on each other are
// covered; the price against one look at 0.95 is a t quantile of 2.6 to 2.8 instead of 2.0. What each
// interval covers is the figure over all items of which these are a random sample, the file's own among them.
//
// The interval of a look: s^2 is the variance of the figure's replicates times n/(n-1), n the items of a
// stratum (bootstraps of n items are that much too narrow), t Student's quantile for as many degrees as there
// are replicates, less one.
//
//   proportions x in [0, 1]   Wilson's score interval for m = x (1-x) / s^2 items,
//                             (x + t^2/2m -+ t sqrt(x (1-x)/m + t^2/4m^2)) / (1 + t^2/m),
//                             with s^2 at least 2 / (items n), which keeps it open where every item came out
//                             alike
//   others (a loss in nats)   x -+ t s
//
// Approximate in it, and by no bound: the figure's normal distribution over samples, from 50 sentences or 10
// pairs a paradigm on; UAS takes the best heads of the sample itself and keeps them in its replicates, so
// that its interval does not hold the choice's own luck, which lifts a small sample's figure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "onset/breaks/interval.h"

namespace onset {

/// Sizes of the samples looked at, ascending, the last all `items`; none of less than one item.
std::vector<std::int64_t> look_sizes(std::int64_t items, std::int64_t first);

/// A figure measured on a sample.
struct SampledFigure {
  double value = 0;
  std::vector<double> replicates;  ///< NaN are left out
  bool proportion = true;          ///< else unbounded
  std::int64_t items = 0;          ///< of the sample
  std::int64_t stratum = 0;        ///< items of its smallest stratum: of a paradigm; items where it has none
};

/// The interval of one of so many looks. NaN where value is, or where fewer than two replicates are known.
Interval look_interval(const SampledFigure& figure, std::size_t looks, double alpha = 0.05);

}  // namespace onset
