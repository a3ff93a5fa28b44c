#include "onset/training/batches.h"

#include <bit>

#include "onset/base/random.h"

namespace onset {

Permutation::Permutation(std::int64_t size, std::uint64_t seed, std::uint64_t which)
    : size_(static_cast<std::uint64_t>(size)),
      seed_(seed),
      which_(which),
      half_bits_((static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(size - 1))) + 1) / 2) {}

std::int64_t Permutation::operator()(std::int64_t place) const {
  const std::uint64_t low = (std::uint64_t{1} << half_bits_) - 1;
  auto value = static_cast<std::uint64_t>(place);
  do {
    std::uint64_t left = value >> half_bits_;
    std::uint64_t right = value & low;
    for (std::uint64_t round = 0; round < 4; ++round) {
      const std::uint64_t mixed = left ^ (draw_bits(seed_, Draw::order, {which_, round, right}) & low);
      left = right;
      right = mixed;
    }
    value = left << half_bits_ | right;
  } while (value >= size_);
  return static_cast<std::int64_t>(value);
}

TrainingBatch masked_batch(const Corpus& corpus, const Vocabulary& vocabulary,
                           std::span<const DrawnSequence> drawn, const MaskingOptions& masking) {
  const MaskingVocabulary tokens = masking_vocabulary(vocabulary);
  std::vector<MaskedLine> lines;
  std::vector<std::span<const std::int32_t>> ids;
  std::vector<std::int64_t> chosen, targets, arcs;
  TrainingBatch batch;
  lines.reserve(drawn.size());
  for (const DrawnSequence& item : drawn) {
    const TokenSequence sequence = corpus[item.sequence];
    const auto begin = static_cast<std::int64_t>(arcs.size());
    for (const std::int16_t head : sequence.heads) {
      arcs.push_back(head);
      batch.parsed += head >= 0 ? 1 : 0;
    }
    lines.push_back(mask_line(sequence.ids, item.line, tokens, masking));
    const MaskedLine& line = lines.back();
    for (const std::int32_t position : line.positions) chosen.push_back(begin + position);
    targets.insert(targets.end(), line.targets.begin(), line.targets.end());
    ids.emplace_back(line.ids);
  }
  batch.packed = pack(ids, torch::kCPU);
  batch.chosen = torch::tensor(chosen, torch::kInt64);
  batch.targets = torch::tensor(targets, torch::kInt64);
  batch.arcs = torch::tensor(arcs, torch::kInt64);
  return batch;
}

TrainingBatch make_batch(const Corpus& corpus, const Vocabulary& vocabulary, std::int64_t number,
                         const BatchOptions& options) {
  std::vector<DrawnSequence> drawn;
  for (std::int64_t i = 0; i < options.sequences; ++i) {
    const std::int64_t line = number * options.sequences + i;  // sequences of the run before this one
    const Permutation order(corpus.size(), options.seed, static_cast<std::uint64_t>(line / corpus.size()));
    drawn.push_back({order(line % corpus.size()), line});
  }
  return masked_batch(corpus, vocabulary, drawn, {options.mask, options.seed});
}

std::vector<MaskedLine> masked_lines(const Corpus& corpus, const Vocabulary& vocabulary,
                                     const MaskingOptions& masking) {
  std::vector<MaskedLine> out;
  for (std::int64_t s = 0; s < corpus.size(); ++s)
    out.push_back(mask_line(corpus[s].ids, s, masking_vocabulary(vocabulary), masking));
  return out;
}

TrainingBatch to_device(TrainingBatch batch, const torch::Device& device) {
  for (torch::Tensor* const tensor :
       {&batch.packed.ids, &batch.packed.positions, &batch.chosen, &batch.targets, &batch.arcs}) {
    *tensor = tensor->to(device);
  }
  return batch;
}

}  // namespace onset
