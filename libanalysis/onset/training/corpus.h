// The training data as token ids and heads, made once and then read by mapping the files: memory does not
// grow with the corpus.
//
// A corpus is a folder named after the hash of everything it depends on (the bytes of the input files, the
// vocabulary, the options of tokenisation and packing):
//   ids.i32       int32 [token]          token ids, sequences end to end, [CLS] and [SEP] included
//   heads.i16     int16 [token]          position of the token's head in its sequence, -1 for none
//   offsets.i64   int64 [sequence + 1]   where each sequence begins
//   corpus.json   the counts below, and the SHA-256 of the others, which is checked when they are opened
// all little-endian. It is written under a temporary name and renamed when complete: a build that was killed
// is made again. Tokenising runs on LibTorch's threads, a few thousand sentences at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "onset/base/file.h"
#include "onset/base/progress.h"
#include "onset/base/stop.h"
#include "onset/text/wordpiece.h"
#include "onset/training/packing.h"

namespace onset {

struct CorpusInputs {
  std::vector<std::filesystem::path> parsed;  ///< CoNLL-U
  std::vector<std::filesystem::path> text;    ///< a sentence or paragraph a line; blank lines are nothing
};

struct CorpusCounts {
  std::int64_t sentences = 0;  ///< read, lines of text included
  std::int64_t left_out = 0;   ///< of them, longer than max_tokens
  std::int64_t empty = 0;      ///< of them, without a token
  std::int64_t sequences = 0;
  std::int64_t tokens = 0;  ///< [CLS] and [SEP] included
  std::int64_t arcs = 0;    ///< tokens with a head
};

struct TokenSequence {
  std::span<const std::int32_t> ids;
  std::span<const std::int16_t> heads;
};

struct CorpusHooks {
  Progress progress;
  Warn warn;  ///< told of sentences left out, when the corpus is built
  std::stop_token stop;
};

/// Immutable; any number of threads may read it.
class Corpus {
 public:
  /// The corpus of these inputs in `cache`, built there if need be; another process that is building it is
  /// waited for. Throws Error: what the readers throw; bad_data where no sequence is left; io; Interrupted.
  static Corpus open(const std::filesystem::path& cache, const CorpusInputs& inputs,
                     const WordPiece& wordpiece, const PackingOptions& packing, const CorpusHooks& hooks);

  const CorpusCounts& counts() const { return counts_; }
  const std::string& key() const { return key_; }  ///< SHA-256 of what it depends on, in hexadecimal
  std::int64_t size() const { return counts_.sequences; }
  TokenSequence operator[](std::int64_t sequence) const;

 private:
  Corpus(const std::filesystem::path& folder, std::string key);

  std::string key_;
  CorpusCounts counts_;
  MappedFile ids_, heads_, offsets_;
};

}  // namespace onset
