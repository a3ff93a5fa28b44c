#include "onset/text/grammar.h"

#include "command.h"

namespace onset::apps {

int run_grammar(const std::vector<std::string>& words) {
  const GrammarOptions defaults;
  po::options_description options;
  options.add_options()("output,o", po::value<std::string>()->value_name("DIR"), "folder to write into")(
      "train-sentences", po::value<std::int64_t>()->value_name("N")->default_value(defaults.train_sentences),
      "sentences to train on")(
      "dev-sentences", po::value<std::int64_t>()->value_name("N")->default_value(defaults.dev_sentences),
      "sentences to measure on")(
      "pairs", po::value<std::int64_t>()->value_name("N")->default_value(defaults.pairs_per_paradigm),
      "minimal pairs of each paradigm")(
      "seed", po::value<std::uint64_t>()->value_name("N")->default_value(defaults.seed),
      "another seed, another corpus of the same language");
  CommandLine line({"grammar", "",
                    "Writes a corpus with gold parses from onset's own grammar: train.conllu, dev.conllu, "
                    "pairs/*.jsonl, vocab.txt.",
                    "onset grammar -o corpus/"},
                   std::move(options));
  if (!line.read(words)) return 0;
  GrammarOptions grammar;
  grammar.seed = line.get<std::uint64_t>("seed");
  grammar.train_sentences = line.get<std::int64_t>("train-sentences");
  grammar.dev_sentences = line.get<std::int64_t>("dev-sentences");
  grammar.pairs_per_paradigm = line.get<std::int64_t>("pairs");
  write_grammar(Grammar(grammar), line.required_path("output"), make_progress());
  return 0;
}

}  // namespace onset::apps
