// What each word of the demo language is, looked up by its form: the tests' own view of the lexicon.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "onset/text/grammar_lexicon.h"

namespace onset::grammar {

enum class WordKind {
  determiner,
  class_adjective,
  neutral_adjective,
  noun,
  transitive,
  intransitive,
  clausal,
  adverb,
  ever,
  noun_preposition,
  verb_preposition,
  reflexive,
  relativizer,
  coordinator,
  complementizer,
  full_stop,
};

struct Word {
  WordKind kind = WordKind::full_stop;
  bool numbered = false;  ///< whether `number` means anything
  Number number = Number::singular;
  NounClass noun_class =
      NounClass::kin;                 ///< of a noun or adjective; a verb's subjects; a preposition's object
  NounClass object = NounClass::kin;  ///< of a transitive verb
  Gender gender = Gender::none;       ///< of a noun or a singular reflexive
  bool negative = false;              ///< no, few
  const Verb* verb = nullptr;
  std::size_t group = 0;  ///< of an adverb

  bool is_verb() const {
    return kind == WordKind::transitive || kind == WordKind::intransitive || kind == WordKind::clausal;
  }
  bool fits(Number other_number) const { return !numbered || number == other_number; }
};

class WordTable {
 public:
  WordTable() {
    for (std::size_t c = 0; c < class_count; ++c) add_class(static_cast<NounClass>(c));
    for (std::size_t i = 0; i < neutral_adjective_count; ++i) {
      words_[neutral_adjective(i)] = {.kind = WordKind::neutral_adjective};
    }
    words_[unmarked_determiner] = {.kind = WordKind::determiner};
    add_forms(negative_determiner, {.kind = WordKind::determiner, .negative = true});
    for (std::size_t i = 0; i < marked_determiner_count; ++i) {
      add_forms({marked_determiner(Number::singular, i), marked_determiner(Number::plural, i)},
                {.kind = WordKind::determiner});
    }
    for (std::size_t group = 0; group < 4; ++group) {
      for (std::size_t i = 0; i < adverbs_in_group; ++i) {
        words_[adverb(group, i)] = {.kind = WordKind::adverb, .group = group};
      }
      words_[verb_preposition(group).word] = {.kind = WordKind::verb_preposition,
                                              .noun_class = verb_preposition(group).object};
    }
    words_[ever] = {.kind = WordKind::ever};
    for (const Gender gender : {Gender::masculine, Gender::feminine}) {
      words_[reflexive(gender, Number::singular)] = {
          .kind = WordKind::reflexive, .numbered = true, .number = Number::singular, .gender = gender};
    }
    words_[reflexive(Gender::masculine, Number::plural)] = {
        .kind = WordKind::reflexive, .numbered = true, .number = Number::plural};
    for (const std::string_view word : {"who", "which"}) words_[word] = {.kind = WordKind::relativizer};
    for (const std::string_view word : {"and", "but"}) words_[word] = {.kind = WordKind::coordinator};
    words_["that"] = {.kind = WordKind::complementizer};
    words_["."] = {.kind = WordKind::full_stop};
  }

  /// Throws std::out_of_range for a word that is not of the language.
  const Word& at(std::string_view form) const { return words_.at(form); }
  std::size_t size() const { return words_.size(); }

 private:
  void add_forms(const Inflected& forms, Word word) {
    word.numbered = true;
    word.number = Number::singular;
    words_[forms.singular] = word;
    word.number = Number::plural;
    words_[forms.plural] = word;
  }

  void add_class(NounClass c) {
    for (std::size_t i = 0; i < lemma_count; ++i) {
      add_forms(noun(c, i).forms, {.kind = WordKind::noun, .noun_class = c, .gender = noun(c, i).gender});
    }
    for (std::size_t i = 0; i < class_adjective_count; ++i) {
      add_forms(class_adjective(c, i), {.kind = WordKind::class_adjective, .noun_class = c});
    }
    add_forms(intransitive(c).forms,
              {.kind = WordKind::intransitive, .noun_class = c, .verb = &intransitive(c)});
    for (std::size_t i = 0; i < noun_prepositions_of_class; ++i) {
      const Preposition& preposition = noun_preposition(c, i);
      words_[preposition.word] = {.kind = WordKind::noun_preposition, .noun_class = preposition.object};
    }
    if (!animate(c)) return;
    add_forms(clausal(c).forms, {.kind = WordKind::clausal, .noun_class = c, .verb = &clausal(c)});
    for (std::size_t o = 0; o < class_count; ++o) {
      const auto object = static_cast<NounClass>(o);
      add_forms(
          transitive(c, object).forms,
          {.kind = WordKind::transitive, .noun_class = c, .object = object, .verb = &transitive(c, object)});
    }
  }

  std::map<std::string_view, Word> words_;
};

/// Whether a noun of this class takes another by this preposition.
inline bool takes(NounClass governor, std::string_view preposition) {
  for (std::size_t i = 0; i < noun_prepositions_of_class; ++i) {
    if (noun_preposition(governor, i).word == preposition) return true;
  }
  return false;
}

}  // namespace onset::grammar
