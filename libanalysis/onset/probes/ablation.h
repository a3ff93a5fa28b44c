// What a model loses with the heads that carry its implicit parse: grammatical accuracy and masked-token loss
// after silencing the best head of every reported relation (uas.h), against as many heads drawn at random.
//
// Silencing a head: what it hands to its layer's output product is the same for every token, 0 (Michel, Levy
// & Neubig, NeurIPS 2019, section 2.3, a mask of 0) or its mean over the tokens of a text (mean ablation,
// which leaves the layers above the input they expect). Attention's rows sum to 1, so it is the model whose
// value weights of that head are 0 and whose value biases are 0 or that mean. The other heads, the residual
// and the output's bias stay. The random sets are drawn from all heads without replacement, so that they may
// hold heads of the parse: they say what a set of that size costs whatever it is. If structure does work,
// accuracy falls further, and loss rises further, without the heads of the parse than without the random
// ones.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "onset/probes/pll.h"
#include "onset/probes/uas.h"
#include "onset/text/masking.h"

namespace onset {

enum class Silence { zero, mean };

struct AblationOptions {
  std::int64_t draws = 3;           ///< random sets of heads
  Silence silence = Silence::zero;  ///< what a head hands on instead
};

struct HeadPlace {
  std::int64_t layer = 0, head = 0;
  friend auto operator<=>(const HeadPlace&, const HeadPlace&) = default;
};

/// The heads that are best for some reported relation, in whichever direction (the first of equals, as UAS
/// takes it), each once, by layer and head.
std::vector<HeadPlace> parse_heads(const UasData& data, const UasScores& scores);

/// `count` of the model's heads, by layer and head: the first in an order drawn by counter from (seed, draw,
/// head), the same at every checkpoint.
std::vector<HeadPlace> random_heads(const BertConfig& config, std::int64_t count, std::uint64_t seed,
                                    std::int64_t draw);

/// What every head hands on in the mean over the tokens of a shared pass, [CLS] and [SEP] included.
class HeadMeans {
 public:
  explicit HeadMeans(const Bert& bert);

  /// For run_sentence_pass; runs each layer's attention once more.
  void read(const HiddenStates& states);
  /// [layer, hidden], heads side by side; float32 on the CPU. NaN for a layer that handed on what is no
  /// number.
  torch::Tensor means() const;

 private:
  const Bert& bert_;
  /// [layer, hidden], in units of 2^-30: whole numbers, so that the sum does not depend on the order of the
  /// threads.
  std::vector<std::int64_t> sum_;
  std::vector<std::int64_t> tokens_;   ///< [layer]
  std::vector<std::uint8_t> unknown_;  ///< [layer] 1: not a number
};

/// `bert` with these heads silenced: their values 0, or those of `means` (HeadMeans::means) where it is
/// defined. Matrices of layers that lose none are shared, the others copied.
Bert without_heads(const Bert& bert, std::span<const HeadPlace> heads, const torch::Tensor& means = {});

/// What a model is asked, before and after.
struct AblationTask {
  const PairData& pairs;
  const PllTokens& tokens;
  std::span<const MaskedLine> lines;
};

struct AblationScore {
  double overall = 0;  ///< mean over paradigms of PLL accuracy, 0 … 1 (pll.h)
  double mlm = 0;      ///< nats per masked token (mlm_loss.h)
};

/// Throws what pll.h and mlm_loss.h throw.
AblationScore ablation_score(const Bert& bert, const AblationTask& task, const PassOptions& options);

}  // namespace onset
