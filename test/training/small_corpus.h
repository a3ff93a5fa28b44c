// A few parsed sentences, lines of text and a vocabulary in a folder.
#pragma once

#include <string>

#include "onset/base/file.h"
#include "test/temporary_folder.h"

namespace onset {

/// A CoNLL-U line of word `id`.
inline std::string conllu_word(int id, const std::string& form, int head) {
  return std::to_string(id) + '\t' + form + "\t_\t_\t_\t_\t" + std::to_string(head) + "\tdep\t_\t_\n";
}

/// vocab.txt: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4, then a b c d e f g h, ##s and s.
inline std::string small_vocabulary() {
  return "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\nd\ne\nf\ng\nh\n##s\ns\n";
}

/// Writes vocab.txt, train.conllu of `sentences` sentences of three to eight words, dev.conllu and
/// train.json.
inline void write_small_corpus(const TemporaryFolder& folder, int sentences = 40) {
  const auto sentence = [](int number) {
    std::string text;
    const int words = 3 + number % 6;
    for (int w = 1; w <= words; ++w) {
      std::string form(1, static_cast<char>('a' + (number * 3 + w * w) % 8));
      if ((number + w) % 4 == 0) form += 's';
      text += conllu_word(w, form, w == 2 ? 0 : (w == 1 ? 2 : w - 1));
    }
    return text + '\n';
  };
  std::string train, dev;
  for (int i = 0; i < sentences; ++i) train += sentence(i);
  for (int i = 0; i < 5; ++i) dev += sentence(1000 + i);
  write_file_atomically(folder / "vocab.txt", small_vocabulary());
  write_file_atomically(folder / "train.conllu", train);
  write_file_atomically(folder / "dev.conllu", dev);
}

/// A configuration for that corpus; `more` is put in before the end.
inline std::string small_config(const std::string& more = "") {
  return R"({"model": {"layers": 2, "hidden": 16, "heads": 2, "ffn": 24, "positions": 16, "dropout": 0.1},
    "data": {"parsed": ["train.conllu"]},
    "objective": {"lambda": [[0, 0.05], [5, -0.02]]},
    "optimiser": {"lr": 0.005, "warmup": 3, "horizon": 100},
    "steps": 12, "batch": 5, "device": "cpu", "save": {"log_per_decade": 0, "every": 0, "at": [4]})" +
         more + "}";
}

}  // namespace onset
