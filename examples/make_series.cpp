// Writes a small series of BERT checkpoints without training: weights move in a straight line from one random
// draw to another.
//
//   make_series CORPUS_DIR RUN_DIR [SIZE=N…]      CORPUS_DIR/vocab.txt as `onset grammar` writes it
//   -> RUN_DIR/checkpoint-0, checkpoint-100 … checkpoint-500, each as Hugging Face lays it out
//
// SIZE is layers, hidden, heads, ffn, positions or last (the last step, a multiple of 100).
//
// Nothing is learned here, so no curve should move beyond chance: a series to try the tools on.
#include <filesystem>
#include <iostream>
#include <map>
#include <string>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/checkpoint/safetensors.h"
#include "onset/model/bert.h"
#include "onset/text/vocabulary.h"

int main(int count, char** arguments) try {
  if (count < 3) {
    std::cerr << "usage: make_series CORPUS_DIR RUN_DIR [SIZE=N…]\n";
    return static_cast<int>(onset::ErrorKind::usage);
  }
  const std::filesystem::path vocab = std::filesystem::path(arguments[1]) / "vocab.txt";
  const std::filesystem::path run = arguments[2];
  onset::BertConfig config;
  config.layers = 3;
  config.hidden = 64;
  config.heads = 4;
  config.ffn = 256;
  config.positions = 64;
  config.initializer_range = 0.2;
  std::int64_t last = 500;
  const std::map<std::string, std::int64_t*> sizes = {
      {"layers", &config.layers}, {"hidden", &config.hidden},       {"heads", &config.heads},
      {"ffn", &config.ffn},       {"positions", &config.positions}, {"last", &last}};
  for (int i = 3; i < count; ++i) {
    const std::string word = arguments[i];
    const auto size = sizes.find(word.substr(0, word.find('=')));
    if (size == sizes.end()) throw onset::Error(onset::ErrorKind::usage, word + ": no such size");
    *size->second = std::stoll(word.substr(word.find('=') + 1));
  }
  config.vocab_size = onset::Vocabulary::read(vocab).size();

  const onset::Bert from = onset::initial_bert(config, 1);
  const auto to = onset::named_parameters(onset::initial_bert(config, 2));
  for (std::int64_t step = 0; step <= last; step += 100) {
    std::vector<std::pair<std::string, torch::Tensor>> weights;
    for (const auto& [name, tensor] : onset::named_parameters(from)) {
      weights.emplace_back(name,
                           torch::lerp(tensor, to[weights.size()].second, static_cast<double>(step) / 500.0));
    }
    const std::filesystem::path folder = run / ("checkpoint-" + std::to_string(step));
    std::filesystem::create_directories(folder);
    onset::write_file_atomically(folder / "config.json", onset::config_json(config));
    onset::write_file_atomically(folder / "vocab.txt", onset::read_file(vocab));
    onset::write_safetensors(folder / "model.safetensors", weights, {{"format", "pt"}});
  }
  return 0;
} catch (const onset::Error& error) {
  std::cerr << "make_series: " << error.what() << '\n';
  return static_cast<int>(error.kind());
}
