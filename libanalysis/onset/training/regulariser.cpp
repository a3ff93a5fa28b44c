#include "onset/training/regulariser.h"

#include <vector>

namespace onset {
namespace {

/// a^p with gradient 0 where a is 0: there dropout cut the attention, or there is no arc.
torch::Tensor power(const torch::Tensor& a, double p) {
  if (p == 1) return a;
  const torch::Tensor some = a > 0;
  return torch::where(some, torch::where(some, a, torch::ones_like(a)).pow(p), torch::zeros_like(a));
}

}  // namespace

torch::Tensor regulariser(std::span<const torch::Tensor> arcs, std::int64_t parsed,
                          const RegulariserConfig& config) {
  if (arcs.empty() || parsed == 0) {
    return torch::zeros({}, arcs.empty() ? torch::TensorOptions(torch::kFloat32) : arcs[0].options());
  }
  auto terms = torch::Tensor();  // [2]: heads, children
  auto addends = static_cast<double>(parsed);
  double p = 1;
  if (config.kind == RegulariserKind::max) {
    const std::vector<torch::Tensor> layers(arcs.begin(), arcs.end());
    terms = torch::cat(layers, 0).amax(0).sum(0);
  } else {
    p = config.p;
    for (const torch::Tensor& layer : arcs) {
      const torch::Tensor sum = power(layer, p).sum(torch::IntArrayRef{0, 1});
      terms = terms.defined() ? terms + sum : sum;
    }
    addends *= static_cast<double>(arcs.size()) * static_cast<double>(arcs[0].size(0));
  }
  if (config.reduction == Reduction::mean) terms = terms / addends;
  terms = power(terms, 1 / p);
  switch (config.terms) {
    case RegulariserTerms::heads:
      return terms[0];
    case RegulariserTerms::children:
      return terms[1];
    case RegulariserTerms::both:
      break;
  }
  return terms.sum();
}

}  // namespace onset
