// Where a checkpoint's vocabulary is and how its tokenizer is set.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace onset {

/// The vocabulary's place and the options of BERT's basic tokenizer (names of transformers.BertTokenizer in
/// brackets).
struct TokenizerFiles {
  std::filesystem::path vocab;        ///< one subword a line
  bool lower_case = true;             ///< [do_lower_case]
  std::optional<bool> strip_accents;  ///< [strip_accents]; unset: as lower_case
  bool split_chinese = true;          ///< [tokenize_chinese_chars] ideographs are words of their own
};

/// The vocabulary is `override_vocab` unless empty, else vocab.txt in the checkpoint's folder, else the one
/// beside the series (in the parent folder). tokenizer_config.json is taken from the checkpoint's folder,
/// else from beside the vocabulary; absent or silent, the defaults above hold. Throws Error: missing_input
/// (no vocabulary, naming where it was sought), bad_data (tokenizer_config.json is no JSON), configuration
/// (an option of the wrong type, or do_basic_tokenize false).
TokenizerFiles find_tokenizer(const std::filesystem::path& checkpoint_folder,
                              const std::filesystem::path& override_vocab);

/// Lines of a vocabulary file; a missing last newline is no matter. Throws Error(missing_input).
std::int64_t count_vocabulary_lines(const std::filesystem::path& vocab);

/// Throws Error(bad_data) with both counts when the vocabulary has more lines than the word embedding has
/// rows. Fewer lines are in order: the embedding is padded.
void require_vocabulary_fits(const std::filesystem::path& vocab, std::int64_t lines,
                             std::int64_t embedding_rows);

}  // namespace onset
