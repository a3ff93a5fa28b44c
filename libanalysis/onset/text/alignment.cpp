#include "onset/text/alignment.h"

#include "onset/base/error.h"

namespace onset {

AlignedSentence align(const WordPiece& wordpiece, std::span<const std::string> words) {
  AlignedSentence sentence;
  sentence.ids.reserve(2 * words.size() + 2);
  sentence.words.reserve(words.size());
  sentence.ids.push_back(wordpiece.vocabulary().cls());
  for (const std::string& word : words) {
    const auto begin = static_cast<std::int32_t>(sentence.ids.size());
    try {
      wordpiece.append_pieces(word, sentence.ids);
    } catch (const Error& error) {
      throw error_in(error.kind(), "word " + std::to_string(sentence.words.size() + 1), error.what());
    }
    sentence.words.push_back({.begin = begin, .end = static_cast<std::int32_t>(sentence.ids.size())});
  }
  sentence.ids.push_back(wordpiece.vocabulary().sep());
  return sentence;
}

}  // namespace onset
