// Dependency parses in CoNLL-U (https://universaldependencies.org/format.html): ten tab-separated columns a
// word, a blank line after each sentence. Read here: ID, FORM, HEAD, DEPREL and the comment `# sent_id = …`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "onset/base/progress.h"

namespace onset {

/// One tree. words, heads and relations have the same length.
struct ParsedSentence {
  std::string id;                  ///< its sent_id, or its number in the file (from 1) where there is none
  std::int64_t line = 0;           ///< line of its first word, from 1
  std::vector<std::string> words;  ///< FORM
  std::vector<std::int32_t>
      heads;  ///< number of the governing word, from 1; 0: root; all -1: no parse (never from CoNLL-U)
  std::vector<std::string> relations;  ///< DEPREL as it stands
};

/// Reads sentence by sentence: memory is bounded by the longest one. LF, CRLF and a byte order mark give the
/// same result. Multiword ranges (`1-2`) and empty nodes (`8.1`) are checked and left out. Throws Error:
/// missing_input, io, or bad_data naming the place for: not UTF-8 or a NUL (byte), wrong number of columns,
/// ids that do not count 1, 2, 3, …, misplaced or overlapping ranges, a HEAD that is no word of the sentence
/// or the word itself, no or several roots, a cycle, comments after the first word, a file of 0 sentences. A
/// missing newline at the end of the file is a warning.
class ConlluReader {
 public:
  explicit ConlluReader(const std::filesystem::path& path, Warn warn = {});
  ~ConlluReader();
  ConlluReader(ConlluReader&&) noexcept;
  ConlluReader& operator=(ConlluReader&&) noexcept;
  ConlluReader(const ConlluReader&) = delete;
  ConlluReader& operator=(const ConlluReader&) = delete;

  /// The next sentence; none at the end of the file.
  std::optional<ParsedSentence> next();

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// The first max_sentences sentences (-1: all); what comes after them is not looked at. Throws as
/// ConlluReader does.
std::vector<ParsedSentence> read_conllu(const std::filesystem::path& path, std::int64_t max_sentences = -1,
                                        const Warn& warn = {});

}  // namespace onset
