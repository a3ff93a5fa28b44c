// The demo language: a small dependency grammar whose sentences have known heads and relations and whose
// agreements cannot be told from neighbouring words, so that a model of 171,000 parameters shows within
// minutes on a CPU how structure and capability set in. About 230 English words, each one token; 5 to 22
// words a sentence, the full stop counted; adjectives of a noun class agree in number ("the kinde mothers
// near this old house laugh calmly .").
//
// What goes with what is in grammar_lexicon.h, how often each construction is drawn in grammar_sampler.cpp,
// the minimal pairs in grammar_pairs.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "onset/base/progress.h"
#include "onset/text/conllu.h"
#include "onset/text/pairs.h"

namespace onset {

struct GrammarOptions {
  std::uint64_t seed = 1;  ///< another seed, another corpus and other pairs of the same language
  std::int64_t train_sentences = 60'000;  ///< at least 1
  std::int64_t dev_sentences = 1'000;     ///< at least 1
  std::int64_t pairs_per_paradigm = 100;  ///< at least 1
};

enum class GrammarSplit { train, dev };

class Grammar {
 public:
  /// Throws Error(usage) for a count below 1.
  explicit Grammar(GrammarOptions options = {});

  const GrammarOptions& options() const { return options_; }

  /// Sentence `index` (from 0, no upper bound) of a split: a function of the seed, the split and the index.
  /// No sentence of one split is in the other; within a split short ones may come twice. The id is "train-1",
  /// …; heads count from 1, the root's is 0; line is 0.
  ParsedSentence sentence(GrammarSplit split, std::int64_t index) const;

  /// Paradigm by paradigm, ids "0", "1", … in each, no pair twice. A good sentence is one of the language and
  /// not in the train split; the bad one differs from it in one word. Throws Error(usage) when a paradigm has
  /// not so many.
  std::vector<MinimalPair> pairs() const;

  /// [PAD], [UNK], [CLS], [SEP], [MASK], then every word form once.
  std::vector<std::string> vocabulary() const;

 private:
  GrammarOptions options_;
};

/// Writes train.conllu, dev.conllu, pairs/<paradigm>.jsonl (every field of BLiMP) and vocab.txt into
/// `folder`, which is made if need be; each file replaced whole (base/file.h). Throws Error(io).
void write_grammar(const Grammar& grammar, const std::filesystem::path& folder,
                   const Progress& progress = {});

}  // namespace onset
