// Minimal pairs of the demo language. Good and bad sentence differ in one word. Between that word and the one
// that decides stand others that lead astray (attractors), and the words beside it do not tell.
//
// Pairs come in couples, two sides of one draw: what is good on one side is bad on the other, behind the same
// word (in sva_rc the relative clause's verb, in its other number). So a model that only prefers the more
// frequent form, or goes by the word before, is right once in a couple.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "onset/text/grammar_sampler.h"

namespace onset::grammar {

enum class Side { first, second };

struct PairOfParses {
  ParsedSentence good;
  ParsedSentence bad;
};

struct Paradigm {
  std::string_view name;        ///< UID
  std::string_view field;       ///< BLiMP's: morphology or syntax
  std::string_view phenomenon;  ///< BLiMP's linguistics_term
  /// One side of a couple; the other comes from the same dice. Couples with consecutive numbers go through
  /// the noun classes where the paradigm is about them.
  PairOfParses (*draw)(Sampler& sampler, Side side, std::size_t couple);
};

/// det_noun_adj, sva_pp, sva_rc, sva_coord, reflexive_gender, verb_object_selection, subject_verb_selection,
/// adverb_selection.
std::span<const Paradigm> paradigms();

}  // namespace onset::grammar
