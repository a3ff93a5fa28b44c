#include "onset/probes/sentence_vectors.h"

#include <algorithm>
#include <set>

namespace onset {

SentenceVectors::SentenceVectors(std::span<const TokenIds> sentences, const BertConfig& config)
    : layers_(config.layers + 1) {
  std::set<std::span<const std::int32_t>,
           decltype([](auto a, auto b) { return std::ranges::lexicographical_compare(a, b); })>
      seen;
  std::int64_t rows = 0;
  for (const TokenIds& ids : sentences) {
    const bool fresh = seen.insert(ids).second;
    row_.push_back(fresh ? rows++ : -1);
    if (!fresh) ++repeated_;
  }
  for (std::int64_t i = 0; i < layers_ * 2; ++i)
    vectors_.push_back(torch::zeros({rows, config.hidden}, torch::kFloat32));
}

void SentenceVectors::read(const HiddenStates& states) {
  const torch::Tensor hidden = states.hidden.to(torch::kCPU, torch::kFloat32).contiguous();
  const std::int64_t width = hidden.size(1);
  const float* const values = hidden.data_ptr<float>();
  auto* const cls = vectors_[states.layer * 2].data_ptr<float>();
  auto* const means = vectors_[states.layer * 2 + 1].data_ptr<float>();
  for (std::size_t s = 0; s < states.items.size(); ++s) {
    const std::int64_t row = row_[states.items[s]];
    if (row < 0) continue;
    const float* const first = values + states.offsets[s] * width;
    const std::int64_t words = states.offsets[s + 1] - states.offsets[s] - 2;
    std::copy_n(first, width, cls + row * width);
    float* const mean = means + row * width;
    for (std::int64_t word = 1; word <= words; ++word) {
      for (std::int64_t j = 0; j < width; ++j) mean[j] += first[word * width + j];
    }
    for (std::int64_t j = 0; words > 0 && j < width; ++j) mean[j] /= static_cast<float>(words);
  }
}

std::vector<TwoNn> SentenceVectors::dimensions() const {
  std::vector<TwoNn> out;
  for (const torch::Tensor& vectors : vectors_) {
    out.push_back(twonn(vectors));
    out.back().duplicates += repeated_;
  }
  return out;
}

}  // namespace onset
