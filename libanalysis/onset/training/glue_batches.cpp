#include "onset/training/glue_batches.h"

namespace onset {

EncodedGlue encode_glue(const GlueTask& task, std::span<const GlueExample> examples,
                        const WordPiece& wordpiece, std::int64_t max_tokens) {
  const Vocabulary& vocabulary = wordpiece.vocabulary();
  EncodedGlue out;
  for (const GlueExample& example : examples) {
    std::vector<std::int32_t> first = wordpiece.pieces(example.first);
    std::vector<std::int32_t> second = wordpiece.pieces(example.second);
    const auto room = static_cast<std::size_t>(max_tokens - (task.pair() ? 3 : 2));
    if (first.size() + second.size() > room) ++out.shortened;
    while (first.size() + second.size() > room) (first.size() > second.size() ? first : second).pop_back();
    std::vector<std::int32_t> ids = {vocabulary.cls()};
    ids.insert(ids.end(), first.begin(), first.end());
    ids.push_back(vocabulary.sep());
    out.second.push_back(static_cast<std::int64_t>(ids.size()));
    if (task.pair()) {
      ids.insert(ids.end(), second.begin(), second.end());
      ids.push_back(vocabulary.sep());
    }
    out.ids.push_back(std::move(ids));
    out.labels.push_back(example.label);
  }
  return out;
}

PackedBatch pack_glue(const EncodedGlue& data, std::span<const std::int64_t> items, bool types,
                      const torch::Device& device) {
  std::vector<std::span<const std::int32_t>> sequences;
  std::vector<std::int64_t> type;
  for (const std::int64_t item : items) {
    sequences.emplace_back(data.ids[item]);
    for (std::size_t t = 0; t < data.ids[item].size(); ++t)
      type.push_back(static_cast<std::int64_t>(t) >= data.second[item] ? 1 : 0);
  }
  PackedBatch out = pack(sequences, device);
  if (types) out.types = torch::tensor(type, torch::kInt64).to(device);
  return out;
}

}  // namespace onset
