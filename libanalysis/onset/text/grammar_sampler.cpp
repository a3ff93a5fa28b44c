#include "onset/text/grammar_sampler.h"

#include <array>
#include <cmath>
#include <numeric>

#include "onset/base/random.h"

namespace onset::grammar {
namespace {

// How often each construction is drawn. Sentences that come out too short or too long are drawn anew, so the
// shares in the corpus lean towards the shorter constructions.
constexpr double zipf_exponent = 0.7;  // weight of a class's k-th lemma: k^-0.7
constexpr double unmarked_share = 0.2;
constexpr double negative_share = 0.1;
constexpr std::array<double, 3> adjective_counts = {0.45, 0.38, 0.17};
constexpr double neutral_share = 0.3;  // of adjectives
constexpr double complement_share = 0.38;
constexpr double relative_share = 0.24;
constexpr int deepest_modified = 1;
constexpr double subject_relative_share = 0.5;  // of relative clauses on animate nouns
constexpr double inanimate_subject_relative_share = 0.25;
constexpr double reflexive_share = 0.3;  // of objects
constexpr double intransitive_share = 0.25;
constexpr double clausal_share = 0.25;  // of main clauses
constexpr double shared_subject_share = 0.2;
constexpr double second_clause_share = 0.14;
constexpr double oblique_share = 0.25;
constexpr double adverb_before_share = 0.2;
constexpr double adverb_after_share = 0.25;
constexpr double ever_share = 0.5;  // after no and few

}  // namespace

double Dice::uniform() { return draw_uniform(seed_, Draw::grammar, {stream_, index_, attempt_, draws_++}); }

std::size_t Dice::below(std::size_t count) {
  return static_cast<std::size_t>(uniform() * static_cast<double>(count));
}

std::size_t Dice::weighted(std::span<const double> weights) {
  double rest = uniform() * std::accumulate(weights.begin(), weights.end(), 0.0);
  for (std::size_t place = 0; place + 1 < weights.size(); ++place) {
    rest -= weights[place];
    if (rest < 0) return place;
  }
  return weights.size() - 1;
}

std::size_t Sampler::lemma() {
  static const std::array<double, lemma_count> weights = [] {
    std::array<double, lemma_count> result{};
    for (std::size_t k = 0; k < lemma_count; ++k) result[k] = std::pow(k + 1.0, -zipf_exponent);
    return result;
  }();
  return dice_.weighted(weights);
}

void Sampler::add_determiner(NounPhrase& phrase, bool may_be_negative) {
  const double draw = dice_.uniform();
  if (draw < unmarked_share) {
    phrase.determiner = unmarked_determiner;
  } else if (may_be_negative && draw < unmarked_share + negative_share) {
    phrase.determiner = negative_determiner.form(phrase.number);
  } else {
    phrase.determiner = marked_determiner(phrase.number, dice_.below(marked_determiner_count));
  }
}

void Sampler::add_adjectives(NounPhrase& phrase) {
  const std::size_t count = dice_.weighted(adjective_counts);
  while (phrase.adjectives.size() < count) {
    const std::string_view adjective =
        dice_.chance(neutral_share)
            ? neutral_adjective(dice_.below(neutral_adjective_count))
            : class_adjective(phrase.noun_class, dice_.below(class_adjective_count)).form(phrase.number);
    if (phrase.adjectives.empty() || phrase.adjectives.front() != adjective) {
      phrase.adjectives.push_back(adjective);
    }
  }
}

NounPhrase Sampler::start(NounClass noun_class, Number number) {
  NounPhrase phrase;
  phrase.noun_class = noun_class;
  phrase.number = number;
  phrase.lemma = lemma();
  return phrase;
}

NounPhrase Sampler::plain_noun_phrase(NounClass noun_class, Number number) {
  NounPhrase phrase = start(noun_class, number);
  add_determiner(phrase, false);
  add_adjectives(phrase);
  return phrase;
}

NounPhrase Sampler::noun_phrase(NounClass noun_class, int depth) {
  NounPhrase phrase = start(noun_class, any_number());
  add_determiner(phrase, true);
  add_adjectives(phrase);
  if (depth > deepest_modified) return phrase;
  const double draw = dice_.uniform();
  if (draw < complement_share) {
    const Preposition& preposition = noun_preposition(noun_class, dice_.below(noun_prepositions_of_class));
    phrase.preposition = preposition.word;
    phrase.complement = std::make_unique<NounPhrase>(noun_phrase(preposition.object, depth + 1));
  } else if (draw < complement_share + relative_share) {
    phrase.relative = std::make_unique<RelativeClause>(relative_clause(phrase, depth + 1));
  }
  return phrase;
}

RelativeClause Sampler::relative_clause(const NounPhrase& governor, int depth) {
  const bool governor_animate = animate(governor.noun_class);
  RelativeClause clause;
  if (dice_.chance(governor_animate ? subject_relative_share : inanimate_subject_relative_share)) {
    clause.predicate = governor_animate && !dice_.chance(intransitive_share)
                           ? transitive_predicate(governor, depth)
                           : bare_predicate(intransitive(governor.noun_class), governor.number);
  } else {
    clause.subject = std::make_unique<NounPhrase>(noun_phrase(animate_class(), depth));
    clause.predicate =
        bare_predicate(transitive(clause.subject->noun_class, governor.noun_class), clause.subject->number);
  }
  // After the verb an adverb could as well belong to the verb outside.
  if (dice_.chance(adverb_before_share)) clause.predicate.before = adverb_of(*clause.predicate.verb);
  return clause;
}

VerbPhrase Sampler::bare_predicate(const Verb& verb, Number number) {
  VerbPhrase predicate;
  predicate.verb = &verb;
  predicate.number = number;
  return predicate;
}

VerbPhrase Sampler::transitive_predicate(const NounPhrase& subject, int depth) {
  const NounClass object = any_class();
  VerbPhrase predicate = bare_predicate(transitive(subject.noun_class, object), subject.number);
  if (dice_.chance(reflexive_share)) {
    predicate.reflexive = reflexive(noun(subject.noun_class, subject.lemma).gender, subject.number);
  } else {
    predicate.object = std::make_unique<NounPhrase>(noun_phrase(object, depth));
  }
  return predicate;
}

void Sampler::add_adjuncts(VerbPhrase& predicate, const NounPhrase& subject, int depth) {
  const bool licensed = subject.determiner == negative_determiner.form(subject.number);
  if (licensed && dice_.chance(ever_share)) {
    predicate.before = ever;
  } else if (dice_.chance(adverb_before_share)) {
    predicate.before = adverb_of(*predicate.verb);
  } else if (!predicate.complement && dice_.chance(adverb_after_share)) {
    predicate.after = adverb_of(*predicate.verb);
  }
  if (!predicate.complement && dice_.chance(oblique_share)) {
    const Preposition& preposition = verb_preposition(predicate.verb->preposition);
    predicate.preposition = preposition.word;
    predicate.oblique = std::make_unique<NounPhrase>(noun_phrase(preposition.object, depth + 1));
  }
}

Clause Sampler::clause(int depth) {
  Clause clause;
  const bool is_intransitive = dice_.chance(intransitive_share);
  clause.subject = noun_phrase(is_intransitive ? any_class() : animate_class(), depth);
  const NounPhrase& subject = clause.subject;
  clause.predicate = is_intransitive ? bare_predicate(intransitive(subject.noun_class), subject.number)
                                     : transitive_predicate(subject, depth);
  add_adjuncts(clause.predicate, subject, depth);
  if (animate(subject.noun_class) && dice_.chance(shared_subject_share)) {
    clause.coordinator = coordinator(dice_.below(coordinator_count));
    clause.second = std::make_unique<VerbPhrase>(transitive_predicate(subject, depth + 1));
    if (dice_.chance(adverb_after_share)) clause.second->after = adverb_of(*clause.second->verb);
  }
  return clause;
}

VerbPhrase Sampler::predicate_with_complement(const NounPhrase& subject) {
  VerbPhrase predicate = bare_predicate(clausal(subject.noun_class), subject.number);
  predicate.complement = std::make_unique<Clause>(clause(1));
  return predicate;
}

Sentence Sampler::sentence() {
  Sentence sentence;
  if (dice_.chance(clausal_share)) {
    sentence.first.subject = noun_phrase(animate_class(), 1);
    sentence.first.predicate = predicate_with_complement(sentence.first.subject);
    add_adjuncts(sentence.first.predicate, sentence.first.subject, 1);
    return sentence;
  }
  sentence.first = clause(0);
  if (dice_.chance(second_clause_share)) {
    sentence.coordinator = coordinator(dice_.below(coordinator_count));
    sentence.second = std::make_unique<Clause>(clause(1));
  }
  return sentence;
}

}  // namespace onset::grammar
