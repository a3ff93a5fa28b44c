#include "onset/text/grammar_pairs.h"

#include <array>

namespace onset::grammar {
namespace {

// In every function below at most one argument of a call is drawn: the order of two would be the compiler's.

/// The good sentence, and what it becomes when `spoil` has exchanged a word.
template <typename Spoil>
PairOfParses contrast(Sentence& sentence, const Spoil& spoil) {
  PairOfParses pair;
  pair.good = parse_of(sentence);
  spoil();
  pair.bad = parse_of(sentence);
  return pair;
}

Number singular_first(Side side) { return side == Side::first ? Number::singular : Number::plural; }

VerbPhrase transitive_with_object(Sampler& sampler, const NounPhrase& subject, NounClass object,
                                  Number object_number) {
  VerbPhrase predicate = Sampler::bare_predicate(transitive(subject.noun_class, object), subject.number);
  predicate.object = std::make_unique<NounPhrase>(sampler.plain_noun_phrase(object, object_number));
  return predicate;
}

/// The class's intransitive verb, or for an animate one half of the time a transitive with its object.
VerbPhrase any_predicate(Sampler& sampler, const NounPhrase& subject) {
  if (animate(subject.noun_class) && sampler.dice().chance(0.5)) {
    const NounClass object = sampler.any_class();
    return transitive_with_object(sampler, subject, object, sampler.any_number());
  }
  return Sampler::bare_predicate(intransitive(subject.noun_class), subject.number);
}

/// "who <subject> <verb>" on a governor.
void add_object_relative(NounPhrase& governor, NounPhrase subject) {
  governor.relative = std::make_unique<RelativeClause>();
  governor.relative->predicate =
      Sampler::bare_predicate(transitive(subject.noun_class, governor.noun_class), subject.number);
  governor.relative->subject = std::make_unique<NounPhrase>(std::move(subject));
}

/// "who <verb> <object>" on an animate governor.
void add_subject_relative(NounPhrase& governor, NounPhrase object) {
  governor.relative = std::make_unique<RelativeClause>();
  governor.relative->predicate =
      Sampler::bare_predicate(transitive(governor.noun_class, object.noun_class), governor.number);
  governor.relative->predicate.object = std::make_unique<NounPhrase>(std::move(object));
}

void add_complement(Sampler& sampler, NounPhrase& governor, Number number) {
  const std::size_t which = sampler.dice().below(noun_prepositions_of_class);
  const Preposition& preposition = noun_preposition(governor.noun_class, which);
  governor.preposition = preposition.word;
  governor.complement = std::make_unique<NounPhrase>(sampler.plain_noun_phrase(preposition.object, number));
}

// "the kings with these hammers admire this old small oak | *oaks .": the determiner decides over two
// adjectives that do not show number; subject and complement have the other number.
PairOfParses det_noun_adj(Sampler& sampler, Side side, std::size_t /*couple*/) {
  const Number number = singular_first(side);
  Sentence sentence;
  NounPhrase& subject = sentence.first.subject;
  subject = sampler.plain_noun_phrase(sampler.animate_class(), other(number));
  add_complement(sampler, subject, other(number));
  sentence.first.predicate = transitive_with_object(sampler, subject, sampler.any_class(), number);
  NounPhrase& object = *sentence.first.predicate.object;
  object.determiner = marked_determiner(number, sampler.dice().below(marked_determiner_count));
  const std::size_t first = sampler.dice().below(neutral_adjective_count);
  const std::size_t step = 1 + sampler.dice().below(neutral_adjective_count - 1);
  object.adjectives = {neutral_adjective(first), neutral_adjective((first + step) % neutral_adjective_count)};
  return contrast(sentence, [&] { object.number = other(number); });
}

// "the queen with these hammers secretly admires | *admire …": the complement has the other number, the
// adverb none.
PairOfParses sva_pp(Sampler& sampler, Side side, std::size_t /*couple*/) {
  const Number number = singular_first(side);
  Sentence sentence;
  NounPhrase& subject = sentence.first.subject;
  subject = sampler.plain_noun_phrase(sampler.any_class(), number);
  add_complement(sampler, subject, other(number));
  VerbPhrase& predicate = sentence.first.predicate;
  predicate = any_predicate(sampler, subject);
  predicate.before = sampler.adverb_of(*predicate.verb);
  return contrast(sentence, [&] { predicate.number = other(number); });
}

// "the queen who these bulls fear admires | *admire …": subject and verb of the relative clause have the
// other number.
PairOfParses sva_rc(Sampler& sampler, Side side, std::size_t /*couple*/) {
  const Number number = singular_first(side);
  Sentence sentence;
  NounPhrase& subject = sentence.first.subject;
  subject = sampler.plain_noun_phrase(sampler.any_class(), number);
  add_object_relative(subject, sampler.plain_noun_phrase(sampler.animate_class(), other(number)));
  VerbPhrase& predicate = sentence.first.predicate;
  predicate = any_predicate(sampler, subject);
  return contrast(sentence, [&] { predicate.number = other(number); });
}

// "the queen rides these bulls and admires | *admire …": the object has the other number, the verbs differ.
PairOfParses sva_coord(Sampler& sampler, Side side, std::size_t /*couple*/) {
  const Number number = singular_first(side);
  Sentence sentence;
  Clause& clause = sentence.first;
  clause.subject = sampler.plain_noun_phrase(sampler.animate_class(), number);
  const std::size_t object = sampler.dice().below(class_count);
  const std::size_t second = (object + 1 + sampler.dice().below(class_count - 1)) % class_count;
  clause.predicate =
      transitive_with_object(sampler, clause.subject, static_cast<NounClass>(object), other(number));
  clause.coordinator = coordinator(sampler.dice().below(coordinator_count));
  clause.second = std::make_unique<VerbPhrase>(
      transitive_with_object(sampler, clause.subject, static_cast<NounClass>(second), sampler.any_number()));
  return contrast(sentence, [&] { clause.second->number = other(number); });
}

NounPhrase singular_of_gender(Sampler& sampler, NounClass noun_class, Gender gender) {
  NounPhrase phrase = sampler.plain_noun_phrase(noun_class, Number::singular);
  if (noun(noun_class, phrase.lemma).gender != gender) phrase.lemma = counterpart(phrase.lemma);
  return phrase;
}

// "the queen who the duke greets admires herself | *himself .": a singular of the other gender stands
// between. (Number has no paradigm: the verb beside a reflexive shows it.)
PairOfParses reflexive_gender(Sampler& sampler, Side side, std::size_t /*couple*/) {
  const Gender gender = side == Side::first ? Gender::masculine : Gender::feminine;
  const Gender opposite = side == Side::first ? Gender::feminine : Gender::masculine;
  Sentence sentence;
  NounPhrase& subject = sentence.first.subject;
  subject = singular_of_gender(sampler, sampler.animate_class(), gender);
  NounPhrase attractor = singular_of_gender(sampler, sampler.animate_class(), opposite);
  if (sampler.dice().chance(0.5)) {
    add_subject_relative(subject, std::move(attractor));
  } else {
    add_object_relative(subject, std::move(attractor));
  }
  VerbPhrase& predicate = sentence.first.predicate;
  predicate = Sampler::bare_predicate(transitive(subject.noun_class, sampler.any_class()), Number::singular);
  predicate.reflexive = reflexive(gender, Number::singular);
  return contrast(sentence, [&] { predicate.reflexive = reflexive(opposite, Number::singular); });
}

// "the queen who admires the elm rides this small bull | *oak .": the wrong noun is of the class, and in the
// number, of the relative clause's object. On the other side the classes change places.
PairOfParses verb_object_selection(Sampler& sampler, Side side, std::size_t couple) {
  const std::size_t first = couple % class_count;
  const std::size_t second = (first + 1 + couple / class_count % (class_count - 1)) % class_count;
  const std::array<std::size_t, 2> lemmas = {sampler.lemma(), sampler.lemma()};
  const std::size_t right = side == Side::first ? 0 : 1;
  const std::array<NounClass, 2> classes = {static_cast<NounClass>(first), static_cast<NounClass>(second)};
  Sentence sentence;
  NounPhrase& subject = sentence.first.subject;
  const NounClass subject_class = sampler.animate_class();
  subject = sampler.plain_noun_phrase(subject_class, sampler.any_number());
  VerbPhrase& predicate = sentence.first.predicate;
  predicate = transitive_with_object(sampler, subject, classes[right], sampler.any_number());
  NounPhrase& object = *predicate.object;
  object.lemma = lemmas[right];
  object.adjectives = {neutral_adjective(sampler.dice().below(neutral_adjective_count))};
  add_subject_relative(subject, sampler.plain_noun_phrase(classes[1 - right], object.number));
  return contrast(sentence, [&] {
    object.noun_class = classes[1 - right];
    object.lemma = lemmas[1 - right];
  });
}

// "no queen with the hammers ever feasts | *rusts .": the wrong verb goes with the complement's class; the
// number is the same throughout. On the other side governor and complement change places.
PairOfParses subject_verb_selection(Sampler& sampler, Side side, std::size_t couple) {
  const auto first = static_cast<NounClass>(couple % class_count);
  const std::size_t which = couple / class_count % noun_prepositions_of_class;
  const NounClass second = noun_preposition(first, which).object;
  const NounClass right = side == Side::first ? first : second;
  const NounClass wrong = side == Side::first ? second : first;
  const Number number = sampler.any_number();
  Sentence sentence;
  NounPhrase& subject = sentence.first.subject;
  subject = sampler.plain_noun_phrase(right, number);
  subject.determiner = negative_determiner.form(number);
  for (std::size_t i = 0; i < noun_prepositions_of_class; ++i) {
    const Preposition& preposition = noun_preposition(right, i);
    if (preposition.object == wrong) subject.preposition = preposition.word;
  }
  subject.complement = std::make_unique<NounPhrase>(sampler.plain_noun_phrase(wrong, number));
  VerbPhrase& predicate = sentence.first.predicate;
  predicate = Sampler::bare_predicate(intransitive(right), number);
  predicate.before = ever;
  return contrast(sentence, [&] { predicate.verb = &intransitive(wrong); });
}

/// A class of object for which a verb of this subject goes with this group of adverbs.
NounClass object_for_adverbs(Sampler& sampler, NounClass subject, std::size_t adverbs) {
  NounClass object = sampler.any_class();
  while (transitive(subject, object).adverbs != adverbs) object = sampler.any_class();
  return object;
}

// "the queen who greets the duke rides this bull gladly | *silently .": the wrong adverb goes with the
// relative clause's verb. On the other side a subject of another class has a verb that takes the same object
// and the other adverb.
PairOfParses adverb_selection(Sampler& sampler, Side side, std::size_t couple) {
  const auto object_class = static_cast<NounClass>(couple % class_count);
  const std::size_t first = sampler.dice().below(animate_count);
  const std::size_t second = (first + 1 + sampler.dice().below(animate_count - 1)) % animate_count;
  const std::array<NounClass, 2> subjects = {static_cast<NounClass>(first), static_cast<NounClass>(second)};
  const std::array<std::string_view, 2> adverbs = {sampler.adverb_of(transitive(subjects[0], object_class)),
                                                   sampler.adverb_of(transitive(subjects[1], object_class))};
  const std::size_t right = side == Side::first ? 0 : 1;
  Sentence sentence;
  NounPhrase& subject = sentence.first.subject;
  subject = sampler.plain_noun_phrase(subjects[right], sampler.any_number());
  VerbPhrase& predicate = sentence.first.predicate;
  predicate = transitive_with_object(sampler, subject, object_class, sampler.any_number());
  predicate.after = adverbs[right];
  const NounClass embedded =
      object_for_adverbs(sampler, subject.noun_class, transitive(subjects[1 - right], object_class).adverbs);
  add_subject_relative(subject, sampler.plain_noun_phrase(embedded, sampler.any_number()));
  return contrast(sentence, [&] { predicate.after = adverbs[1 - right]; });
}

constexpr std::array<Paradigm, 8> all_paradigms = {{
    {"det_noun_adj", "morphology", "determiner_noun_agreement", det_noun_adj},
    {"sva_pp", "morphology", "subject_verb_agreement", sva_pp},
    {"sva_rc", "morphology", "subject_verb_agreement", sva_rc},
    {"sva_coord", "morphology", "subject_verb_agreement", sva_coord},
    {"reflexive_gender", "morphology", "anaphor_agreement", reflexive_gender},
    {"verb_object_selection", "syntax", "argument_structure", verb_object_selection},
    {"subject_verb_selection", "syntax", "argument_structure", subject_verb_selection},
    {"adverb_selection", "syntax", "argument_structure", adverb_selection},
}};

}  // namespace

std::span<const Paradigm> paradigms() { return all_paradigms; }

}  // namespace onset::grammar
