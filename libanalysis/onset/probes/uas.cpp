#include "onset/probes/uas.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>

namespace onset {
namespace {

constexpr double weight_unit = 0x1p-36;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Without leaving early, so that it takes whole vectors at a time.
bool holds_nan(const std::vector<float>& values) {
  int found = 0;
  for (const float value : values) found |= static_cast<int>(std::isnan(value));
  return found != 0;
}

/// All curves of a checkpoint of which some head has no score.
void set_unknown(UasScores& scores, std::int64_t replicates) {
  scores.micro = scores.macro = scores.best_all = scores.micro_crossfit = nan;
  scores.micro_replicates.assign(replicates, std::numeric_limits<float>::quiet_NaN());
  scores.macro_replicates = scores.micro_replicates;
}

/// A relation's head with the most correct words, the first of equals.
std::int64_t best_head(std::span<const std::int64_t> correct, std::int64_t relations, std::int64_t relation) {
  std::int64_t best = 0;
  const auto heads = static_cast<std::int64_t>(correct.size()) / relations;
  for (std::int64_t h = 1; h < heads; ++h) {
    if (correct[h * relations + relation] > correct[best * relations + relation]) best = h;
  }
  return best;
}

}  // namespace

std::vector<float> word_attention(const AttentionMap& map, std::span<const TokenSpan> words) {
  const std::size_t n = words.size();
  std::vector<float> out(n * n, 0.0F);
  for (std::size_t i = 0; i < n; ++i) {
    float* const row = out.data() + i * n;
    for (std::int32_t query = words[i].begin; query < words[i].end; ++query) {
      const float* const token_row = map.row(query);
      for (std::size_t j = 0; j < n; ++j) {
        float sum = token_row[words[j].begin];
        for (std::int32_t key = words[j].begin + 1; key < words[j].end; ++key) sum += token_row[key];
        row[j] += sum;
      }
    }
    const std::int32_t tokens = words[i].end - words[i].begin;
    if (tokens > 1) {
      for (std::size_t j = 0; j < n; ++j) row[j] /= static_cast<float>(tokens);
    }
    row[i] = 0.0F;
  }
  return out;
}

UasScorer::UasScorer(const UasData& data, const BertConfig& config)
    : data_(data),
      layers_(config.layers),
      heads_(config.heads),
      correct_(uas_directions * layers_ * heads_ * data.head.size(), 0),
      weight_(uas_directions * layers_ * heads_ * data.relations.size(), 0),
      unknown_(layers_ * heads_, 0) {}

void UasScorer::read(std::int64_t sentence, const AttentionMap& map) {
  const UasData::Sentence& where = data_.sentences[sentence];
  const std::size_t n = where.words.size();
  const std::vector<float> w = word_attention(map, where.words);
  if (holds_nan(w)) {
    // The first of equals would be taken for a prediction: no comparison with a NaN is true.
    std::atomic_ref(unknown_[map.layer * heads_ + map.head]).store(1, std::memory_order_relaxed);
    return;
  }

  std::vector<std::int32_t> predicted[uas_directions] = {std::vector<std::int32_t>(n, 0),
                                                         std::vector<std::int32_t>(n, 0)};
  std::vector<float> column_best(w.begin(), w.begin() + static_cast<std::ptrdiff_t>(n));
  for (std::size_t i = 0; i < n; ++i) {
    const float* const row = w.data() + i * n;
    std::size_t best = 0;
    for (std::size_t j = 0; j < n; ++j) {
      if (row[j] > row[best]) best = j;
      if (row[j] > column_best[j]) {
        column_best[j] = row[j];
        predicted[1][j] = static_cast<std::int32_t>(i);
      }
    }
    predicted[0][i] = static_cast<std::int32_t>(best);
  }

  const auto words = static_cast<std::int64_t>(data_.head.size());
  const auto relations = static_cast<std::int64_t>(data_.relations.size());
  for (int direction = 0; direction < uas_directions; ++direction) {
    const std::int64_t index = head_index(direction, map.layer, map.head);
    std::uint8_t* const correct = correct_.data() + index * words + where.first_word;
    std::int64_t* const weight = weight_.data() + index * relations;
    for (std::size_t i = 0; i < n; ++i) {
      const std::int64_t word = where.first_word + static_cast<std::int64_t>(i);
      const std::int64_t judged = data_.judged[word] - where.first_word;
      const std::int32_t gold = data_.head[word];
      correct[i] = predicted[direction][judged] + 1 == gold ? 1 : 0;
      if (gold == 0) continue;
      const std::size_t to = static_cast<std::size_t>(gold) - 1;
      const float on_gold = direction == 0 ? w[i * n + to] : w[to * n + i];
      const auto units = static_cast<std::int64_t>(std::llround(static_cast<double>(on_gold) / weight_unit));
      std::atomic_ref(weight[0]).fetch_add(units, std::memory_order_relaxed);
      std::atomic_ref(weight[data_.relation[word]]).fetch_add(units, std::memory_order_relaxed);
    }
  }
}

std::vector<std::int64_t> UasScorer::count_half(std::uint64_t half) const {
  const auto words = static_cast<std::int64_t>(data_.head.size());
  const auto relations = static_cast<std::int64_t>(data_.relations.size());
  const std::int64_t heads = uas_directions * layers_ * heads_;
  std::vector<std::int64_t> out(heads * relations, 0);
  for (std::size_t s = 0; s < data_.sentences.size(); ++s) {
    if ((data_.content[s] & 1U) != half) continue;
    const std::int64_t begin = data_.sentences[s].first_word;
    const std::int64_t end = begin + static_cast<std::int64_t>(data_.sentences[s].words.size());
    for (std::int64_t h = 0; h < heads; ++h) {
      for (std::int64_t word = begin; word < end; ++word) {
        const std::int64_t hit = correct_[h * words + word];
        out[h * relations] += hit;
        out[h * relations + data_.relation[word]] += hit;
      }
    }
  }
  return out;
}

UasScores UasScorer::scores(const BootstrapWeights& weights) const {
  const auto words = static_cast<std::int64_t>(data_.head.size());
  const auto relations = static_cast<std::int64_t>(data_.relations.size());
  const std::int64_t heads = uas_directions * layers_ * heads_;
  UasScores out;
  out.layers = layers_;
  out.heads = heads_;
  out.relations = relations;
  const std::vector<std::int64_t> halves[2] = {count_half(0), count_half(1)};
  std::ranges::transform(halves[0], halves[1], std::back_inserter(out.correct), std::plus{});

  std::vector<std::int64_t> with_gold(relations, 0);
  for (std::int64_t word = 0; word < words; ++word) {
    if (data_.head[word] == 0) continue;
    ++with_gold[0];
    ++with_gold[data_.relation[word]];
  }
  for (std::int64_t i = 0; i < heads * relations; ++i) {
    const std::int64_t n = with_gold[i % relations];
    out.weight.push_back(n > 0 ? static_cast<double>(weight_[i]) * weight_unit / static_cast<double>(n)
                               : nan);
  }
  if (std::ranges::count(unknown_, 1) > 0) {
    for (std::int64_t i = 0; i < heads * relations; ++i) {
      if (unknown_[i / relations % (layers_ * heads_)] == 0) continue;
      out.correct[i] = -1;
      out.weight[i] = nan;
    }
    set_unknown(out, weights.replicates());
    return out;
  }

  // The best head of each reported relation, and what it gets right in each sentence.
  std::vector<std::int64_t> best(relations, -1);
  std::int64_t right = 0;
  std::int64_t judged = 0;
  std::int64_t reported = 0;
  for (std::int64_t r = 1; r < relations; ++r) {
    if (!data_.reported[r]) continue;
    best[r] = best_head(out.correct, relations, r);
    const std::int64_t correct = out.correct[best[r] * relations + r];
    right += correct;
    judged += data_.total[r];
    out.macro += static_cast<double>(correct) / static_cast<double>(data_.total[r]);
    ++reported;
  }
  out.micro = static_cast<double>(right) / static_cast<double>(judged);
  out.macro /= static_cast<double>(reported);
  const std::int64_t overall = best_head(out.correct, relations, 0);
  out.best_all = static_cast<double>(out.correct[overall * relations]) / static_cast<double>(data_.total[0]);

  std::int64_t crossed = 0;
  for (std::int64_t r = 1; r < relations; ++r) {
    if (!data_.reported[r]) continue;
    for (int half = 0; half < 2; ++half) {
      crossed += halves[1 - half][best_head(halves[half], relations, r) * relations + r];
    }
  }
  out.micro_crossfit = static_cast<double>(crossed) / static_cast<double>(judged);

  // Replicates: [replicate, relation] weighted counts of words and of the best head's correct ones.
  std::vector<double> top(relations);
  std::vector<double> bottom(relations);
  for (std::int64_t b = 0; b < weights.replicates(); ++b) {
    std::fill(top.begin(), top.end(), 0.0);
    std::fill(bottom.begin(), bottom.end(), 0.0);
    for (std::size_t s = 0; s < data_.sentences.size(); ++s) {
      const int weight = weights(b, static_cast<std::int64_t>(s));
      if (weight == 0) continue;
      const std::int64_t begin = data_.sentences[s].first_word;
      const std::int64_t end = begin + static_cast<std::int64_t>(data_.sentences[s].words.size());
      for (std::int64_t word = begin; word < end; ++word) {
        const std::int32_t r = data_.relation[word];
        if (best[r] < 0) continue;
        bottom[r] += weight;
        top[r] += weight * correct_[best[r] * words + word];
      }
    }
    double all_top = 0;
    double all_bottom = 0;
    double sum = 0;
    std::int64_t present = 0;
    for (std::int64_t r = 1; r < relations; ++r) {
      if (bottom[r] == 0) continue;
      all_top += top[r];
      all_bottom += bottom[r];
      sum += top[r] / bottom[r];
      ++present;
    }
    out.micro_replicates.push_back(static_cast<float>(all_top / all_bottom));
    out.macro_replicates.push_back(static_cast<float>(sum / static_cast<double>(present)));
  }
  return out;
}

}  // namespace onset
