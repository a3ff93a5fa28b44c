#include "onset/text/glue_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace onset {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct TwoClassTable {
  double tp = 0, tn = 0, fp = 0, fn = 0;
};

TwoClassTable two_classes(std::span<const float> predicted, std::span<const float> gold) {
  TwoClassTable out;
  for (std::size_t i = 0; i < gold.size(); ++i) {
    const bool said = predicted[i] == 1.0F;
    const bool is = gold[i] == 1.0F;
    double& cell = said ? (is ? out.tp : out.fp) : (is ? out.fn : out.tn);
    cell += 1;
  }
  return out;
}

double correlation(std::span<const double> x, std::span<const double> y) {
  const auto n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  if (!(xx > 0 && yy > 0)) return nan;
  return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

/// From 1; equal values share the mean of their ranks.
std::vector<double> ranks(std::span<const float> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<double> out(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) out[order[i]] = static_cast<double>(begin + 1 + end) / 2;
    begin = end;
  }
  return out;
}

bool all_finite(std::span<const float> values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

}  // namespace

double accuracy(std::span<const float> predicted, std::span<const float> gold) {
  double right = 0;
  for (std::size_t i = 0; i < gold.size(); ++i) right += predicted[i] == gold[i] ? 1 : 0;
  return right / static_cast<double>(gold.size());
}

double f1(std::span<const float> predicted, std::span<const float> gold) {
  if (gold.empty()) return nan;
  const TwoClassTable table = two_classes(predicted, gold);
  const double below = 2 * table.tp + table.fp + table.fn;
  return below > 0 ? 2 * table.tp / below : 0;
}

double matthews(std::span<const float> predicted, std::span<const float> gold) {
  if (gold.empty()) return nan;
  const auto [tp, tn, fp, fn] = two_classes(predicted, gold);
  const double below = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn);
  return below > 0 ? (tp * tn - fp * fn) / std::sqrt(below) : 0;
}

double pearson(std::span<const float> predicted, std::span<const float> gold) {
  const std::vector<double> x(predicted.begin(), predicted.end());
  const std::vector<double> y(gold.begin(), gold.end());
  return correlation(x, y);
}

double spearman(std::span<const float> predicted, std::span<const float> gold) {
  if (!all_finite(predicted) || !all_finite(gold)) return nan;  // they have no order
  return correlation(ranks(predicted), ranks(gold));
}

std::vector<GlueMetric> glue_metrics(const GlueTask& task) {
  if (task.name == "cola") return {{"matthews", matthews}};
  if (task.name == "mrpc" || task.name == "qqp") return {{"accuracy", accuracy}, {"f1", f1}};
  if (task.regression()) return {{"pearson", pearson}, {"spearman", spearman}};
  return {{"accuracy", accuracy}};
}

}  // namespace onset
