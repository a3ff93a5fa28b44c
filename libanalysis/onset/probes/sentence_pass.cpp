#include "onset/probes/sentence_pass.h"

#include "onset/base/stop.h"

namespace onset {

void run_sentence_pass(const Bert& bert, std::span<const TokenIds> sentences, const PassReaders& readers,
                       const PassOptions& options) {
  const c10::InferenceMode inference;
  std::vector<std::int64_t> lengths;
  lengths.reserve(sentences.size());
  for (const TokenIds& ids : sentences) lengths.push_back(static_cast<std::int64_t>(ids.size()));
  std::int64_t done = 0;
  for (const std::vector<std::int64_t>& items : batches_by_length(lengths, options.batch_tokens)) {
    throw_if_stopped(options.stop);
    std::vector<std::span<const std::int32_t>> rows;
    rows.reserve(items.size());
    for (const std::int64_t item : items) rows.emplace_back(sentences[item]);
    const PackedBatch batch = pack(rows, bert.device());
    EncoderOptions encoder;
    if (!readers.attention.empty()) {
      encoder.attention = [&](const AttentionMap& map) {
        for (const auto& read : readers.attention) read(items[map.sequence], map);
      };
    }
    if (!readers.hidden.empty()) {
      encoder.hidden = [&](std::int64_t layer, const torch::Tensor& hidden) {
        for (const auto& read : readers.hidden) read({layer, items, batch.offsets, hidden});
      };
    }
    encode(bert, batch, encoder);
    done += static_cast<std::int64_t>(items.size());
    if (options.progress) {
      options.progress({"sentences", done, static_cast<std::int64_t>(sentences.size()), "sentences"});
    }
  }
}

}  // namespace onset
