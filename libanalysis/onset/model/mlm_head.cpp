#include "onset/model/mlm_head.h"

#include <ATen/Parallel.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "onset/base/error.h"
#include "onset/model/attention_kernel.h"
#include "onset/model/kernel_device.h"
#include "onset/model/layer.h"

namespace onset {
namespace {

/// Words of the vocabulary per tile: the tile's logits for some hundred rows fit the second-level cache of
/// two cores.
constexpr std::int64_t tile_words = 2048;

torch::Tensor transform(const Bert& bert, const torch::Tensor& hidden) {
  if (!bert.mlm)
    throw Error(ErrorKind::bad_data, "the checkpoint has no masked-language-model head (cls.predictions.*)");
  const MlmHead& head = *bert.mlm;
  const torch::Tensor inner = linear_activate(hidden, head.transform, bert.config.activation);
  return torch::layer_norm(inner, {bert.config.hidden}, head.norm.weight, head.norm.bias,
                           bert.config.layer_norm_eps);
}

/// log(e^a + e^b); NaN where one of them is, which max and min would pass over
double log_add(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  const double top = std::max(a, b);
  return std::isinf(top) && top < 0 ? top : top + std::log1p(std::exp(std::min(a, b) - top));
}

}  // namespace

torch::Tensor mlm_logits(const Bert& bert, const torch::Tensor& hidden) {
  return torch::linear(transform(bert, hidden), bert.mlm->decoder, bert.mlm->bias);
}

torch::Tensor mlm_log_probabilities(const Bert& bert, const torch::Tensor& hidden,
                                    const torch::Tensor& targets) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor inner = transform(bert, hidden);
  if (!runs_in_kernel(inner)) {
    const torch::Tensor logits = torch::linear(inner, bert.mlm->decoder, bert.mlm->bias).to(torch::kFloat32);
    return torch::log_softmax(logits, -1)
        .gather(1, targets.to(logits.device()).unsqueeze(1))
        .squeeze(1)
        .to(torch::kCPU);
  }
  const std::int64_t rows = inner.size(0);
  const auto* const target = targets.data_ptr<std::int64_t>();
  std::vector<double> total(rows, -std::numeric_limits<double>::infinity());
  std::vector<double> wanted(rows, 0.0);
  for (std::int64_t begin = 0; begin < bert.config.vocab_size; begin += tile_words) {
    const std::int64_t words = std::min(tile_words, bert.config.vocab_size - begin);
    const torch::Tensor logits = torch::linear(inner, bert.mlm->decoder.narrow(0, begin, words),
                                               bert.mlm->bias.narrow(0, begin, words));
    const auto* const values = logits.data_ptr<float>();
    at::parallel_for(0, rows, 8, [&](std::int64_t from, std::int64_t to) {
      for (std::int64_t row = from; row < to; ++row) {
        total[row] = log_add(total[row], log_sum_exp(values + row * words, words));
        if (target[row] >= begin && target[row] < begin + words)
          wanted[row] = values[row * words + target[row] - begin];
      }
    });
  }
  torch::Tensor out = torch::empty({rows}, torch::kFloat32);
  for (std::int64_t row = 0; row < rows; ++row)
    out.data_ptr<float>()[row] = static_cast<float>(wanted[row] - total[row]);
  return out;
}

}  // namespace onset
