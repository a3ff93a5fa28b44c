#include "onset/text/grammar_phrases.h"

namespace onset::grammar {
namespace {

/// Writes words from left to right; a word's head is set once the head has its place. Places count from 1, 0
/// is the root.
class Writer {
 public:
  std::int32_t sentence(const Sentence& sentence) {
    const std::int32_t root = clause(sentence.first);
    attach(root, 0, "root");
    if (sentence.second) {
      const std::int32_t coordinator = word(sentence.coordinator);
      const std::int32_t second = clause(*sentence.second);
      attach(coordinator, second, "cc");
      attach(second, root, "conj");
    }
    attach(word(full_stop), root, "punct");
    return root;
  }

  ParsedSentence take() { return std::move(parse_); }

 private:
  std::int32_t word(std::string_view form) {
    parse_.words.emplace_back(form);
    parse_.heads.push_back(-1);
    parse_.relations.emplace_back();
    return static_cast<std::int32_t>(parse_.words.size());
  }

  void attach(std::int32_t child, std::int32_t head, std::string_view relation) {
    parse_.heads[static_cast<std::size_t>(child) - 1] = head;
    parse_.relations[static_cast<std::size_t>(child) - 1] = relation;
  }

  std::int32_t clause(const Clause& clause) {
    const std::int32_t subject = noun_phrase(clause.subject);
    const std::int32_t verb = verb_phrase(clause.predicate);
    attach(subject, verb, "nsubj");
    if (clause.second) {
      const std::int32_t coordinator = word(clause.coordinator);
      const std::int32_t second = verb_phrase(*clause.second);
      attach(coordinator, second, "cc");
      attach(second, verb, "conj");
    }
    return verb;
  }

  std::int32_t verb_phrase(const VerbPhrase& phrase) {
    const std::int32_t before = phrase.before.empty() ? 0 : word(phrase.before);
    const std::int32_t verb = word(phrase.verb->forms.form(phrase.number));
    if (before != 0) attach(before, verb, "advmod");
    if (!phrase.reflexive.empty()) attach(word(phrase.reflexive), verb, "obj");
    if (phrase.object) attach(noun_phrase(*phrase.object), verb, "obj");
    if (phrase.complement) {
      const std::int32_t mark = word(complementizer);
      const std::int32_t complement = clause(*phrase.complement);
      attach(mark, complement, "mark");
      attach(complement, verb, "ccomp");
    }
    if (phrase.oblique) attach(prepositional(phrase.preposition, *phrase.oblique), verb, "obl");
    if (!phrase.after.empty()) attach(word(phrase.after), verb, "advmod");
    return verb;
  }

  std::int32_t prepositional(std::string_view preposition, const NounPhrase& object) {
    const std::int32_t marker = word(preposition);
    const std::int32_t noun = noun_phrase(object);
    attach(marker, noun, "case");
    return noun;
  }

  std::int32_t noun_phrase(const NounPhrase& phrase) {
    const std::int32_t first = word(phrase.determiner);
    for (const std::string_view adjective : phrase.adjectives) word(adjective);
    const std::int32_t head = word(noun(phrase.noun_class, phrase.lemma).forms.form(phrase.number));
    attach(first, head, "det");
    for (std::int32_t adjective = first + 1; adjective < head; ++adjective) attach(adjective, head, "amod");
    if (phrase.complement) attach(prepositional(phrase.preposition, *phrase.complement), head, "nmod");
    if (phrase.relative) {
      attach(relative_clause(*phrase.relative, relativizer(phrase.noun_class)), head, "acl:relcl");
    }
    return head;
  }

  std::int32_t relative_clause(const RelativeClause& clause, std::string_view pronoun) {
    const std::int32_t relative = word(pronoun);
    const std::int32_t subject = clause.subject ? noun_phrase(*clause.subject) : relative;
    const std::int32_t verb = verb_phrase(clause.predicate);
    attach(subject, verb, "nsubj");
    if (clause.subject) attach(relative, verb, "obj");
    return verb;
  }

  ParsedSentence parse_;
};

}  // namespace

ParsedSentence parse_of(const Sentence& sentence) {
  Writer writer;
  writer.sentence(sentence);
  return writer.take();
}

std::string text_of(const ParsedSentence& sentence) {
  std::string text;
  for (const std::string& word : sentence.words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

}  // namespace onset::grammar
