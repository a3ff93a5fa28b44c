// Sentences of the demo language as nested phrases, and how they become words with heads and relations. A
// phrase says which words it has and nothing about whether they agree, so a minimal pair's bad sentence is
// the good one's phrases with one word exchanged.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "onset/text/conllu.h"
#include "onset/text/grammar_lexicon.h"

namespace onset::grammar {

struct NounPhrase;
struct Clause;

/// [before] verb [reflexive | object | "that" complement] [preposition oblique] [after]
struct VerbPhrase {
  const Verb* verb = nullptr;
  Number number = Number::singular;
  std::string_view before;     ///< an adverb or "ever"; empty: none
  std::string_view reflexive;  ///< empty: none
  std::unique_ptr<NounPhrase> object;
  std::unique_ptr<Clause> complement;
  std::string_view preposition;  ///< of the oblique
  std::unique_ptr<NounPhrase> oblique;
  std::string_view after;  ///< an adverb; empty: none
};

/// who|which [subject] verb …; without a subject the relative pronoun is it, with one it is the object.
struct RelativeClause {
  std::unique_ptr<NounPhrase> subject;
  VerbPhrase predicate;
};

/// determiner adjective… noun [preposition complement | relative]
struct NounPhrase {
  NounClass noun_class = NounClass::kin;
  std::size_t lemma = 0;
  Number number = Number::singular;
  std::string_view determiner;
  std::vector<std::string_view> adjectives;
  std::string_view preposition;  ///< of the complement
  std::unique_ptr<NounPhrase> complement;
  std::unique_ptr<RelativeClause> relative;
};

/// subject predicate [coordinator second]
struct Clause {
  NounPhrase subject;
  VerbPhrase predicate;
  std::string_view coordinator;
  std::unique_ptr<VerbPhrase> second;  ///< shares the subject
};

/// first [coordinator second] "."
struct Sentence {
  Clause first;
  std::string_view coordinator;
  std::unique_ptr<Clause> second;
};

/// Words, heads and relations (Universal Dependencies' names: root, det, amod, nsubj, obj, obl, case, nmod,
/// acl:relcl, advmod, cc, conj, ccomp, mark, punct); every tree is projective. id and line are left empty.
ParsedSentence parse_of(const Sentence& sentence);

/// The words with single spaces between them, the full stop too.
std::string text_of(const ParsedSentence& sentence);

}  // namespace onset::grammar
