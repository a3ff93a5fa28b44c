// One forward pass over sentences, shared by every probe that reads attention or hidden states of unmasked
// text.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <vector>

#include "onset/base/progress.h"
#include "onset/model/encoder.h"

namespace onset {

/// Token ids of a sentence, [CLS] and [SEP] included.
using TokenIds = std::vector<std::int32_t>;

/// Reads one attention map of sentence `sentence` (its index in the pass). Called concurrently.
using SentenceAttentionReader = std::function<void(std::int64_t sentence, const AttentionMap& map)>;

/// Reads the hidden states of some sentences after a layer. Called concurrently for different sentences, in
/// order of layers for the same ones: sentence items[s] owns the rows offsets[s] … offsets[s + 1] - 1 of
/// `hidden`.
struct HiddenStates {
  std::int64_t layer = 0;
  std::span<const std::int64_t> items;
  std::span<const std::int64_t> offsets;
  const torch::Tensor& hidden;
};
using SentenceHiddenReader = std::function<void(const HiddenStates&)>;

struct PassReaders {
  std::vector<SentenceAttentionReader> attention;
  std::vector<SentenceHiddenReader> hidden;
};

/// How work is cut and watched; changes no result beyond the last bits.
struct PassOptions {
  std::int64_t batch_tokens =
      1024;              ///< tokens in one forward pass: its activations then stay in a last-level cache
  Progress progress;     ///< may be empty
  std::stop_token stop;  ///< Interrupted is thrown between batches
};

/// Cuts items of these lengths into batches (batches_by_length) and calls work(items) for each. On the CPU
/// every thread takes whole batches and computes them alone: nobody waits for another within a layer, and a
/// batch's numbers are the same to the bit however many threads there are (a matrix product cut among threads
/// may round differently).
/// finished(items of a batch) is called after each, never concurrently. `work` runs in inference mode and
/// must write to places of its own. Throws Interrupted when stopped, and what `work` throws.
void for_each_batch(std::span<const std::int64_t> lengths, const torch::Device& device,
                    const PassOptions& options,
                    const std::function<void(std::span<const std::int64_t> items)>& work,
                    const std::function<void(std::int64_t items)>& finished);

/// Runs the encoder over all sentences in batches of even length. Each thread holds one batch's activations
/// at a time: about 4 bytes * batch_tokens * (6 * hidden + ffn), plus one head's map.
void run_sentence_pass(const Bert& bert, std::span<const TokenIds> sentences, const PassReaders& readers,
                       const PassOptions& options);

}  // namespace onset
