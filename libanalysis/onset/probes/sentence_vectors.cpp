#include "onset/probes/sentence_vectors.h"

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
  for (std::size_t s = 0; s < states.items.size(); ++s) {
    const std::int64_t row = row_[states.items[s]];
    if (row < 0) continue;
    const std::int64_t begin = states.offsets[s];
    const std::int64_t words = states.offsets[s + 1] - begin - 2;
    vectors_[states.layer * 2][row].copy_(hidden[begin]);
    if (words > 0) vectors_[states.layer * 2 + 1][row].copy_(hidden.narrow(0, begin + 1, words).mean(0));
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
