// Which sequences a step trains on, and what is masked in them: pure functions of (seed, step, place in the
// step), so that any step of a run is known without those before it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "onset/model/batch.h"
#include "onset/text/masking.h"
#include "onset/text/vocabulary.h"
#include "onset/training/corpus.h"

namespace onset {

/// A permutation of 0 … size - 1 that is computed place by place: a Feistel network of four rounds (Luby &
/// Rackoff, 1988) on the smallest even number of bits that holds `size`, applied again while the result is
/// out of range (Black & Rogaway, 2002, section 3: cycle walking; under four times on average).
class Permutation {
 public:
  /// `which` tells permutations of one seed apart: the epoch.
  Permutation(std::int64_t size, std::uint64_t seed, std::uint64_t which);
  std::int64_t operator()(std::int64_t place) const;

 private:
  std::uint64_t size_, seed_, which_;
  unsigned half_bits_;
};

struct BatchOptions {
  std::int64_t sequences = 256;  ///< of one batch
  double mask = 0.15;            ///< share of tokens predicted
  std::uint64_t seed = 1;
};

/// One pass through the model.
struct TrainingBatch {
  PackedBatch packed;       ///< with the masks put in
  torch::Tensor chosen;     ///< int64 [row]: the tokens whose identity is to be predicted, ascending
  torch::Tensor targets;    ///< int64 [row]: what stood there
  torch::Tensor arcs;       ///< int64 [token]: position of the head in the token's own sequence, -1 for none
  std::int64_t parsed = 0;  ///< tokens with a head
};

/// A sequence of the corpus and the number that its mask is drawn by.
struct DrawnSequence {
  std::int64_t sequence = 0, line = 0;
};

/// These sequences, masked.
TrainingBatch masked_batch(const Corpus& corpus, const Vocabulary& vocabulary,
                           std::span<const DrawnSequence> drawn, const MaskingOptions& masking);

/// Batch `number` of the run (from 0). Epoch e takes the sequences in the order of Permutation(size, seed,
/// e), so that each is seen once an epoch; a batch may reach into the next one. The mask of a sequence is
/// drawn anew each time it comes up. All tensors are on the CPU.
TrainingBatch make_batch(const Corpus& corpus, const Vocabulary& vocabulary, std::int64_t number,
                         const BatchOptions& options);

/// Every sequence of a corpus once, its mask drawn by its number: what a held-out loss is taken on.
std::vector<MaskedLine> masked_lines(const Corpus& corpus, const Vocabulary& vocabulary,
                                     const MaskingOptions& masking);

/// Moves a batch's tensors.
TrainingBatch to_device(TrainingBatch batch, const torch::Device& device);

}  // namespace onset
