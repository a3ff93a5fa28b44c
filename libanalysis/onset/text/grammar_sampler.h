// Draws phrases of the demo language. Every draw is a function of the seed and of where it stands (which
// sentence, which attempt, how many draws into it), so a sentence does not depend on those before it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>

#include "onset/text/grammar_phrases.h"

namespace onset::grammar {

/// One sentence's own stream of draws.
class Dice {
 public:
  /// stream: what is drawn for (a split or a paradigm); index: which of them; attempt: its how-manieth trial.
  Dice(std::uint64_t seed, std::uint64_t stream, std::uint64_t index, std::uint64_t attempt)
      : seed_(seed), stream_(stream), index_(index), attempt_(attempt) {}

  double uniform();  ///< in [0, 1)
  bool chance(double probability) { return uniform() < probability; }
  std::size_t below(std::size_t count);  ///< uniform in [0, count)
  /// One of the weights' places, in proportion to them.
  std::size_t weighted(std::span<const double> weights);

 private:
  std::uint64_t seed_, stream_, index_, attempt_;
  std::uint64_t draws_ = 0;
};

class Sampler {
 public:
  explicit Sampler(const Dice& dice) : dice_(dice) {}

  Dice& dice() { return dice_; }
  Sentence sentence();

  // The parts, for those who build a sentence to a plan. `depth`: how many noun phrases this one stands in;
  // from 2 on it takes no complement and no relative clause, so that sentences end.
  NounPhrase noun_phrase(NounClass noun_class, int depth);
  /// Determiner, adjectives and noun only; the determiner not "no" or "few".
  NounPhrase plain_noun_phrase(NounClass noun_class, Number number);
  /// The verb alone, or with an object that is drawn.
  static VerbPhrase bare_predicate(const Verb& verb, Number number);
  VerbPhrase transitive_predicate(const NounPhrase& subject, int depth);
  std::string_view adverb_of(const Verb& verb) { return adverb(verb.adverbs, dice_.below(adverbs_in_group)); }
  NounClass any_class() { return static_cast<NounClass>(dice_.below(class_count)); }
  NounClass animate_class() { return static_cast<NounClass>(dice_.below(animate_count)); }
  Number any_number() { return dice_.chance(0.5) ? Number::plural : Number::singular; }
  std::size_t lemma();

 private:
  NounPhrase start(NounClass noun_class, Number number);
  void add_determiner(NounPhrase& phrase, bool may_be_negative);
  void add_adjectives(NounPhrase& phrase);
  RelativeClause relative_clause(const NounPhrase& governor, int depth);
  Clause clause(int depth);
  VerbPhrase predicate_with_complement(const NounPhrase& subject);
  void add_adjuncts(VerbPhrase& predicate, const NounPhrase& subject, int depth);

  Dice dice_;
};

}  // namespace onset::grammar
