#include "onset/probes/ablation.h"

#include <torch/utils.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>

#include "onset/base/random.h"
#include "onset/model/attention.h"
#include "onset/probes/mlm_loss.h"

namespace onset {
namespace {

constexpr double mean_unit = 0x1p-30;

}  // namespace

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

HeadMeans::HeadMeans(const Bert& bert)
    : bert_(bert),
      sum_(bert.config.layers * bert.config.hidden, 0),
      tokens_(bert.config.layers, 0),
      unknown_(bert.config.layers, 0) {}

void HeadMeans::read(const HiddenStates& states) {
  if (states.layer == bert_.config.layers) return;  // no layer reads it
  const Linear& qkv = bert_.layers[states.layer].qkv;
  AttentionOptions options;
  options.heads = bert_.config.heads;
  options.layer = states.layer;
  const torch::Tensor context =
      attend(torch::linear(states.hidden, qkv.weight, qkv.bias), states.offsets, options).context;
  const torch::Tensor sum = context.to(torch::kFloat64).sum(0).to(torch::kCPU).contiguous();
  std::int64_t* const total = sum_.data() + states.layer * bert_.config.hidden;
  for (std::int64_t j = 0; j < bert_.config.hidden; ++j) {
    const double value = sum.data_ptr<double>()[j];
    if (!std::isfinite(value)) {
      std::atomic_ref(unknown_[states.layer]).store(1, std::memory_order_relaxed);
      return;
    }
    std::atomic_ref(total[j]).fetch_add(std::llround(value / mean_unit), std::memory_order_relaxed);
  }
  std::atomic_ref(tokens_[states.layer]).fetch_add(context.size(0), std::memory_order_relaxed);
}

torch::Tensor HeadMeans::means() const {
  const std::int64_t width = bert_.config.hidden;
  torch::Tensor out = torch::full({bert_.config.layers, width}, std::numeric_limits<float>::quiet_NaN());
  for (std::int64_t l = 0; l < bert_.config.layers; ++l) {
    if (unknown_[l] != 0 || tokens_[l] == 0) continue;
    for (std::int64_t j = 0; j < width; ++j) {
      out.data_ptr<float>()[l * width + j] = static_cast<float>(static_cast<double>(sum_[l * width + j]) *
                                                                mean_unit / static_cast<double>(tokens_[l]));
    }
  }
  return out;
}

Bert without_heads(const Bert& bert, std::span<const HeadPlace> heads, const torch::Tensor& means) {
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
    torch::Tensor bias = qkv.bias.narrow(0, values, size);
    if (means.defined()) {
      bias.copy_(means[place.layer].narrow(0, place.head * size, size));
    } else {
      bias.zero_();
    }
  }
  return out;
}

AblationScore ablation_score(const Bert& bert, const AblationTask& task, const PassOptions& options) {
  PllScores scores = score_pairs(bert, task.pairs, task.tokens, options);
  summarise_pairs(task.pairs, {{.replicates = 0}, ItemKind::pair, task.pairs.content}, scores);
  return {scores.overall, mlm_loss(bert, task.lines, options).loss};
}

}  // namespace onset
