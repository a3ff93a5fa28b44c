#include "onset/breaks/seeds.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "onset/base/error.h"

namespace onset {
namespace {

/// A variance with the degrees of freedom it was estimated from.
struct Variance {
  double value = 0;
  double df = 0;
};

Variance sample_variance(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.size() < 2) return {};
  const auto n = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / n;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {squares / (n - 1), n - 1};
}

/// [replicate] mean over runs, up to the least number of replicates a run has.
std::vector<double> mean_replicates(const std::vector<Measured>& runs) {
  std::vector<double> means = runs.front().replicates;
  for (std::size_t s = 1; s < runs.size(); ++s) {
    means.resize(std::min(means.size(), runs[s].replicates.size()));
    for (std::size_t b = 0; b < means.size(); ++b) means[b] += runs[s].replicates[b];
  }
  for (double& mean : means) mean /= static_cast<double>(runs.size());
  return means;
}

}  // namespace

SeedMean combine_seeds(const std::vector<Measured>& runs, double level) {
  if (runs.empty()) throw Error(ErrorKind::usage, "seeds: expected at least one run");
  SeedMean combined;
  combined.runs = runs.size();
  const auto count = static_cast<double>(runs.size());
  std::vector<double> values;
  for (const Measured& run : runs) {
    values.push_back(run.value);
    combined.mean += run.value / count;
  }
  if (runs.size() == 1) {
    combined.interval = percentile_interval(runs.front().replicates, level);
    return combined;
  }
  const Variance between = sample_variance(values);
  combined.between_runs = std::sqrt(between.value);
  const Variance items = sample_variance(mean_replicates(runs));
  const double seed_part = between.value / count;
  const double total = seed_part + items.value;
  if (total == 0) {
    combined.interval = Interval{combined.mean, combined.mean};
    return combined;
  }
  double squares = seed_part * seed_part / between.df;
  if (items.df > 0) squares += items.value * items.value / items.df;
  const boost::math::students_t law(total * total / squares);
  const double reach = boost::math::quantile(law, 0.5 + level / 2) * std::sqrt(total);
  combined.interval = Interval{combined.mean - reach, combined.mean + reach};
  return combined;
}

}  // namespace onset
