// Trace of the Fisher information matrix of a masked language model: how sharply its predictions depend on
// its parameters (Achille, Rovere & Soatto, ICLR 2019, section 2.2; the paper's section on complexity).
//
//   tr F = E_x E_{y ~ p_theta(. | x)} || grad_theta log p_theta(y | x) ||^2
//
// x is a masked line together with one of its masked tokens, every masked token of the text as likely as any
// other (those whose mean `loss/mlm` is); y is a word drawn from the model's own distribution there, not the
// word that stood there. theta is every parameter that log p depends on: a tied decoder counts once, with the
// word embeddings; a pooler not at all. Units: nats^2. Range: at least 0.
//
// The estimate. Of each line with masked tokens one of them is drawn, and one label y, by counter from (seed,
// line, position), so that all checkpoints are asked at the same places with the same luck. With q_s the
// squared norm at line s and n_s its masked tokens,
//
//   trace = sum_s n_s q_s / sum_s n_s,      E trace = tr F of this text and this mask
//   error = sqrt(S / (S - 1) * sum_s n_s^2 (q_s - trace)^2) / sum_s n_s          (linearised; S lines)
//
// The norms are exact, with one backward pass a batch and not one a token or a line: lines of a batch do not
// interact, so after one backward pass from sum_s log p(y_s | x_s) every token's gradient is that of its own
// line, and for a product with inputs x_t and output gradients g_t
//
//   || sum_t g_t x_t^T ||^2 = sum_{t,t'} (g_t . g_t') (x_t . x_t')
//
// (Goodfellow 2015, arXiv:1510.01799, for one token; Li et al., ICLR 2022, section 4, for sequences), which
// needs no gradient of the weight. See model/recorded_forward.h. Float32 products, sums in double; a model in
// bfloat16 is measured in bfloat16 and its numbers are rough.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "onset/probes/sentence_pass.h"
#include "onset/text/masking.h"

namespace onset {

/// A masked line asked at one place.
struct FisherExample {
  TokenIds ids;               ///< masks put in
  std::int64_t position = 0;  ///< of the masked token asked for
  std::int64_t masked = 0;    ///< masked tokens of the line: the example's weight
  double uniform = 0;         ///< in [0, 1): the label is the first word at which the cumulated p exceeds it
};

/// Draws the place and the label's luck; nothing for a line without masked tokens.
std::optional<FisherExample> fisher_example(const MaskedLine& masked, std::int64_t line, std::uint64_t seed);

/// What the trace is divided into: "embeddings", "layer_0" … , "head" (the MLM head without a tied decoder).
std::vector<std::string> fisher_groups(std::int64_t layers);

struct FisherTrace {
  double trace = 0;                 ///< NaN where there is no example
  double error = 0;                 ///< standard error of trace over lines; NaN below two examples
  std::vector<double> group_trace;  ///< [group]: its parts, which sum to it
  std::vector<double> group_error;  ///< [group]: theirs, by the same formula
  std::int64_t examples = 0;
  std::vector<double> squared_norm;  ///< [example] q_s
};

/// Throws Error(bad_data) where the model has no MLM head, Interrupted when stopped. Working memory is each
/// thread's activations and their gradients on a quarter of options.batch_tokens, about 4 bytes * tokens *
/// layers * (22 * hidden + 4 * ffn).
FisherTrace fisher_trace(const Bert& bert, std::span<const FisherExample> examples,
                         const PassOptions& options);

}  // namespace onset
