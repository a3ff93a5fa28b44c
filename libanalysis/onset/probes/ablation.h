// What a model loses with the heads that carry its implicit parse: grammatical accuracy and masked-token loss
// after zeroing the best head of every reported relation (uas.h), against as many heads drawn at random.
//
// Zeroing a head: what it hands to its layer's output product is 0 for every token (Michel, Levy & Neubig,
// NeurIPS 2019, section 2.3, a mask of 0), which is the model whose value weights and biases of that head are
// 0. The other heads, the residual and the output's bias stay. The random sets are drawn from all heads
// without replacement, so that they may hold heads of the parse: they say what a set of that size costs
// whatever it is. If structure does work, accuracy falls further, and loss rises further, without the heads
// of the parse than without the random ones.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "onset/probes/pll.h"
#include "onset/probes/uas.h"
#include "onset/text/masking.h"

namespace onset {

struct AblationOptions {
  std::int64_t draws = 3;  ///< random sets of heads
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

/// `bert` with these heads zeroed. Matrices of layers that lose none are shared, the others copied.
Bert without_heads(const Bert& bert, std::span<const HeadPlace> heads);

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
