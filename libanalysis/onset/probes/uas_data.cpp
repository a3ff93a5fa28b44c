#include <algorithm>
#include <cmath>
#include <map>

#include "onset/base/error.h"
#include "onset/base/sha256.h"
#include "onset/probes/uas.h"

namespace onset {
namespace {

/// The words, heads and relations of a sentence as one string, each field ended by a byte that cannot stand
/// in it.
std::uint64_t content_of(const ParsedSentence& sentence) {
  std::string text;
  for (std::size_t w = 0; w < sentence.words.size(); ++w) {
    text +=
        sentence.words[w] + '\t' + std::to_string(sentence.heads[w]) + '\t' + sentence.relations[w] + '\n';
  }
  return content_hash(text);
}

/// Accuracy of the best fixed offset for each relation.
std::vector<double> offset_baseline(const UasData& data) {
  std::vector<double> best(data.relations.size(), 0.0);
  for (int offset = -3; offset <= 2; ++offset) {
    std::vector<std::int64_t> correct(data.relations.size(), 0);
    for (const UasData::Sentence& sentence : data.sentences) {
      const auto words = static_cast<std::int64_t>(sentence.words.size());
      for (std::int64_t i = 0; i < words; ++i) {
        const std::int64_t word = sentence.first_word + i;
        const std::int64_t judged = data.judged[word] - sentence.first_word;
        if (std::clamp<std::int64_t>(judged + 1 + offset, 0, words) != data.head[word]) continue;
        ++correct[0];
        ++correct[data.relation[word]];
      }
    }
    for (std::size_t r = 0; r < best.size(); ++r) {
      // Without a word 0 / 0, as it should be: NaN.
      const double accuracy = static_cast<double>(correct[r]) / static_cast<double>(data.total[r]);
      best[r] = std::isnan(accuracy) ? accuracy : std::max(best[r], accuracy);
    }
  }
  return best;
}

void append(UasData& data, const ParsedSentence& sentence, AlignedSentence aligned) {
  const auto first = static_cast<std::int64_t>(data.head.size());
  const auto words = static_cast<std::int64_t>(sentence.words.size());
  data.ids.push_back(std::move(aligned.ids));
  data.sentences.push_back({std::move(aligned.words), first});
  data.content.push_back(content_of(sentence));
  for (std::int64_t w = 0; w < words; ++w) {
    data.head.push_back(sentence.heads[w]);
    const bool genitive = sentence.relations[w] == "poss" && w + 1 < words &&
                          (sentence.words[w + 1] == "'s" || sentence.words[w + 1] == "s'");
    data.judged.push_back(static_cast<std::int32_t>(first + w + (genitive ? 1 : 0)));
  }
}

}  // namespace

UasData prepare_uas(std::span<const ParsedSentence> sentences, const WordPiece& wordpiece,
                    const UasOptions& options) {
  UasData data;
  std::map<std::string, std::int32_t> seen;
  std::vector<const ParsedSentence*> kept;
  for (std::size_t s = 0; s < sentences.size(); ++s) {
    const ParsedSentence& sentence = sentences[s];
    AlignedSentence aligned = align(wordpiece, sentence.words);
    if (std::ranges::any_of(aligned.words, [](const TokenSpan& span) { return span.begin == span.end; })) {
      ++data.without_subword;
    } else if (static_cast<std::int64_t>(aligned.ids.size()) > options.max_tokens) {
      ++data.too_long;
    } else {
      append(data, sentence, std::move(aligned));
      data.source.push_back(static_cast<std::int64_t>(s));
      kept.push_back(&sentence);
      for (const std::string& relation : sentence.relations) seen.emplace(relation, 0);
    }
  }
  if (kept.empty()) {
    throw Error(ErrorKind::bad_data, "no sentence of the parses is left: " + std::to_string(data.too_long) +
                                         " longer than --max-tokens " + std::to_string(options.max_tokens) +
                                         ", " + std::to_string(data.without_subword) +
                                         " with a word that yields no subword");
  }
  data.relations.emplace_back("all");
  for (auto& [name, index] : seen) {
    index = static_cast<std::int32_t>(data.relations.size());
    data.relations.push_back(name);
  }
  data.total.assign(data.relations.size(), 0);
  for (const ParsedSentence* sentence : kept) {
    for (const std::string& relation : sentence->relations) {
      const std::int32_t index = seen.at(relation);
      data.relation.push_back(index);
      ++data.total[index];
      ++data.total[0];
    }
  }
  std::int64_t commonest = 0;
  for (std::size_t r = 0; r < data.relations.size(); ++r) {
    const bool candidate = r != 0 && data.relations[r] != "root" && data.relations[r] != "punct";
    data.reported.push_back(candidate && data.total[r] >= options.min_relation);
    if (candidate) commonest = std::max(commonest, data.total[r]);
  }
  if (std::ranges::none_of(data.reported, [](bool r) { return r; })) {
    throw Error(ErrorKind::bad_data, "no relation of the parses is seen " +
                                         std::to_string(options.min_relation) + " times (the commonest " +
                                         std::to_string(commonest) + "): lower --min-relation");
  }
  data.baseline = offset_baseline(data);
  return data;
}

UasData take_sentences(const UasData& data, std::span<const std::size_t> places) {
  UasData out;
  out.relations = data.relations;
  out.total.assign(data.relations.size(), 0);
  out.too_long = data.too_long;
  out.without_subword = data.without_subword;
  for (const std::size_t s : places) {
    const std::int64_t from = data.sentences[s].first_word;
    const auto to = static_cast<std::int64_t>(out.head.size());
    const auto words = static_cast<std::int64_t>(data.sentences[s].words.size());
    out.ids.push_back(data.ids[s]);
    out.sentences.push_back({data.sentences[s].words, to});
    out.source.push_back(data.source[s]);
    out.content.push_back(data.content[s]);
    for (std::int64_t word = from; word < from + words; ++word) {
      out.head.push_back(data.head[word]);
      out.relation.push_back(data.relation[word]);
      out.judged.push_back(static_cast<std::int32_t>(data.judged[word] - from + to));
      ++out.total[0];
      ++out.total[data.relation[word]];
    }
  }
  for (std::size_t r = 0; r < data.relations.size(); ++r)
    out.reported.push_back(data.reported[r] && out.total[r] > 0);
  out.baseline = offset_baseline(out);
  return out;
}

}  // namespace onset
