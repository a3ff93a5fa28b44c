#include "onset/text/grammar.h"

#include <algorithm>
#include <array>
#include <set>

#include "onset/base/error.h"
#include "onset/base/sha256.h"
#include "onset/text/grammar_pairs.h"
#include "onset/text/grammar_sampler.h"

namespace onset {
namespace {

constexpr std::size_t shortest = 5;
constexpr std::size_t longest = 22;
constexpr std::uint64_t most_attempts = 10'000;
// Streams of draws: the two splits, then one a paradigm.
constexpr std::uint64_t train_stream = 0;
constexpr std::uint64_t dev_stream = 1;
constexpr std::uint64_t first_pair_stream = 2;

bool fits(const ParsedSentence& sentence) {
  return sentence.words.size() >= shortest && sentence.words.size() <= longest;
}

/// One text in eight, by its content, is held out of training, whatever the seed: the dev split and the
/// pairs' good sentences are drawn from these alone.
bool held_out(const std::string& text) { return content_hash(text) % 8 == 0; }

/// What a couple of pairs is drawn from.
struct CoupleSeed {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
  std::int64_t number = 0;
};

using Couple = std::array<grammar::PairOfParses, 2>;

/// The first couple whose good sentences fit, are held out and are not among those seen.
Couple draw_couple(const grammar::Paradigm& paradigm, CoupleSeed from, const std::set<std::string>& seen) {
  const auto number = static_cast<std::uint64_t>(from.number);
  for (std::uint64_t attempt = 0; attempt < most_attempts; ++attempt) {
    const auto side = [&](grammar::Side which) {
      grammar::Sampler sampler({from.seed, from.stream, number, attempt});
      return paradigm.draw(sampler, which, number);
    };
    Couple couple = {side(grammar::Side::first), side(grammar::Side::second)};
    const auto usable = [&](const grammar::PairOfParses& pair) {
      const std::string good = grammar::text_of(pair.good);
      return fits(pair.good) && held_out(good) && !seen.contains(good);
    };
    if (std::all_of(couple.begin(), couple.end(), usable)) return couple;
  }
  throw Error(ErrorKind::usage, "pairs_per_paradigm: " + std::string(paradigm.name) + " has only about " +
                                    std::to_string(seen.size()) + " different pairs");
}

void check_count(const char* name, std::int64_t count) {
  if (count >= 1) return;
  throw Error(ErrorKind::usage, std::string(name) + ": expected at least 1, found " + std::to_string(count));
}

}  // namespace

Grammar::Grammar(GrammarOptions options) : options_(options) {
  check_count("train_sentences", options_.train_sentences);
  check_count("dev_sentences", options_.dev_sentences);
  check_count("pairs_per_paradigm", options_.pairs_per_paradigm);
}

ParsedSentence Grammar::sentence(GrammarSplit split, std::int64_t index) const {
  const bool dev = split == GrammarSplit::dev;
  const std::uint64_t stream = dev ? dev_stream : train_stream;
  for (std::uint64_t attempt = 0; attempt < most_attempts; ++attempt) {
    grammar::Sampler sampler({options_.seed, stream, static_cast<std::uint64_t>(index), attempt});
    ParsedSentence sentence = grammar::parse_of(sampler.sentence());
    if (!fits(sentence) || held_out(grammar::text_of(sentence)) != dev) continue;
    sentence.id = (dev ? "dev-" : "train-") + std::to_string(index + 1);
    return sentence;
  }
  throw Error(ErrorKind::bug, "grammar: no sentence of 5 to 22 words in 10000 attempts");
}

std::vector<MinimalPair> Grammar::pairs() const {
  std::vector<MinimalPair> pairs;
  std::uint64_t stream = first_pair_stream;
  for (const grammar::Paradigm& paradigm : grammar::paradigms()) {
    std::set<std::string> seen;
    for (std::int64_t index = 0; index < options_.pairs_per_paradigm;) {
      const Couple couple = draw_couple(paradigm, {options_.seed, stream, index / 2}, seen);
      for (const grammar::PairOfParses& pair : couple) {
        if (index == options_.pairs_per_paradigm) break;
        pairs.push_back({.paradigm = std::string(paradigm.name),
                         .id = std::to_string(index++),
                         .phenomenon = std::string(paradigm.phenomenon),
                         .good = grammar::text_of(pair.good),
                         .bad = grammar::text_of(pair.bad)});
        seen.insert(pairs.back().good);
      }
    }
    ++stream;
  }
  return pairs;
}

std::vector<std::string> Grammar::vocabulary() const {
  std::vector<std::string> tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
  for (const grammar::WordForm& word : grammar::word_forms()) tokens.emplace_back(word.form);
  return tokens;
}

}  // namespace onset
