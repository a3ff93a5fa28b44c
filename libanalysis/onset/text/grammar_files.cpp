// The demo corpus on disk: CoNLL-U, JSON lines as BLiMP's, and the vocabulary.
#include <map>
#include <nlohmann/json.hpp>
#include <system_error>
#include <unordered_map>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/text/grammar.h"
#include "onset/text/grammar_lexicon.h"
#include "onset/text/grammar_pairs.h"

namespace onset {
namespace {

using WordTable = std::unordered_map<std::string_view, grammar::WordForm>;

void append_conllu(const ParsedSentence& sentence, const WordTable& words, std::string& out) {
  out.append("# sent_id = ").append(sentence.id);
  out.append("\n# text = ").append(grammar::text_of(sentence)).append("\n");
  for (std::size_t i = 0; i < sentence.words.size(); ++i) {
    const grammar::WordForm& word = words.at(sentence.words[i]);
    out.append(std::to_string(i + 1)).append("\t").append(word.form).append("\t").append(word.lemma);
    out.append("\t").append(word.upos).append("\t_\t").append(word.features).append("\t");
    out.append(std::to_string(sentence.heads[i])).append("\t").append(sentence.relations[i]);
    out.append("\t_\t_\n");
  }
  out.append("\n");
}

void append_pair(const MinimalPair& pair, const grammar::Paradigm& paradigm, std::string& out) {
  const nlohmann::ordered_json line = {
      {"sentence_good", pair.good},          {"sentence_bad", pair.bad},     {"field", paradigm.field},
      {"linguistics_term", pair.phenomenon}, {"UID", pair.paradigm},         {"simple_LM_method", true},
      {"one_prefix_method", true},  // the sentences are the same up to the word that differs
      {"two_prefix_method", false},          {"lexically_identical", false}, {"pairID", pair.id},
  };
  out.append(line.dump()).append("\n");
}

}  // namespace

void write_grammar(const Grammar& grammar, const std::filesystem::path& folder, const Progress& progress) {
  const std::filesystem::path pairs_folder = folder / "pairs";
  std::error_code error;
  std::filesystem::create_directories(pairs_folder, error);
  if (error) throw error_in(ErrorKind::io, pairs_folder.string(), "cannot make folder: " + error.message());

  WordTable words;
  for (const grammar::WordForm& word : grammar::word_forms()) words.emplace(word.form, word);
  const GrammarOptions& options = grammar.options();
  const std::int64_t total = options.train_sentences + options.dev_sentences;
  std::int64_t done = 0;
  const auto write_split = [&](GrammarSplit split, std::int64_t count, const char* name) {
    constexpr std::int64_t between_reports = 1'000;
    std::string text;
    for (std::int64_t index = 0; index < count; ++index) {
      append_conllu(grammar.sentence(split, index), words, text);
      ++done;
      const bool report = done % between_reports == 0 || index + 1 == count;
      if (report && progress) progress({name, done, total, "sentences"});
    }
    write_file_atomically(folder / name, text);
  };
  write_split(GrammarSplit::train, options.train_sentences, "train.conllu");
  write_split(GrammarSplit::dev, options.dev_sentences, "dev.conllu");

  std::map<std::string, std::string> files;
  for (const MinimalPair& pair : grammar.pairs()) {
    for (const grammar::Paradigm& paradigm : grammar::paradigms()) {
      if (paradigm.name == pair.paradigm) append_pair(pair, paradigm, files[pair.paradigm]);
    }
  }
  for (const auto& [name, text] : files) write_file_atomically(pairs_folder / (name + ".jsonl"), text);

  std::string vocabulary;
  for (const std::string& token : grammar.vocabulary()) vocabulary.append(token).append("\n");
  write_file_atomically(folder / "vocab.txt", vocabulary);
}

}  // namespace onset
