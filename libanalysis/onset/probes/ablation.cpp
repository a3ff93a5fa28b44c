#include "onset/probes/ablation.h"

#include <algorithm>
#include <numeric>

#include "onset/base/random.h"
#include "onset/probes/mlm_loss.h"

namespace onset {

std::vector<HeadPlace> parse_heads(const UasData& data, const UasScores& scores) {
  std::vector<HeadPlace> out;
  const std::int64_t heads = uas_directions * scores.layers * scores.heads;
  for (std::int64_t r = 1; r < scores.relations; ++r) {
    if (!data.reported[r]) continue;
    const auto correct = [&](std::int64_t h) { return scores.correct[h * scores.relations + r]; };
    std::int64_t best = 0;
    for (std::int64_t h = 1; h < heads; ++h) {
      if (correct(h) > correct(best)) best = h;
    }
    out.push_back({best / scores.heads % scores.layers, best % scores.heads});
  }
  std::ranges::sort(out);
  const auto doubles = std::ranges::unique(out);
  out.erase(doubles.begin(), doubles.end());
  return out;
}

std::vector<HeadPlace> random_heads(const BertConfig& config, std::int64_t count, std::uint64_t seed,
                                    std::int64_t draw) {
  std::vector<std::uint64_t> order(config.layers * config.heads);
  std::iota(order.begin(), order.end(), std::uint64_t{0});
  std::ranges::sort(order, {}, [&](std::uint64_t head) {
    return draw_bits(seed, Draw::random_heads, {static_cast<std::uint64_t>(draw), head});
  });
  std::vector<HeadPlace> out;
  for (const std::uint64_t head : std::span(order).first(count)) {
    out.push_back(
        {static_cast<std::int64_t>(head) / config.heads, static_cast<std::int64_t>(head) % config.heads});
  }
  std::ranges::sort(out);
  return out;
}

Bert without_heads(const Bert& bert, std::span<const HeadPlace> heads) {
  const torch::NoGradGuard no_grad;
  Bert out = bert;
  const std::int64_t size = bert.config.head_size();
  std::int64_t copied = -1;
  std::vector<HeadPlace> ordered(heads.begin(), heads.end());
  std::ranges::sort(ordered);
  for (const HeadPlace& place : ordered) {
    Linear& qkv = out.layers[place.layer].qkv;
    if (place.layer != copied) qkv = {qkv.weight.clone(), qkv.bias.clone()};
    copied = place.layer;
    const std::int64_t values = 2 * bert.config.hidden + place.head * size;
    qkv.weight.narrow(0, values, size).zero_();
    qkv.bias.narrow(0, values, size).zero_();
  }
  return out;
}

AblationScore ablation_score(const Bert& bert, const AblationTask& task, const PassOptions& options) {
  PllScores scores = score_pairs(bert, task.pairs, task.tokens, options);
  summarise_pairs(task.pairs, {{.replicates = 0}, ItemKind::pair, task.pairs.content}, scores);
  return {scores.overall, mlm_loss(bert, task.lines, options).loss};
}

}  // namespace onset
