// A sweep that takes a second: the small corpus, a few minimal pairs, a sweep.json.
#pragma once

#include <string>

#include "onset/base/file.h"
#include "test/temporary_folder.h"
#include "test/training/small_corpus.h"

namespace onset {

/// Writes what write_small_corpus writes, pairs.jsonl and train.json.
inline void write_small_sweep(const TemporaryFolder& folder) {
  write_small_corpus(folder);
  std::string pairs;
  for (int i = 0; i < 6; ++i) {
    const std::string a(1, static_cast<char>('a' + i)), b(1, static_cast<char>('b' + i));
    pairs += R"({"sentence_good": ")" + a + " " + b + R"(s", "sentence_bad": ")" + a + "s " + b +
             R"(", "linguistics_term": "s", "UID": "s_)" + std::to_string(i % 2) + R"(", "pairID": ")" +
             std::to_string(i) + "\"}\n";
  }
  write_file_atomically(folder / "pairs.jsonl", pairs);
  write_file_atomically(folder / "train.json", small_config());
}

/// A sweep.json with this grid: `"lambda": [0, 0.5], "release": [null, 7]`.
inline std::string small_sweep(const std::string& grid) {
  return R"({"train": "train.json", )" + grid + R"(,
    "analyze": {"parses": "dev.conllu", "pairs": "pairs.jsonl", "probes": ["uas", "pll", "loss"],
                "min_relation": 1, "replicates": 5}})";
}

}  // namespace onset
