// Several runs of one condition (seeds) taken together, crossed with items: an onset, a gap or a final
// metric.
//
// Two sources of spread: runs differ (seed), and every run is measured on the same sample of items. With
// values x_s of S runs and paired replicates x_{s,b}, the mean's variance is taken as
//
//   s^2 / S  +  Var_b( mean_s x_{s,b} ),        s^2 = sample variance of x_s over runs,
//
// which counts the items' share that is not common to the runs twice and so errs to the wide side. The
// interval is mean -+ t x root, t of Student's law with Welch and Satterthwaite's degrees of freedom (S - 1
// for the first term, replicates - 1 for the second): with two or three seeds it is wide, as it must be.
#pragma once

#include <optional>
#include <vector>

#include "onset/breaks/interval.h"

namespace onset {

struct SeedMean {
  double mean = 0;
  double between_runs = 0;           ///< standard deviation s over runs; 0 for one run
  std::optional<Interval> interval;  ///< empty for a single run without replicates
  std::size_t runs = 0;
};

/// At least one run; throws Error(usage) otherwise. One run: quantiles of its replicates.
SeedMean combine_seeds(const std::vector<Measured>& runs, double level = 0.95);

}  // namespace onset
