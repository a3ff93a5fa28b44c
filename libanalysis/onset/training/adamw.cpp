#include "onset/training/adamw.h"

#include <ATen/Parallel.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "onset/training/adamw_kernel.h"

namespace onset {
namespace {

constexpr std::int64_t chunk_size = 1 << 14;  // floats; a multiple of the vector width

struct Chunk {
  std::size_t slice;
  std::int64_t begin, size;  // in the slice
};

std::vector<Chunk> chunks_of(const Parameters& parameters, const std::vector<torch::Tensor>& gradients) {
  std::vector<Chunk> out;
  for (std::size_t s = 0; s < gradients.size(); ++s) {
    if (!gradients[s].defined()) continue;
    const std::int64_t size = parameters.slices()[s].size();
    for (std::int64_t begin = 0; begin < size; begin += chunk_size)
      out.push_back({s, begin, std::min(chunk_size, size - begin)});
  }
  return out;
}

/// Runs work(chunk number) on all threads; small models on one, for waking threads costs more.
template <typename Work>
void for_each_chunk(std::size_t chunks, const Work& work) {
  at::parallel_for(0, static_cast<std::int64_t>(chunks), 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) work(static_cast<std::size_t>(c));
  });
}

double clip_scale(double norm, double clip) { return clip > 0 ? std::min(1.0, clip / (norm + 1e-6)) : 1.0; }

}  // namespace

AdamW::AdamW(const Parameters& parameters, const OptimiserSettings& settings)
    : settings_(settings),
      m_(torch::zeros_like(parameters.values())),
      v_(torch::zeros_like(parameters.values())) {}

double AdamW::update(Parameters& parameters, double lr) {
  const torch::NoGradGuard no_grad;
  const std::vector<torch::Tensor> gradients = parameters.gradients();
  const auto t = static_cast<double>(updates_ + 1);
  const double correction1 = 1 - std::pow(settings_.beta1, t);
  const double correction2 = 1 - std::pow(settings_.beta2, t);
  const std::vector<ParameterSlice>& slices = parameters.slices();

  if (!parameters.values().is_cpu()) {
    std::vector<torch::Tensor> squares;
    for (const torch::Tensor& gradient : gradients) {
      if (gradient.defined()) squares.push_back(gradient.to(torch::kFloat32).square().sum());
    }
    const double norm = squares.empty() ? 0.0 : std::sqrt(torch::stack(squares).sum().item<double>());
    if (!std::isfinite(norm)) return norm;
    const double scale = clip_scale(norm, settings_.clip);
    for (std::size_t s = 0; s < slices.size(); ++s) {
      if (!gradients[s].defined()) continue;
      const auto view = [&](const torch::Tensor& array) {
        return array.narrow(0, slices[s].begin, slices[s].size());
      };
      const torch::Tensor g = gradients[s].to(torch::kFloat32).reshape({-1}) * scale;
      torch::Tensor w = view(parameters.values()), m = view(m_), v = view(v_);
      if (slices[s].decays) w.mul_(1 - lr * settings_.weight_decay);
      m.mul_(settings_.beta1).add_(g, 1 - settings_.beta1);
      v.mul_(settings_.beta2).addcmul_(g, g, 1 - settings_.beta2);
      w.addcdiv_(m, v.sqrt().div_(std::sqrt(correction2)).add_(settings_.eps), -lr / correction1);
    }
    ++updates_;
    return norm;
  }

  const std::vector<Chunk> chunks = chunks_of(parameters, gradients);
  std::vector<double> squares(chunks.size());
  const auto gradient_of = [&](const Chunk& chunk) {
    return gradients[chunk.slice].data_ptr<float>() + chunk.begin;
  };
  for_each_chunk(chunks.size(),
                 [&](std::size_t c) { squares[c] = sum_of_squares(gradient_of(chunks[c]), chunks[c].size); });
  double total = 0;
  for (const double square : squares) total += square;
  const double norm = std::sqrt(total);
  if (!std::isfinite(norm)) return norm;

  AdamWFactors factors;
  factors.scale = static_cast<float>(clip_scale(norm, settings_.clip));
  factors.beta1 = static_cast<float>(settings_.beta1);
  factors.beta2 = static_cast<float>(settings_.beta2);
  factors.rest1 = static_cast<float>(1 - settings_.beta1);
  factors.rest2 = static_cast<float>(1 - settings_.beta2);
  factors.step = static_cast<float>(lr / correction1);
  factors.root = static_cast<float>(1 / std::sqrt(correction2));
  factors.eps = static_cast<float>(settings_.eps);
  AdamWFactors decaying = factors;
  decaying.keep = static_cast<float>(1 - lr * settings_.weight_decay);
  auto* const w = parameters.values().data_ptr<float>();
  auto* const m = m_.data_ptr<float>();
  auto* const v = v_.data_ptr<float>();
  for_each_chunk(chunks.size(), [&](std::size_t c) {
    const Chunk& chunk = chunks[c];
    const std::int64_t at = slices[chunk.slice].begin + chunk.begin;
    adamw_update(w + at, m + at, v + at, gradient_of(chunk), chunk.size,
                 slices[chunk.slice].decays ? decaying : factors);
  });
  ++updates_;
  return norm;
}

}  // namespace onset
