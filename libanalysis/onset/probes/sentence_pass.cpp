#include "onset/probes/sentence_pass.h"

#include <ATen/Parallel.h>
#include <torch/utils.h>

#include <atomic>
#include <mutex>

#include "onset/base/stop.h"

namespace onset {

void for_each_batch(std::span<const std::int64_t> lengths, const torch::Device& device,
                    const PassOptions& options,
                    const std::function<void(std::span<const std::int64_t> items)>& work,
                    const std::function<void(std::int64_t items)>& finished) {
  const std::vector<std::vector<std::int64_t>> batches = batches_by_length(lengths, options.batch_tokens);
  const auto count = static_cast<std::int64_t>(batches.size());
  const std::int64_t threads = device.is_cpu() ? at::get_num_threads() : 1;
  std::mutex mutex;
  const auto run = [&](std::int64_t batch) {
    throw_if_stopped(options.stop);
    work(batches[batch]);
    const std::lock_guard hold(mutex);
    finished(static_cast<std::int64_t>(batches[batch].size()));
  };
  std::atomic<std::int64_t> next = 0;
  at::parallel_for(0, threads, 1, [&](std::int64_t, std::int64_t) {
    const c10::InferenceMode inference;  // a thread's own
    try {
      for (std::int64_t batch = next++; batch < count; batch = next++) run(batch);
    } catch (...) {
      next = count;  // nobody starts another
      throw;
    }
  });
}

void run_sentence_pass(const Bert& bert, std::span<const TokenIds> sentences, const PassReaders& readers,
                       const PassOptions& options) {
  std::vector<std::int64_t> lengths;
  lengths.reserve(sentences.size());
  for (const TokenIds& ids : sentences) lengths.push_back(static_cast<std::int64_t>(ids.size()));
  const auto work = [&](std::span<const std::int64_t> items) {
    std::vector<std::span<const std::int32_t>> rows;
    rows.reserve(items.size());
    for (const std::int64_t item : items) rows.emplace_back(sentences[item]);
    const PackedBatch batch = pack(rows, bert.device());
    EncoderOptions encoder;
    encoder.maps_only = readers.hidden.empty();
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
  };
  std::int64_t done = 0;
  for_each_batch(lengths, bert.device(), options, work, [&](std::int64_t items) {
    done += items;
    if (options.progress) {
      options.progress({"sentences", done, static_cast<std::int64_t>(sentences.size()), "sentences"});
    }
  });
}

}  // namespace onset
