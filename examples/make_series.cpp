// Writes a small series of BERT checkpoints without training: weights move in a straight line from one random
// draw to another.
//
//   make_series CORPUS_DIR RUN_DIR      CORPUS_DIR/vocab.txt as `onset grammar` writes it
//   -> RUN_DIR/checkpoint-0, checkpoint-100 … checkpoint-500, each as Hugging Face lays it out
//
// Nothing is learned here, so no curve should move beyond chance: a series to try the tools on.
#include <filesystem>
#include <iostream>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/checkpoint/safetensors.h"
#include "onset/model/bert.h"
#include "onset/text/vocabulary.h"

int main(int count, char** arguments) try {
  if (count != 3) {
    std::cerr << "usage: make_series CORPUS_DIR RUN_DIR\n";
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
  config.vocab_size = onset::Vocabulary::read(vocab).size();

  const onset::Bert from = onset::initial_bert(config, 1);
  const auto to = onset::named_parameters(onset::initial_bert(config, 2));
  for (int step = 0; step <= 500; step += 100) {
    std::vector<std::pair<std::string, torch::Tensor>> weights;
    for (const auto& [name, tensor] : onset::named_parameters(from)) {
      weights.emplace_back(name, torch::lerp(tensor, to[weights.size()].second, step / 500.0));
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
