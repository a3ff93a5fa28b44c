// Intervals of numbers that were worked out anew on every replicate.
//
// The interval of an onset is the percentile interval of the detector's answers on noisy versions of the
// curve (noise.h), widened by what the detector cannot resolve. Why that covers. The observed curve is truth
// + noise, a noisy version is truth + noise
// + noise again. Where the detector's error is linear in the noise (a clear break), answers scatter around
// the observed one as it scatters around the truth, and percentiles are right. Where the noise is large, the
// detector jumps to far-away checkpoints; then twice the noise makes it jump more often and farther than it
// did once, and the interval is too wide, never too narrow. Centring the noise on a fitted curve instead
// (noise once) is narrower on a broken line but missed the truth on rounded breaks in simulation (coverage
// down to 0), since a fit that is wrong by its shape is sure of its place. Coverage measured: docs/breaks.md.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace onset {

struct Interval {
  double low = 0;
  double high = 0;
};

/// A number of one run, with the same number worked out on each replicate; paired between runs and curves by
/// index.
struct Measured {
  double value = 0;
  std::vector<double> replicates;  ///< [replicate] NaN = not known; may be empty
};

/// Percentile interval: the k-th smallest and k-th largest of the values, k = floor((n + 1)(1 - level)/2), at
/// least the first. With fewer than 2/(1 - level) - 1 values (39 at 0.95) that is their whole range. NaN are
/// left out; empty for fewer than two others.
std::optional<Interval> percentile_interval(std::vector<double> values, double level = 0.95);

/// first - second, by index up to the lesser number; NaN where one of them is.
std::vector<double> paired_differences(const std::vector<double>& first, const std::vector<double>& second);

/// Two checkpoints by their index.
struct IndexRange {
  std::size_t low = 0;
  std::size_t high = 0;
};

/// From answers that are checkpoints to an interval of places: the ends `answers` go half-way to the
/// neighbouring checkpoint, since a break between checkpoints is answered by one of them, or to the series'
/// end where the detector could not answer any further out (`answerable`: the first and last checkpoint it
/// can answer). u ascending [point].
Interval widen_to_resolution(const std::vector<double>& u, const IndexRange& answers,
                             const IndexRange& answerable);

}  // namespace onset
