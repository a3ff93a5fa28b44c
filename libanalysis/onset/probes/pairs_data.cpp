#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <unordered_map>

#include "onset/base/error.h"
#include "onset/base/sha256.h"
#include "onset/probes/pll.h"

namespace onset {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Mean over the values that are not NaN; NaN where there is none.
double mean_present(std::span<const double> values) {
  double sum = 0;
  std::int64_t count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return count > 0 ? sum / static_cast<double>(count) : nan;
}

}  // namespace

PairData prepare_pairs(std::span<const MinimalPair> pairs, const WordPiece& wordpiece,
                       std::int64_t positions) {
  PairData data;
  std::unordered_map<std::string, std::int32_t> paradigms;
  std::map<std::string, std::int32_t> phenomena;
  std::vector<std::string> phenomenon_of;
  for (const MinimalPair& pair : pairs) {
    data.sentences.push_back(wordpiece.encode(pair.good));
    data.sentences.push_back(wordpiece.encode(pair.bad));
    data.content.push_back(content_hash(pair.good + '\n' + pair.bad));
    data.names.push_back(pair.paradigm + ':' + pair.id);
    const auto [found, fresh] =
        paradigms.try_emplace(pair.paradigm, static_cast<std::int32_t>(data.paradigms.size()));
    if (fresh) {
      data.paradigms.push_back(pair.paradigm);
      data.total.push_back(0);
      phenomenon_of.push_back(pair.phenomenon);
      phenomena.emplace(pair.phenomenon, 0);
    }
    data.paradigm.push_back(found->second);
    const bool fits = std::max(data.sentences.end()[-1].size(), data.sentences.end()[-2].size()) <=
                      static_cast<std::size_t>(positions);
    if (fits) ++data.total[found->second];
  }
  for (auto& [name, index] : phenomena) {
    index = static_cast<std::int32_t>(data.phenomena.size());
    data.phenomena.push_back(name);
  }
  for (const std::string& name : phenomenon_of) data.phenomenon.push_back(phenomena.at(name));
  return data;
}

void summarise_pairs(const PairData& data, const BootstrapWeights& weights, PllScores& scores) {
  const std::size_t pairs = data.names.size();
  const std::size_t paradigms = data.paradigms.size();
  std::vector<std::int8_t> right(pairs);  // 1 right, 0 wrong, -1 cannot be scored
  for (std::size_t p = 0; p < pairs; ++p) {
    const float good = scores.score[2 * p];
    const float bad = scores.score[2 * p + 1];
    right[p] = static_cast<std::int8_t>(std::isnan(good) || std::isnan(bad) ? -1 : (good > bad ? 1 : 0));
  }
  const auto accuracies = [&](const auto& weight_of) {
    std::vector<double> top(paradigms, 0.0);
    std::vector<double> bottom(paradigms, 0.0);
    for (std::size_t p = 0; p < pairs; ++p) {
      if (right[p] < 0) continue;
      const int weight = weight_of(p);
      bottom[data.paradigm[p]] += weight;
      top[data.paradigm[p]] += weight * right[p];
    }
    for (std::size_t i = 0; i < paradigms; ++i) top[i] = bottom[i] > 0 ? top[i] / bottom[i] : nan;
    return top;
  };
  scores.accuracy = accuracies([](std::size_t) { return 1; });
  scores.overall = mean_present(scores.accuracy);
  for (std::size_t f = 0; f < data.phenomena.size(); ++f) {
    std::vector<double> members;
    for (std::size_t i = 0; i < paradigms; ++i) {
      if (data.phenomenon[i] == static_cast<std::int32_t>(f)) members.push_back(scores.accuracy[i]);
    }
    scores.phenomenon_accuracy.push_back(mean_present(members));
  }
  for (std::int64_t b = 0; b < weights.replicates(); ++b) {
    const auto weight = [&](std::size_t p) { return weights(b, static_cast<std::int64_t>(p)); };
    scores.overall_replicates.push_back(static_cast<float>(mean_present(accuracies(weight))));
  }
}

}  // namespace onset
