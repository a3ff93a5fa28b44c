// From sentences to the sequences a model reads: [CLS] … [SEP], at most max_tokens long, heads as positions
// in the sequence.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "onset/training/tokenised.h"
#include "onset/training/train_config.h"

namespace onset {

struct PackingOptions {
  Packing packing = Packing::sentence;
  std::int64_t max_tokens = 128;  ///< at least 3
  std::int32_t cls = 0, sep = 0;  ///< ids of [CLS] and [SEP]
};

/// Heads beyond this position are taken to be there (the paper's code).
inline constexpr std::int32_t last_head_position = 511;

/// ids and heads of one sequence, of one length; a head is a position in the sequence, 0 ([CLS]) for the root
/// of a sentence, or no_head.
using SequenceSink =
    std::function<void(std::span<const std::int32_t> ids, std::span<const std::int16_t> heads)>;

/// Takes sentences one after another and hands on sequences as they are complete.
///
/// Sentence packing: a sentence is a sequence; one that is too long is left out (a cut sentence would lose
/// heads without a word). Block packing: sentences follow one another without a mark, each sequence holds
/// max_tokens tokens but the last; a sentence that crosses the border is cut there, and a head on the other
/// side is no_head.
class Packer {
 public:
  Packer(const PackingOptions& options, SequenceSink sink);
  void add(const TokenisedSentence& sentence);
  /// Hands on what is left of the last block.
  void finish();

  std::int64_t left_out() const { return left_out_; }  ///< sentences longer than max_tokens
  std::int64_t empty() const { return empty_; }        ///< sentences without a token

 private:
  void begin();
  void end();

  PackingOptions options_;
  SequenceSink sink_;
  std::vector<std::int32_t> ids_;
  std::vector<std::int16_t> heads_;
  std::int64_t left_out_ = 0, empty_ = 0;
};

}  // namespace onset
