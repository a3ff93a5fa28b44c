#include "onset/text/grammar_lexicon.h"

#include <array>
#include <utility>

namespace onset::grammar {
namespace {

using enum Gender;

constexpr std::size_t at(NounClass noun_class) { return static_cast<std::size_t>(noun_class); }

// Lemmas 2k and 2k + 1 of an animate class are counterparts; which gender comes first alternates, so that
// under the Zipf weights of lemmas neither outweighs the other over all classes.
constexpr std::array<std::array<Noun, lemma_count>, class_count> nouns = {{
    {{{{"mother", "mothers"}, feminine},
      {{"father", "fathers"}, masculine},
      {{"brother", "brothers"}, masculine},
      {{"sister", "sisters"}, feminine},
      {{"uncle", "uncles"}, masculine},
      {{"aunt", "aunts"}, feminine},
      {{"daughter", "daughters"}, feminine},
      {{"son", "sons"}, masculine}}},
    {{{{"king", "kings"}, masculine},
      {{"queen", "queens"}, feminine},
      {{"princess", "princesses"}, feminine},
      {{"prince", "princes"}, masculine},
      {{"lady", "ladies"}, feminine},
      {{"lord", "lords"}, masculine},
      {{"duke", "dukes"}, masculine},
      {{"duchess", "duchesses"}, feminine}}},
    {{{{"cow", "cows"}, feminine},
      {{"bull", "bulls"}, masculine},
      {{"stallion", "stallions"}, masculine},
      {{"mare", "mares"}, feminine},
      {{"rooster", "roosters"}, masculine},
      {{"hen", "hens"}, feminine},
      {{"ewe", "ewes"}, feminine},
      {{"ram", "rams"}, masculine}}},
    {{{{"hammer", "hammers"}, none},
      {{"knife", "knives"}, none},
      {{"basket", "baskets"}, none},
      {{"rope", "ropes"}, none},
      {{"shovel", "shovels"}, none},
      {{"lantern", "lanterns"}, none},
      {{"ladder", "ladders"}, none},
      {{"bucket", "buckets"}, none}}},
    {{{{"house", "houses"}, none},
      {{"tower", "towers"}, none},
      {{"garden", "gardens"}, none},
      {{"bridge", "bridges"}, none},
      {{"castle", "castles"}, none},
      {{"barn", "barns"}, none},
      {{"mill", "mills"}, none},
      {{"cottage", "cottages"}, none}}},
    {{{{"oak", "oaks"}, none},
      {{"elm", "elms"}, none},
      {{"willow", "willows"}, none},
      {{"birch", "birches"}, none},
      {{"maple", "maples"}, none},
      {{"pine", "pines"}, none},
      {{"cedar", "cedars"}, none},
      {{"poplar", "poplars"}, none}}},
}};

constexpr std::array<std::array<Inflected, class_adjective_count>, class_count> class_adjectives = {{
    {{{"kind", "kinde"}, {"proud", "proude"}, {"quiet", "quiete"}}},
    {{{"rich", "riche"}, {"grand", "grande"}, {"stern", "sterne"}}},
    {{{"wild", "wilde"}, {"swift", "swifte"}, {"fat", "fatte"}}},
    {{{"sharp", "sharpe"}, {"blunt", "blunte"}, {"bent", "bente"}}},
    {{{"dark", "darke"}, {"high", "highe"}, {"damp", "dampe"}}},
    {{{"green", "greene"}, {"lush", "lushe"}, {"stout", "stoute"}}},
}};
constexpr std::array<std::string_view, neutral_adjective_count> neutral_adjectives = {"old", "new", "small",
                                                                                      "famous"};

constexpr std::array<Inflected, marked_determiner_count> marked_determiners = {
    {{"this", "these"}, {"each", "many"}, {"every", "some"}, {"one", "several"}}};

// Adverb groups: in every row all four, in every column three different ones, so that neither the subject's
// nor the object's class tells the adverb, only the verb does. Prepositions are spread over the groups.
constexpr std::array<std::array<Verb, class_count>, animate_count> transitives = {{
    {{{{"hugs", "hug"}, 0, 0},
      {{"obeys", "obey"}, 1, 1},
      {{"feeds", "feed"}, 2, 3},
      {{"carries", "carry"}, 3, 2},
      {{"cleans", "clean"}, 0, 2},
      {{"plants", "plant"}, 1, 3}}},
    {{{{"pities", "pity"}, 2, 0},
      {{"greets", "greet"}, 3, 3},
      {{"rides", "ride"}, 0, 1},
      {{"buys", "buy"}, 1, 2},
      {{"rules", "rule"}, 2, 1},
      {{"admires", "admire"}, 3, 0}}},
    {{{{"follows", "follow"}, 1, 0},
      {{"fears", "fear"}, 2, 2},
      {{"chases", "chase"}, 3, 1},
      {{"kicks", "kick"}, 0, 3},
      {{"circles", "circle"}, 1, 1},
      {{"chews", "chew"}, 2, 2}}},
}};
constexpr std::array<Verb, class_count> intransitives = {{
    {{"laughs", "laugh"}, 2, 1},
    {{"feasts", "feast"}, 0, 0},
    {{"grazes", "graze"}, 3, 2},
    {{"rusts", "rust"}, 1, 3},
    {{"crumbles", "crumble"}, 3, 3},
    {{"sways", "sway"}, 0, 0},
}};
constexpr std::array<Verb, animate_count> clausals = {{
    {{"hopes", "hope"}, 3, 0},
    {{"claims", "claim"}, 1, 0},
    {{"senses", "sense"}, 0, 0},
}};

constexpr std::size_t group_count = 4;
constexpr std::array<std::array<std::string_view, adverbs_in_group>, group_count> adverb_groups = {
    {{"gladly", "warmly"}, {"boldly", "loudly"}, {"slowly", "calmly"}, {"secretly", "silently"}}};

// By the class they take. Classes form a ring, kin - tools - court - beasts - trees - places - kin, and each
// takes its two neighbours: whatever a noun takes can take it in turn.
constexpr std::array<Preposition, class_count> noun_prepositions = {{{"for", NounClass::kin},
                                                                     {"of", NounClass::court},
                                                                     {"beside", NounClass::beasts},
                                                                     {"with", NounClass::tools},
                                                                     {"near", NounClass::places},
                                                                     {"under", NounClass::trees}}};
constexpr std::array<std::array<NounClass, noun_prepositions_of_class>, class_count> complements = {
    {{NounClass::tools, NounClass::places},
     {NounClass::tools, NounClass::beasts},
     {NounClass::court, NounClass::trees},
     {NounClass::kin, NounClass::court},
     {NounClass::kin, NounClass::trees},
     {NounClass::beasts, NounClass::places}}};
constexpr std::array<Preposition, group_count> verb_prepositions = {{{"in", NounClass::places},
                                                                     {"against", NounClass::trees},
                                                                     {"before", NounClass::court},
                                                                     {"among", NounClass::beasts}}};

constexpr std::array<std::string_view, 2> singular_reflexives = {"himself", "herself"};
constexpr std::string_view plural_reflexive = "themselves";
constexpr std::array<std::string_view, coordinator_count> coordinators = {"and", "but"};

constexpr std::string_view no_features = "_";

class Forms {
 public:
  void add(std::string_view form, std::string_view upos) { add(form, form, upos, no_features); }
  void add(std::string_view form, std::string_view lemma, std::string_view upos, std::string_view features) {
    forms_.push_back({form, lemma, upos, features});
  }
  void add(const Inflected& forms, std::string_view lemma, std::string_view upos) {
    add(forms.singular, lemma, upos, "Number=Sing");
    add(forms.plural, lemma, upos, "Number=Plur");
  }
  std::vector<WordForm> take() { return std::move(forms_); }

 private:
  std::vector<WordForm> forms_;
};

}  // namespace

const Noun& noun(NounClass noun_class, std::size_t lemma) { return nouns[at(noun_class)][lemma]; }
const Inflected& class_adjective(NounClass noun_class, std::size_t which) {
  return class_adjectives[at(noun_class)][which];
}
std::string_view neutral_adjective(std::size_t which) { return neutral_adjectives[which]; }
std::string_view marked_determiner(Number number, std::size_t which) {
  return marked_determiners[which].form(number);
}
const Verb& transitive(NounClass subject, NounClass object) { return transitives[at(subject)][at(object)]; }
const Verb& intransitive(NounClass subject) { return intransitives[at(subject)]; }
const Verb& clausal(NounClass subject) { return clausals[at(subject)]; }
std::string_view adverb(std::size_t group, std::size_t which) { return adverb_groups[group][which]; }
const Preposition& noun_preposition(NounClass governor, std::size_t which) {
  return noun_prepositions[at(complements[at(governor)][which])];
}
const Preposition& verb_preposition(std::size_t which) { return verb_prepositions[which]; }
std::string_view reflexive(Gender gender, Number number) {
  return number == Number::plural ? plural_reflexive : singular_reflexives[static_cast<std::size_t>(gender)];
}
std::string_view coordinator(std::size_t which) { return coordinators[which]; }

std::vector<WordForm> word_forms() {
  Forms forms;
  forms.add(unmarked_determiner, "DET");
  forms.add(negative_determiner.singular, "no", "DET", "Number=Sing");
  forms.add(negative_determiner.plural, "few", "DET", "Number=Plur");
  for (const Inflected& determiner : marked_determiners) {
    forms.add(determiner.singular, determiner.singular, "DET", "Number=Sing");
    forms.add(determiner.plural, determiner.plural, "DET", "Number=Plur");
  }
  for (const auto& nouns_of_class : nouns) {
    for (const Noun& noun : nouns_of_class) forms.add(noun.forms, noun.forms.singular, "NOUN");
  }
  for (const auto& adjectives : class_adjectives) {
    for (const Inflected& adjective : adjectives) forms.add(adjective, adjective.singular, "ADJ");
  }
  for (const std::string_view adjective : neutral_adjectives) forms.add(adjective, "ADJ");
  for (const auto& verbs : transitives) {
    for (const Verb& verb : verbs) forms.add(verb.forms, verb.forms.plural, "VERB");
  }
  for (const Verb& verb : intransitives) forms.add(verb.forms, verb.forms.plural, "VERB");
  for (const Verb& verb : clausals) forms.add(verb.forms, verb.forms.plural, "VERB");
  for (const auto& group : adverb_groups) {
    for (const std::string_view adverb : group) forms.add(adverb, "ADV");
  }
  forms.add(ever, "ADV");
  for (const Preposition& preposition : noun_prepositions) forms.add(preposition.word, "ADP");
  for (const Preposition& preposition : verb_prepositions) forms.add(preposition.word, "ADP");
  for (const std::string_view pronoun : singular_reflexives) {
    forms.add(pronoun, pronoun, "PRON", "Number=Sing");
  }
  forms.add(plural_reflexive, plural_reflexive, "PRON", "Number=Plur");
  forms.add(relativizer(NounClass::kin), "PRON");
  forms.add(relativizer(NounClass::tools), "PRON");
  for (const std::string_view word : coordinators) forms.add(word, "CCONJ");
  forms.add(complementizer, "SCONJ");
  forms.add(full_stop, "PUNCT");
  return forms.take();
}

}  // namespace onset::grammar
