// Pseudo-log-likelihood of sentences under a masked language model, and accuracy on minimal pairs.
//
//   PLL(S) = sum over tokens t of log p(t | S with t masked)          (Salazar et al. 2020, equation 1), in
//   nats
//
// PLL-word-l2r masks, besides t, the later subwords of its own word (Kauf & Ivanova 2023, section 3). [CLS]
// and [SEP] are never masked nor scored. A pair counts when the good sentence scores strictly higher (BLiMP;
// Warstadt et al. 2020).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "onset/probes/bootstrap.h"
#include "onset/probes/sentence_pass.h"
#include "onset/text/pairs.h"
#include "onset/text/wordpiece.h"

namespace onset {

enum class PllScoring { original, word_l2r };

/// Scores each of the sentences (token ids with [CLS] and [SEP]); NaN for one of more tokens than the model
/// has positions. Masked inputs that are equal are computed once: a pair that differs in one token shares the
/// input in which it is masked. The last layer runs at masked positions only. Memory: one batch's
/// activations, and the masked inputs of some thousand sentences.
struct PllTokens {
  std::int32_t mask = 0;        ///< id of [MASK]
  std::vector<bool> continues;  ///< [id] whether the token continues a word ("##…"); for word_l2r
  PllScoring scoring = PllScoring::original;
};
std::vector<double> pseudo_log_likelihoods(const Bert& bert, std::span<const TokenIds> sentences,
                                           const PllTokens& tokens, const PassOptions& options);
PllTokens pll_tokens(const Vocabulary& vocabulary, PllScoring scoring);

/// Minimal pairs as the score needs them; the same for every checkpoint of a series.
struct PairData {
  std::vector<TokenIds> sentences;       ///< [pair * 2 + (0 good, 1 bad)]
  std::vector<std::uint64_t> content;    ///< [pair] hash of both sentences
  std::vector<std::string> names;        ///< [pair] "paradigm:pairID"
  std::vector<std::int32_t> paradigm;    ///< [pair] index into paradigms
  std::vector<std::string> paradigms;    ///< by first appearance
  std::vector<std::int32_t> phenomenon;  ///< [paradigm] index into phenomena
  std::vector<std::string> phenomena;    ///< by name
  std::vector<std::int64_t> total;       ///< [paradigm] pairs that fit the positions
};
PairData prepare_pairs(std::span<const MinimalPair> pairs, const WordPiece& wordpiece,
                       std::int64_t positions);

struct PllScores {
  std::vector<float> score;                 ///< [pair, sentence]: good, bad
  std::vector<double> accuracy;             ///< [paradigm], in [0, 1]; NaN where no pair can be scored
  std::vector<double> phenomenon_accuracy;  ///< [phenomenon]: mean over its paradigms
  double overall = 0;                       ///< mean over paradigms
  std::vector<float> overall_replicates;    ///< [replicate]
};
PllScores score_pairs(const Bert& bert, const PairData& data, const PllTokens& tokens,
                      const PassOptions& options);
/// Fills everything but `score` from it.
void summarise_pairs(const PairData& data, const BootstrapWeights& weights, PllScores& scores);

}  // namespace onset
