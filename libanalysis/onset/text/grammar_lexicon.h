// The words of the demo language and what selects what: the tables behind grammar.h. Nouns fall into six
// classes of eight lemmas. A class decides which adjectives, prepositions and verbs its nouns go with, so
// that relations between words can be told from the words, not from their distance.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace onset::grammar {

enum class Number { singular, plural };
constexpr Number other(Number number) {
  return number == Number::singular ? Number::plural : Number::singular;
}

/// The first three are animate: only they are subjects of transitive and clausal verbs, and only they have a
/// gender.
enum class NounClass { kin, court, beasts, tools, places, trees };
constexpr std::size_t class_count = 6;
constexpr std::size_t animate_count = 3;
constexpr bool animate(NounClass noun_class) { return noun_class < NounClass::tools; }

enum class Gender { masculine, feminine, none };

/// A word with a singular and a plural form; the same form twice where number does not show.
struct Inflected {
  std::string_view singular;
  std::string_view plural;
  std::string_view form(Number number) const { return number == Number::singular ? singular : plural; }
};

struct Noun {
  Inflected forms;
  Gender gender;
};

struct Verb {
  Inflected forms;
  std::size_t adverbs;      ///< its group, for adverb
  std::size_t preposition;  ///< its preposition, for verb_preposition; clausal verbs have no use for it
};

/// A preposition and the class of noun it takes.
struct Preposition {
  std::string_view word;
  NounClass object;
};

constexpr std::size_t lemma_count = 8;            ///< nouns in a class
constexpr std::size_t class_adjective_count = 3;  ///< adjectives of a class
constexpr std::size_t neutral_adjective_count = 4;
constexpr std::size_t marked_determiner_count = 4;  ///< of either number
constexpr std::size_t adverbs_in_group = 2;
constexpr std::size_t noun_prepositions_of_class = 2;

const Noun& noun(NounClass noun_class, std::size_t lemma);
/// The lemma of the other gender, of an animate class, that is next to this one in frequency: mother and
/// father, ….
constexpr std::size_t counterpart(std::size_t lemma) { return lemma ^ 1U; }
/// Adjectives of one class agree with the noun in number: the plural ends in -e, as it did in Middle English.
const Inflected& class_adjective(NounClass noun_class, std::size_t which);
/// Adjectives that go with any noun and do not show number.
std::string_view neutral_adjective(std::size_t which);

constexpr std::string_view unmarked_determiner = "the";
/// "no" is singular, "few" plural; both license "ever" before the verb.
constexpr Inflected negative_determiner = {"no", "few"};
std::string_view marked_determiner(Number number, std::size_t which);

/// One verb for every class of subject (animate) and of object.
const Verb& transitive(NounClass subject, NounClass object);
/// One for every class.
const Verb& intransitive(NounClass subject);
/// One for every animate class; takes a clause with "that".
const Verb& clausal(NounClass subject);

std::string_view adverb(std::size_t group, std::size_t which);
/// The two prepositions by which a noun of this class takes another noun, `which` of them. Whatever a noun
/// takes can take it in turn.
const Preposition& noun_preposition(NounClass governor, std::size_t which);
const Preposition& verb_preposition(std::size_t which);

constexpr std::string_view relativizer(NounClass noun_class) { return animate(noun_class) ? "who" : "which"; }
/// For a gender but none.
std::string_view reflexive(Gender gender, Number number);
constexpr std::string_view ever = "ever";
constexpr std::string_view complementizer = "that";
constexpr std::string_view full_stop = ".";
std::string_view coordinator(std::size_t which);
constexpr std::size_t coordinator_count = 2;

/// A word form as CoNLL-U describes it.
struct WordForm {
  std::string_view form;
  std::string_view lemma;
  std::string_view upos;
  std::string_view features;  ///< "Number=Sing", "Number=Plur" or "_"
};

/// Every form of the language once, the full stop last.
std::vector<WordForm> word_forms();

}  // namespace onset::grammar
