// Says whether a string of words is a sentence of the demo language, by every way of reading it. Written from
// the description of the language (lexicon and phrase rules), without the sampler: what the sampler draws
// must be accepted, and a minimal pair's bad sentence must not be, however it is read. Bounds on length and
// depth are not its business.
#pragma once

#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "test/text/grammar_words.h"

namespace onset::grammar {

class Recogniser {
 public:
  bool accepts(const std::string& text) {
    words_.clear();
    forms_.clear();
    std::istringstream stream(text);
    for (std::string form; stream >> form;) forms_.push_back(form);
    for (const std::string& form : forms_) words_.push_back(table_.at(form));
    bool accepted = false;
    const Then end = [&](std::size_t i) {
      accepted = accepted || (is(i, WordKind::full_stop) && i + 1 == size());
    };
    clausal_sentence(end);
    clause(0, [&](std::size_t i) {
      end(i);
      if (is(i, WordKind::coordinator)) clause(i + 1, end);
    });
    return accepted;
  }

 private:
  struct Noun {
    Word word;
    bool negative = false;
  };
  // Continuations: each rule calls `then` once for every place where a reading of it may end.
  using Then = std::function<void(std::size_t)>;
  using ThenNoun = std::function<void(std::size_t, const Noun&)>;

  std::size_t size() const { return words_.size(); }
  bool is(std::size_t i, WordKind kind) const { return i < size() && words_[i].kind == kind; }

  void noun_phrase(std::size_t i, const ThenNoun& then) {
    if (!is(i, WordKind::determiner)) return;
    std::size_t at = i + 1;
    while (is(at, WordKind::class_adjective) || is(at, WordKind::neutral_adjective)) ++at;
    if (!is(at, WordKind::noun)) return;
    const Noun noun{words_[at], words_[i].negative};
    if (!words_[i].fits(noun.word.number)) return;
    for (std::size_t k = i + 1; k < at; ++k) {
      const bool goes = words_[k].kind == WordKind::neutral_adjective ||
                        (words_[k].noun_class == noun.word.noun_class && words_[k].fits(noun.word.number));
      if (!goes) return;
    }
    then(at + 1, noun);
    if (is(at + 1, WordKind::noun_preposition) && takes(noun.word.noun_class, forms_[at + 1])) {
      noun_phrase_of(at + 2, words_[at + 1].noun_class, [&](std::size_t end) { then(end, noun); });
    }
    if (is(at + 1, WordKind::relativizer) && forms_[at + 1] == relativizer(noun.word.noun_class)) {
      relative_clause(at + 2, noun, [&](std::size_t end) { then(end, noun); });
    }
  }

  void noun_phrase_of(std::size_t i, NounClass noun_class, const Then& then) {
    noun_phrase(i, [&](std::size_t end, const Noun& noun) {
      if (noun.word.noun_class == noun_class) then(end);
    });
  }

  /// [adverb] verb, the verb one of this kind that agrees with the subject and goes with the adverb.
  void verb(std::size_t i, const Noun& subject, const std::function<void(std::size_t, const Word&)>& then) {
    const std::size_t at = is(i, WordKind::adverb) || is(i, WordKind::ever) ? i + 1 : i;
    if (at >= size() || !words_[at].is_verb()) return;
    const Word& verb = words_[at];
    if (verb.noun_class != subject.word.noun_class || verb.number != subject.word.number) return;
    if (is(i, WordKind::adverb) && words_[i].group != verb.verb->adverbs) return;
    if (is(i, WordKind::ever) && !subject.negative) return;
    then(at + 1, verb);
  }

  void object(std::size_t i, const Word& verb, const Noun& subject, const Then& then) {
    if (verb.kind == WordKind::intransitive) then(i);
    if (verb.kind != WordKind::transitive) return;
    noun_phrase_of(i, verb.object, then);
    if (!is(i, WordKind::reflexive) || words_[i].number != subject.word.number) return;
    if (words_[i].number == Number::plural || words_[i].gender == subject.word.gender) then(i + 1);
  }

  void relative_clause(std::size_t i, const Noun& governor, const Then& then) {
    Noun pronoun = governor;
    pronoun.negative = false;
    verb(i, pronoun, [&](std::size_t end, const Word& verb) { object(end, verb, governor, then); });
    noun_phrase(i, [&](std::size_t end, Noun subject) {
      subject.negative = false;
      verb(end, subject, [&](std::size_t after, const Word& verb) {
        if (verb.kind == WordKind::transitive && verb.object == governor.word.noun_class) then(after);
      });
    });
  }

  void adverb_or_nothing(std::size_t i, const Word& verb, const Then& then) {
    then(i);
    if (is(i, WordKind::adverb) && words_[i].group == verb.verb->adverbs) then(i + 1);
  }

  void predicate(std::size_t i, const Noun& subject, const Then& then) {
    verb(i, subject, [&](std::size_t end, const Word& verb) {
      object(end, verb, subject, [&](std::size_t after) {
        adverb_or_nothing(after, verb, then);
        if (!is(after, WordKind::verb_preposition)) return;
        const Preposition& preposition = verb_preposition(verb.verb->preposition);
        if (forms_[after] != preposition.word) return;
        noun_phrase_of(after + 1, preposition.object,
                       [&](std::size_t last) { adverb_or_nothing(last, verb, then); });
      });
    });
  }

  void clause(std::size_t i, const Then& then) {
    noun_phrase(i, [&](std::size_t end, const Noun& subject) {
      predicate(end, subject, [&](std::size_t after) {
        then(after);
        if (is(after, WordKind::coordinator)) predicate(after + 1, subject, then);
      });
    });
  }

  void clausal_sentence(const Then& then) {
    noun_phrase(0, [&](std::size_t end, const Noun& subject) {
      verb(end, subject, [&](std::size_t after, const Word& verb) {
        if (verb.kind == WordKind::clausal && is(after, WordKind::complementizer)) clause(after + 1, then);
      });
    });
  }

  WordTable table_;
  std::vector<std::string> forms_;
  std::vector<Word> words_;
};

}  // namespace onset::grammar
