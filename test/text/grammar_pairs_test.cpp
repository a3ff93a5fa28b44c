#include "onset/text/grammar_pairs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "onset/text/grammar.h"
#include "test/text/grammar_recogniser.h"

namespace onset {
namespace {

using grammar::Word;
using grammar::WordKind;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::map<std::string, std::vector<MinimalPair>> pairs_by_paradigm() {
  std::map<std::string, std::vector<MinimalPair>> result;
  for (MinimalPair& pair : Grammar().pairs()) result[pair.paradigm].push_back(std::move(pair));
  return result;
}

/// The word in which a pair's sentences differ.
struct Difference {
  std::size_t at = 0;
  std::string good;
  std::string bad;
};

/// Fails when it is not one word.
Difference difference(const MinimalPair& pair) {
  const std::vector<std::string> good = words_of(pair.good);
  const std::vector<std::string> bad = words_of(pair.bad);
  EXPECT_EQ(good.size(), bad.size()) << pair.good;
  std::vector<Difference> differing;
  for (std::size_t i = 0; i < std::min(good.size(), bad.size()); ++i) {
    if (good[i] != bad[i]) differing.push_back({i, good[i], bad[i]});
  }
  EXPECT_EQ(differing.size(), 1U) << pair.good << " | " << pair.bad;
  return differing.empty() ? Difference() : differing.front();
}

/// Add-5 bigrams of the train split, start of sentence included.
class Bigrams {
 public:
  explicit Bigrams(const Grammar& grammar)
      : vocabulary_(static_cast<double>(grammar.vocabulary().size() - 5)) {
    for (std::int64_t i = 0; i < grammar.options().train_sentences; ++i) {
      std::string before = "<s>";
      for (const std::string& word : grammar.sentence(GrammarSplit::train, i).words) {
        ++pairs_[{before, word}];
        ++words_[before];
        before = word;
      }
    }
  }

  double log_probability(const std::string& text) const {
    double sum = 0;
    std::string before = "<s>";
    for (const std::string& word : words_of(text)) {
      sum += std::log((count(pairs_, {before, word}) + 5) / (count(words_, before) + 5 * vocabulary_));
      before = word;
    }
    return sum;
  }

 private:
  template <typename Key>
  static double count(const std::map<Key, int>& counts, const Key& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? 0 : found->second;
  }

  double vocabulary_;
  std::map<std::pair<std::string, std::string>, int> pairs_;
  std::map<std::string, int> words_;
};

TEST(GrammarPairs, EightParadigmsOfAHundred) {
  const auto pairs = pairs_by_paradigm();
  ASSERT_EQ(pairs.size(), 8U);
  for (const grammar::Paradigm& paradigm : grammar::paradigms()) {
    const auto& of_paradigm = pairs.at(std::string(paradigm.name));
    ASSERT_EQ(of_paradigm.size(), 100U) << paradigm.name;
    std::set<std::string> good;
    for (std::size_t i = 0; i < of_paradigm.size(); ++i) {
      EXPECT_EQ(of_paradigm[i].id, std::to_string(i));
      EXPECT_EQ(of_paradigm[i].phenomenon, paradigm.phenomenon);
      good.insert(of_paradigm[i].good);
    }
    EXPECT_EQ(good.size(), of_paradigm.size()) << paradigm.name << " has a pair twice";
  }
}

TEST(GrammarPairs, GoodSentencesAreOfTheLanguageAndBadOnesAreNot) {
  grammar::Recogniser recogniser;
  for (const MinimalPair& pair : Grammar().pairs()) {
    EXPECT_TRUE(recogniser.accepts(pair.good)) << pair.paradigm << ": " << pair.good;
    EXPECT_FALSE(recogniser.accepts(pair.bad)) << pair.paradigm << ": " << pair.bad;
  }
}

TEST(GrammarPairs, EachDiffersAsItsParadigmSays) {
  const grammar::WordTable table;
  for (const MinimalPair& pair : Grammar().pairs()) {
    const Difference differing = difference(pair);
    const Word& good = table.at(differing.good);
    const Word& bad = table.at(differing.bad);
    const std::string where = pair.paradigm + ": " + pair.good + " | " + pair.bad;
    ASSERT_TRUE(good.kind == bad.kind) << where;
    if (pair.paradigm == "det_noun_adj") {
      EXPECT_TRUE(good.kind == WordKind::noun && good.noun_class == bad.noun_class &&
                  good.number != bad.number)
          << where;
    } else if (pair.paradigm.starts_with("sva_")) {
      EXPECT_TRUE(good.is_verb() && good.verb == bad.verb && good.number != bad.number) << where;
    } else if (pair.paradigm == "reflexive_gender") {
      EXPECT_TRUE(good.kind == WordKind::reflexive && good.number == bad.number && good.gender != bad.gender)
          << where;
    } else if (pair.paradigm == "verb_object_selection") {
      EXPECT_TRUE(good.kind == WordKind::noun && good.noun_class != bad.noun_class &&
                  good.number == bad.number)
          << where;
    } else if (pair.paradigm == "subject_verb_selection") {
      EXPECT_TRUE(good.is_verb() && good.noun_class != bad.noun_class && good.number == bad.number) << where;
    } else {
      EXPECT_EQ(pair.paradigm, "adverb_selection");
      EXPECT_TRUE(good.kind == WordKind::adverb && good.group != bad.group) << where;
    }
  }
}

TEST(GrammarPairs, AnAttractorStandsBetween) {
  const grammar::WordTable table;
  for (const MinimalPair& pair : Grammar().pairs()) {
    const Difference differing = difference(pair);
    const Word& good = table.at(differing.good);
    const Word& bad = table.at(differing.bad);
    const std::vector<std::string> words = words_of(pair.good);
    bool attracts = false;
    for (std::size_t i = 0; i < differing.at; ++i) {
      const Word& word = table.at(words[i]);
      if (pair.paradigm == "det_noun_adj" || pair.paradigm.starts_with("sva_")) {
        attracts |= word.kind == WordKind::noun && word.number == bad.number;
      } else if (pair.paradigm == "reflexive_gender") {
        attracts |= word.kind == WordKind::noun && word.gender == bad.gender && word.number == good.number;
      } else if (pair.paradigm == "adverb_selection") {
        attracts |= word.is_verb() && word.verb->adverbs == bad.group;
      } else {
        attracts |=
            word.kind == WordKind::noun && word.noun_class == bad.noun_class && word.number == bad.number;
      }
    }
    EXPECT_TRUE(attracts) << pair.paradigm << ": " << pair.good;
  }
}

TEST(GrammarPairs, CouplesExchangeGoodAndBad) {
  for (const auto& [paradigm, pairs] : pairs_by_paradigm()) {
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
      const Difference first = difference(pairs[i]);
      const Difference second = difference(pairs[i + 1]);
      EXPECT_EQ(first.good, second.bad) << paradigm << " pair " << i;
      EXPECT_EQ(first.bad, second.good) << paradigm << " pair " << i;
    }
  }
}

TEST(GrammarPairs, GoodSentencesAreNotInTrain) {
  const Grammar grammar;
  std::set<std::vector<std::string>> good;
  for (const MinimalPair& pair : grammar.pairs()) good.insert(words_of(pair.good));
  for (std::int64_t i = 0; i < 20'000; ++i) {
    const ParsedSentence sentence = grammar.sentence(GrammarSplit::train, i);
    EXPECT_FALSE(good.contains(sentence.words)) << sentence.id;
  }
}

TEST(GrammarPairs, BigramsStayNearChance) {
  const Bigrams bigrams{Grammar()};
  for (const auto& [paradigm, pairs] : pairs_by_paradigm()) {
    double right = 0;
    for (const MinimalPair& pair : pairs) {
      right += bigrams.log_probability(pair.good) > bigrams.log_probability(pair.bad) ? 1 : 0;
    }
    const double accuracy = right / static_cast<double>(pairs.size());
    EXPECT_GE(accuracy, 0.4) << paradigm;
    EXPECT_LE(accuracy, 0.62) << paradigm;
    RecordProperty(paradigm, std::to_string(accuracy));
  }
}

TEST(GrammarPairs, FewerPairsAreTheFirstOfMore) {
  const std::vector<MinimalPair> few = Grammar(GrammarOptions{.pairs_per_paradigm = 3}).pairs();
  const auto many = pairs_by_paradigm();
  ASSERT_EQ(few.size(), 24U);
  for (const MinimalPair& pair : few) {
    EXPECT_EQ(pair.good, many.at(pair.paradigm)[std::stoul(pair.id)].good);
    EXPECT_EQ(pair.bad, many.at(pair.paradigm)[std::stoul(pair.id)].bad);
  }
}

}  // namespace
}  // namespace onset
