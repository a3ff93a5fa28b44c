// Implicit parse in attention: unlabelled attachment score (UAS) of every head against dependency parses
// ("Sudden Drops in the Loss", Chen et al. 2024, section 3.1 and its code; after Clark et al. 2019,
// section 4.2).
//
// For a head's map a[query, key] over the tokens of a sentence:
//   1. to words: columns of one word are summed, rows of one word averaged, giving w[i, j];
//   2. w[i, i] := 0; [CLS] and [SEP] are dropped, nothing is renormalised;
//   3. word i's predicted head is argmax_j w[i, j] (direction "dep->head") or argmax_j w[j, i] ("head<-dep"),
//   the first of equals;
//   4. it is correct when it is the gold head; the root's gold head is no word, so the root is always wrong.
// Accuracy = correct / total for each (direction, layer, head, relation), in [0, 1]. Relation 0 is "all":
// every word.
//
// The second score, weight, is the mean of w[i, gold] (or w[gold, i]) over words with a gold word: NaN for
// relation root.
//
// A head whose w holds a NaN in some sentence has no score: correct is -1 and weight NaN for it, in both
// directions and every relation, and the curves over all heads, replicates included, are NaN.
//
// Departures from the public code: a relation on which a head makes no mistake is kept; the root's weight is
// left out. Kept: with relation "poss" (Stanford labels) the prediction of the next word counts where that
// word is 's or s'.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "onset/model/attention.h"
#include "onset/probes/bootstrap.h"
#include "onset/probes/sentence_pass.h"
#include "onset/text/alignment.h"
#include "onset/text/conllu.h"

namespace onset {

struct UasOptions {
  std::int64_t max_tokens = 128;    ///< longer sentences, [CLS] and [SEP] counted, are left out
  std::int64_t min_relation = 100;  ///< relations seen less often are not reported
};

/// Parsed sentences as the score needs them; the same for every checkpoint of a series.
struct UasData {
  struct Sentence {
    std::vector<TokenSpan> words;
    std::int64_t first_word = 0;  ///< its place among all words
  };
  std::vector<TokenIds> ids;  ///< [sentence]
  std::vector<Sentence> sentences;
  std::vector<std::int64_t> source;    ///< [sentence] its place in what was given, from 0
  std::vector<std::uint64_t> content;  ///< [sentence] hash of words, heads and relations
  std::vector<std::int32_t> head;      ///< [word] from 1 within its sentence, 0: root
  std::vector<std::int32_t> relation;  ///< [word] index into relations, never 0
  std::vector<std::int32_t>
      judged;  ///< [word] the word whose prediction counts: itself but for the "poss" quirk
  std::vector<std::string> relations;  ///< "all", then every relation seen, by name
  std::vector<std::int64_t> total;     ///< [relation] words
  std::vector<bool> reported;          ///< [relation] enters micro and macro: not all, root, punct, nor rare
  std::vector<double> baseline;      ///< [relation] accuracy of the best fixed offset -3 … 2 (head = word +
                                     ///< offset, clipped to 0 … n)
  std::int64_t too_long = 0;         ///< sentences left out for max_tokens
  std::int64_t without_subword = 0;  ///< sentences left out for a word that yields no subword
};

/// Throws Error(bad_data) where no sentence or no relation is left, saying which option to change.
UasData prepare_uas(std::span<const ParsedSentence> sentences, const WordPiece& wordpiece,
                    const UasOptions& options);

/// Some of the sentences, given by their places, ascending. Relations stay those of `data`, in their order,
/// so that a relation may have no word (its baseline is then NaN); those reported stay reported where they
/// have one.
UasData take_sentences(const UasData& data, std::span<const std::size_t> places);

inline constexpr int uas_directions = 2;  ///< 0: "dep->head", 1: "head<-dep"

struct UasScores {
  std::int64_t layers = 0, heads = 0, relations = 0;
  std::vector<std::int64_t> correct;  ///< [direction, layer, head, relation]; -1: the head has no score
  std::vector<double> weight;         ///< [direction, layer, head, relation]
  double micro = 0;     ///< sum over reported relations of the best head's correct words / sum of their words
  double macro = 0;     ///< mean over reported relations of the best head's accuracy
  double best_all = 0;  ///< accuracy over all words of the best single head
  double micro_crossfit =
      0;  ///< micro with heads chosen on one half of the sentences and scored on the other, both ways
  std::vector<float> micro_replicates,
      macro_replicates;  ///< [replicate], each with the heads chosen on the data itself
};

/// Takes the maps of one checkpoint and turns them into scores. Keeps a byte for each (direction, layer,
/// head, word).
class UasScorer {
 public:
  UasScorer(const UasData& data, const BertConfig& config);

  /// For run_sentence_pass over data.ids; safe to call concurrently for different (sentence, layer, head).
  void read(std::int64_t sentence, const AttentionMap& map);
  /// After all maps were read.
  UasScores scores(const BootstrapWeights& weights) const;

 private:
  std::int64_t head_index(int direction, std::int64_t layer, std::int64_t head) const {
    return (direction * layers_ + layer) * heads_ + head;
  }
  /// Correct words [direction, layer, head, relation] among the sentences of one half (0 or 1: the last bit
  /// of their content hash).
  std::vector<std::int64_t> count_half(std::uint64_t half) const;

  const UasData& data_;
  std::int64_t layers_, heads_;
  std::vector<std::uint8_t> correct_;  ///< [direction, layer, head, word]
  /// [direction, layer, head, relation], in units of 2^-36: whole numbers, so that the sum does not depend on
  /// the order of the threads.
  std::vector<std::int64_t> weight_;
  std::vector<std::uint8_t> unknown_;  ///< [layer, head] 1: a map was not a number
};

/// w[i, j] of a map, [word, word], its diagonal 0 (steps 1 and 2 above).
std::vector<float> word_attention(const AttentionMap& map, std::span<const TokenSpan> words);

}  // namespace onset
