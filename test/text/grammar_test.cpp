#include "onset/text/grammar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/text/grammar_phrases.h"
#include "onset/text/vocabulary.h"
#include "test/temporary_folder.h"
#include "test/text/grammar_recogniser.h"

namespace onset {
namespace {

using grammar::NounClass;
using grammar::Word;
using grammar::WordKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

Grammar small_grammar(std::uint64_t seed = 1) {
  return Grammar(
      GrammarOptions{.seed = seed, .train_sentences = 200, .dev_sentences = 40, .pairs_per_paradigm = 4});
}

std::vector<ParsedSentence> dev_sentences() {
  const Grammar grammar;
  std::vector<ParsedSentence> sentences;
  for (std::int64_t i = 0; i < grammar.options().dev_sentences; ++i) {
    sentences.push_back(grammar.sentence(GrammarSplit::dev, i));
  }
  return sentences;
}

/// What is wrong with it as a projective tree with one root; empty: nothing.
std::string tree_fault(const ParsedSentence& sentence) {
  const auto n = static_cast<std::int32_t>(sentence.words.size());
  if (std::ssize(sentence.heads) != n || std::ssize(sentence.relations) != n) return "lengths differ";
  std::int32_t roots = 0;
  for (std::int32_t i = 1; i <= n; ++i) {
    const std::int32_t head = sentence.heads[i - 1];
    if (head < 0 || head > n) return "head out of range";
    roots += head == 0 ? 1 : 0;
    if ((head == 0) != (sentence.relations[i - 1] == "root")) return "root relation elsewhere";
    std::int32_t up = i;
    for (std::int32_t steps = 0; up != 0; ++steps) {
      if (steps > n) return "cycle";
      up = sentence.heads[up - 1];
    }
    for (std::int32_t k = 1; k <= n && head != 0; ++k) {
      const std::int32_t other = sentence.heads[k - 1];
      if (other == 0) continue;
      const auto [left, right] = std::minmax(i, head);
      const auto [other_left, other_right] = std::minmax(k, other);
      if (left < other_left && other_left < right && right < other_right) return "arcs cross";
    }
  }
  return roots == 1 ? "" : "not one root";
}

/// Whether the words an arc joins go together in kind, class, number and gender.
class ArcCheck {
 public:
  explicit ArcCheck(const ParsedSentence& sentence) : sentence_(sentence) {}

  bool good(std::int32_t child) const {
    const std::string& relation = sentence_.relations[child - 1];
    const Word& word = word_at(child);
    const std::int32_t head = sentence_.heads[child - 1];
    if (relation == "root") return word.is_verb();
    const Word& governor = word_at(head);
    if (relation == "punct") return word.kind == WordKind::full_stop && sentence_.heads[head - 1] == 0;
    if (relation == "det") return word.kind == WordKind::determiner && is_noun_fit(governor, word);
    if (relation == "amod") {
      return is_noun_fit(governor, word) &&
             (word.kind == WordKind::neutral_adjective || word.noun_class == governor.noun_class);
    }
    if (relation == "case") return governor.kind == WordKind::noun && case_fits(child, head);
    if (relation == "nmod") return word.kind == WordKind::noun && governor.kind == WordKind::noun;
    if (relation == "obl") return word.kind == WordKind::noun && governor.is_verb();
    if (relation == "nsubj") return subject_fits(noun_meant(child, head), governor);
    if (relation == "obj") return object_fits(noun_meant(child, head), governor);
    if (relation == "advmod") {
      return governor.is_verb() && (word.kind == WordKind::ever || word.group == governor.verb->adverbs);
    }
    if (relation == "acl:relcl") return word.is_verb() && governor.kind == WordKind::noun;
    if (relation == "ccomp") return word.is_verb() && governor.kind == WordKind::clausal;
    if (relation == "mark") return word.kind == WordKind::complementizer && governor.is_verb();
    if (relation == "conj") return word.is_verb() && governor.is_verb();
    if (relation == "cc") {
      return word.kind == WordKind::coordinator && sentence_.relations[head - 1] == "conj";
    }
    return false;
  }

 private:
  const Word& word_at(std::int32_t i) const { return table().at(sentence_.words[i - 1]); }
  static const grammar::WordTable& table() {
    static const grammar::WordTable words;
    return words;
  }
  static bool is_noun_fit(const Word& noun, const Word& dependent) {
    return noun.kind == WordKind::noun && dependent.fits(noun.number);
  }
  /// A relative pronoun stands for the noun that its clause is about.
  const Word& noun_meant(std::int32_t child, std::int32_t head) const {
    return word_at(child).kind == WordKind::relativizer ? word_at(sentence_.heads[head - 1]) : word_at(child);
  }
  static bool subject_fits(const Word& noun, const Word& verb) {
    return noun.kind == WordKind::noun && verb.is_verb() && verb.noun_class == noun.noun_class &&
           verb.number == noun.number;
  }
  static bool object_fits(const Word& word, const Word& verb) {
    if (verb.kind != WordKind::transitive) return false;
    return word.kind == WordKind::reflexive ? word.number == verb.number : word.noun_class == verb.object;
  }
  bool case_fits(std::int32_t preposition, std::int32_t noun) const {
    const std::string& form = sentence_.words[preposition - 1];
    if (word_at(preposition).noun_class != word_at(noun).noun_class) return false;
    const Word& governor = word_at(sentence_.heads[noun - 1]);
    if (sentence_.relations[noun - 1] == "nmod") return grammar::takes(governor.noun_class, form);
    return grammar::verb_preposition(governor.verb->preposition).word == form;
  }

  const ParsedSentence& sentence_;
};

TEST(Grammar, WordsOfEverySentenceFormAProjectiveTree) {
  for (const ParsedSentence& sentence : dev_sentences()) {
    EXPECT_EQ(tree_fault(sentence), "") << grammar::text_of(sentence);
    EXPECT_GE(sentence.words.size(), 5U);
    EXPECT_LE(sentence.words.size(), 22U);
  }
}

TEST(Grammar, EveryArcJoinsWordsThatGoTogether) {
  for (const ParsedSentence& sentence : dev_sentences()) {
    const ArcCheck check(sentence);
    for (std::int32_t i = 1; i <= std::ssize(sentence.words); ++i) {
      EXPECT_TRUE(check.good(i)) << grammar::text_of(sentence) << ": word " << i;
    }
  }
}

TEST(Grammar, EverySentenceIsOfTheLanguage) {
  grammar::Recogniser recogniser;
  for (const ParsedSentence& sentence : dev_sentences()) {
    EXPECT_TRUE(recogniser.accepts(grammar::text_of(sentence))) << grammar::text_of(sentence);
  }
}

TEST(Grammar, RecogniserKnowsGoodFromBad) {
  grammar::Recogniser recogniser;
  EXPECT_TRUE(recogniser.accepts("the kinde mothers near this old house laugh calmly ."));
  EXPECT_FALSE(
      recogniser.accepts("the kinde mothers near this old house laughs calmly ."));  // number of the verb
  EXPECT_FALSE(
      recogniser.accepts("the kind mothers near this old house laugh calmly ."));  // of the adjective
  EXPECT_FALSE(
      recogniser.accepts("the kinde mothers near these old house laugh calmly ."));  // of the determiner
  EXPECT_FALSE(
      recogniser.accepts("the wilde mothers near this old house laugh calmly ."));  // adjective's class
  EXPECT_FALSE(
      recogniser.accepts("the kinde mothers near this old oak laugh calmly ."));  // preposition's object
  EXPECT_FALSE(
      recogniser.accepts("the kinde mothers under this old oak laugh calmly ."));  // noun's preposition
  EXPECT_FALSE(recogniser.accepts("the kinde mothers near this old house laugh boldly ."));  // verb's adverb
  EXPECT_FALSE(
      recogniser.accepts("the kinde mothers near this old house ever laugh ."));  // no "no", no "ever"
  EXPECT_TRUE(recogniser.accepts("no queen who the duke greets ever pities herself ."));
  EXPECT_FALSE(recogniser.accepts("no queen who the duke greets ever pities himself ."));
  EXPECT_FALSE(recogniser.accepts("no queen which the duke greets ever pities herself ."));
  EXPECT_FALSE(recogniser.accepts("no queen who the duke greets ever pities herself"));
}

TEST(Grammar, TreeOfAKnownSentence) {
  // Heads and relations set down by hand, as Universal Dependencies has them.
  grammar::Sentence sentence;
  grammar::NounPhrase& subject = sentence.first.subject;
  subject.noun_class = NounClass::court;
  subject.lemma = 1;
  subject.determiner = "no";
  subject.adjectives = {"old"};
  auto king = std::make_unique<grammar::NounPhrase>();
  king->noun_class = NounClass::court;
  king->determiner = "the";
  subject.relative = std::make_unique<grammar::RelativeClause>();
  subject.relative->subject = std::move(king);
  subject.relative->predicate.verb = &grammar::transitive(NounClass::court, NounClass::court);
  sentence.first.predicate.verb = &grammar::transitive(NounClass::court, NounClass::beasts);
  sentence.first.predicate.before = "ever";
  sentence.first.predicate.reflexive = "herself";
  sentence.first.predicate.after = "gladly";
  const ParsedSentence parse = grammar::parse_of(sentence);
  EXPECT_EQ(grammar::text_of(parse), "no old queen who the king greets ever rides herself gladly .");
  //                               no old queen who the king greets ever rides herself gladly .
  EXPECT_THAT(parse.heads, ElementsAre(3, 3, 9, 7, 6, 7, 3, 9, 0, 9, 9, 9));
  EXPECT_THAT(parse.relations, ElementsAre("det", "amod", "nsubj", "obj", "det", "nsubj", "acl:relcl",
                                           "advmod", "root", "obj", "advmod", "punct"));
}

TEST(Grammar, TwelveRelationsAreFrequentInDev) {
  std::map<std::string, int> counts;
  std::size_t words = 0;
  for (const ParsedSentence& sentence : dev_sentences()) {
    words += sentence.words.size();
    for (const std::string& relation : sentence.relations) ++counts[relation];
  }
  counts.erase("root");
  counts.erase("punct");
  EXPECT_THAT(counts, SizeIs(13));
  for (const auto& [relation, count] : counts) EXPECT_GT(count, 100) << relation;
  EXPECT_NEAR(static_cast<double>(words) / 1000, 14.5, 0.5);  // measured over the train split: 14.51
}

TEST(Grammar, NoSingleOffsetSolvesTheTrees) {
  // How often a word's head stands at the offset that is best for its relation, averaged over relations.
  std::map<std::string, std::map<std::int32_t, int>> offsets;
  for (const ParsedSentence& sentence : dev_sentences()) {
    for (std::int32_t i = 1; i <= std::ssize(sentence.words); ++i) {
      const std::string& relation = sentence.relations[i - 1];
      if (relation != "root" && relation != "punct") ++offsets[relation][sentence.heads[i - 1] - i];
    }
  }
  double best_each = 0;
  double plus_one = 0;
  for (const auto& [relation, counts] : offsets) {
    int total = 0;
    int best = 0;
    for (const auto& [offset, count] : counts) {
      total += count;
      best = std::max(best, count);
    }
    best_each += static_cast<double>(best) / total / static_cast<double>(offsets.size());
    plus_one += static_cast<double>(counts.contains(1) ? counts.at(1) : 0) / total /
                static_cast<double>(offsets.size());
  }
  EXPECT_NEAR(plus_one, 0.24, 0.03);
  EXPECT_NEAR(best_each, 0.43, 0.04);
}

TEST(Grammar, SentenceIsAFunctionOfSeedSplitAndIndex) {
  const Grammar first = small_grammar();
  const Grammar again = small_grammar();
  const Grammar other = small_grammar(2);
  // Out of order on purpose.
  const ParsedSentence late = again.sentence(GrammarSplit::train, 17);
  const ParsedSentence early = again.sentence(GrammarSplit::train, 3);
  EXPECT_EQ(first.sentence(GrammarSplit::train, 3).words, early.words);
  EXPECT_EQ(first.sentence(GrammarSplit::train, 17).words, late.words);
  EXPECT_EQ(first.sentence(GrammarSplit::train, 17).heads, late.heads);
  EXPECT_EQ(late.id, "train-18");
  EXPECT_NE(other.sentence(GrammarSplit::train, 17).words, late.words);
  EXPECT_NE(first.sentence(GrammarSplit::dev, 17).words, late.words);
}

TEST(Grammar, DevSentencesAreNotInTrain) {
  const Grammar grammar;
  std::set<std::string> train;
  for (std::int64_t i = 0; i < 20'000; ++i) {
    train.insert(grammar::text_of(grammar.sentence(GrammarSplit::train, i)));
  }
  for (const ParsedSentence& sentence : dev_sentences()) {
    EXPECT_FALSE(train.contains(grammar::text_of(sentence))) << grammar::text_of(sentence);
  }
}

TEST(Grammar, VocabularyIsEveryWordOnce) {
  const std::vector<std::string> tokens = Grammar().vocabulary();
  EXPECT_THAT(tokens, SizeIs(234));
  EXPECT_EQ(std::set<std::string>(tokens.begin(), tokens.end()).size(), tokens.size());
  EXPECT_THAT(std::vector<std::string>(tokens.begin(), tokens.begin() + 5),
              ElementsAre("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"));
  EXPECT_EQ(tokens.size() - 5, grammar::WordTable().size());
  std::set<std::string> seen;
  const Grammar grammar;
  for (std::int64_t i = 0; i < 5'000; ++i) {
    for (const std::string& word : grammar.sentence(GrammarSplit::train, i).words) seen.insert(word);
  }
  EXPECT_EQ(seen, std::set<std::string>(tokens.begin() + 5, tokens.end()));
  for (const std::string& word : seen) {
    EXPECT_TRUE(word == "." ||
                std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
        << word;
  }
}

TEST(Grammar, FilesReadBackAsWritten) {
  const TemporaryFolder folder;
  const Grammar grammar = small_grammar();
  std::vector<std::int64_t> done;
  write_grammar(grammar, folder / "corpus",
                [&](const ProgressUpdate& update) { done.push_back(update.done); });
  EXPECT_THAT(done, ElementsAre(200, 240));

  const std::vector<ParsedSentence> train = read_conllu(folder / "corpus/train.conllu");
  ASSERT_THAT(train, SizeIs(200));
  EXPECT_THAT(read_conllu(folder / "corpus/dev.conllu"), SizeIs(40));
  for (std::int64_t i = 0; i < 200; ++i) {
    const ParsedSentence expected = grammar.sentence(GrammarSplit::train, i);
    EXPECT_EQ(train[i].id, expected.id);
    EXPECT_EQ(train[i].words, expected.words);
    EXPECT_EQ(train[i].heads, expected.heads);
    EXPECT_EQ(train[i].relations, expected.relations);
  }

  const std::vector<MinimalPair> pairs = read_pairs(folder / "corpus/pairs");
  EXPECT_THAT(pairs, SizeIs(8 * 4));
  const std::string line = read_file(folder / "corpus/pairs/sva_rc.jsonl");
  const MinimalPair& first = *std::find_if(pairs.begin(), pairs.end(),
                                           [](const MinimalPair& pair) { return pair.paradigm == "sva_rc"; });
  EXPECT_EQ(line.substr(0, line.find('\n')),
            R"({"sentence_good":")" + first.good + R"(","sentence_bad":")" + first.bad +
                R"(","field":"morphology","linguistics_term":"subject_verb_agreement","UID":"sva_rc",)"
                R"("simple_LM_method":true,"one_prefix_method":true,"two_prefix_method":false,)"
                R"("lexically_identical":false,"pairID":"0"})");
  EXPECT_EQ(Vocabulary::read(folder / "corpus/vocab.txt").size(), 234);

  write_grammar(small_grammar(), folder / "again");
  EXPECT_EQ(read_file(folder / "again/train.conllu"), read_file(folder / "corpus/train.conllu"));
}

TEST(Grammar, ConlluGivesLemmaPartOfSpeechAndNumber) {
  const TemporaryFolder folder;
  write_grammar(small_grammar(), folder.path());
  const std::string text = read_file(folder / "dev.conllu");
  EXPECT_THAT(text, StartsWith("# sent_id = dev-1\n# text = "));
  EXPECT_THAT(text, HasSubstr("\t.\t.\tPUNCT\t_\t_\t"));
  EXPECT_THAT(text, HasSubstr("\tthe\tthe\tDET\t_\t_\t"));
  EXPECT_THAT(text, HasSubstr("s\tking\tNOUN\t_\tNumber=Plur\t"));
}

TEST(Grammar, ErrorsNameTheCountAndTheFolder) {
  try {
    const Grammar grammar(GrammarOptions{.dev_sentences = 0});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_STREQ(error.what(), "dev_sentences: expected at least 1, found 0");
  }
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "x");
  try {
    write_grammar(small_grammar(), folder / "file");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_EQ(std::string(error.what()),
              (folder / "file/pairs").string() + ": cannot make folder: Not a directory");
  }
}

}  // namespace
}  // namespace onset
