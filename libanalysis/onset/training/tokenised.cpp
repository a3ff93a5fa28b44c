#include "onset/training/tokenised.h"

#include "onset/text/alignment.h"

namespace onset {

TokenisedSentence tokenise(const ParsedSentence& sentence, const WordPiece& wordpiece) {
  const AlignedSentence aligned = align(wordpiece, sentence.words);
  TokenisedSentence out;
  out.ids.assign(aligned.ids.begin() + 1, aligned.ids.end() - 1);
  out.heads.assign(out.ids.size(), no_head);
  const auto place = [&](std::size_t word) {  // of its first subword; aligned.words counts [CLS]
    const TokenSpan& span = aligned.words[word];
    return span.begin == span.end ? std::int32_t{no_head} : span.begin - 1;
  };
  for (std::size_t word = 0; word < sentence.words.size(); ++word) {
    const std::int32_t at = place(word);
    const std::int32_t head = sentence.heads[word];
    if (at < 0 || head < 0) continue;
    out.heads[static_cast<std::size_t>(at)] =
        head == 0 ? std::int32_t{root} : place(static_cast<std::size_t>(head - 1));
  }
  return out;
}

TokenisedSentence tokenise(std::string_view text, const WordPiece& wordpiece) {
  TokenisedSentence out{wordpiece.pieces(text), {}};
  out.heads.assign(out.ids.size(), no_head);
  return out;
}

}  // namespace onset
