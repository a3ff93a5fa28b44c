#include "onset/training/training_state.h"

#include <torch/utils.h>
#include <unistd.h>

#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/checkpoint/config.h"
#include "onset/checkpoint/json_text.h"
#include "onset/checkpoint/paths.h"
#include "onset/checkpoint/printable.h"
#include "onset/checkpoint/safetensors.h"

namespace onset {
namespace {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

constexpr const char* moments_file = "optimizer.safetensors";
constexpr const char* state_file = "trainer_state.json";
const std::map<std::string, std::string> metadata = {{"format", "pt"}};

NamedTensors moments(const Parameters& parameters, const AdamW& optimiser) {
  NamedTensors out;
  for (auto& [name, tensor] : parameters.named(optimiser.first_moment()))
    out.emplace_back("first." + name, tensor);
  for (auto& [name, tensor] : parameters.named(optimiser.second_moment()))
    out.emplace_back("second." + name, tensor);
  return out;
}

std::string tokenizer_json(const WordPieceOptions& options, std::int64_t positions) {
  nlohmann::ordered_json object = {{"tokenizer_class", "BertTokenizer"},
                                   {"do_lower_case", options.lower_case},
                                   {"strip_accents", nullptr},
                                   {"tokenize_chinese_chars", options.split_chinese},
                                   {"model_max_length", positions}};
  if (options.strip_accents) object["strip_accents"] = *options.strip_accents;
  return object.dump(2) + "\n";
}

std::string state_json(const TrainingState& state, std::int64_t max_steps) {
  nlohmann::ordered_json object = {{"global_step", state.step},
                                   {"max_steps", max_steps},
                                   {"updates", state.updates},
                                   {"dev_loss", nullptr}};
  if (state.dev_loss) object["dev_loss"] = *state.dev_loss;
  return object.dump(2) + "\n";
}

}  // namespace

std::filesystem::path checkpoint_folder(const std::filesystem::path& run, std::int64_t step) {
  return run / ("checkpoint-" + std::to_string(step));
}

void write_checkpoint(const std::filesystem::path& run, const TrainingState& state,
                      const Parameters& parameters, const AdamW& optimiser, const CheckpointFiles& files) {
  const std::filesystem::path folder = checkpoint_folder(run, state.step);
  std::filesystem::path temporary = folder;
  temporary += ".tmp-" + std::to_string(::getpid());
  BertConfig config = parameters.bert().config;
  const Bert& bert = parameters.bert();
  config.tie_word_embeddings = !bert.mlm || bert.mlm->decoder.is_same(bert.word_embeddings);
  try {
    std::filesystem::create_directory(temporary);
    write_file_atomically(temporary / "config.json", config_json(config));
    write_file_atomically(temporary / "vocab.txt", files.vocab);
    write_file_atomically(temporary / "tokenizer_config.json",
                          tokenizer_json(files.options, config.positions));
    write_file_atomically(temporary / state_file, state_json(state, files.max_steps));
    write_safetensors(temporary / moments_file, moments(parameters, optimiser), metadata);
    write_safetensors(temporary / "model.safetensors", parameters.named(parameters.values()), metadata);
    sync_path(temporary);
    std::filesystem::rename(temporary, folder);
    sync_path(run);
  } catch (const std::filesystem::filesystem_error& error) {
    std::error_code ignored;
    std::filesystem::remove_all(temporary, ignored);
    throw error_in(ErrorKind::io, folder.string(), "cannot write: " + error.code().message());
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove_all(temporary, ignored);
    throw;
  }
}

std::string weights_sha256(const Parameters& parameters) {
  return safetensors_sha256(parameters.named(parameters.values()), metadata);
}

std::optional<TrainingState> read_training_state(const std::filesystem::path& checkpoint) {
  if (!is_file(checkpoint / moments_file)) return std::nullopt;
  const std::filesystem::path file = checkpoint / state_file;
  const nlohmann::json state = parse_json(read_file(file), file.string());
  const auto count = [&](const char* key) {
    if (!state.is_object() || !state.contains(key) || !state[key].is_number_unsigned() ||
        state[key].get<std::uint64_t>() > (1ULL << 53U)) {
      throw error_in(ErrorKind::bad_data, file.string(), std::string(key) + ": expected a count of steps");
    }
    return state[key].get<std::int64_t>();
  };
  return TrainingState{count("global_step"), count("updates"), std::nullopt};
}

void read_moments(const std::filesystem::path& checkpoint, const Parameters& parameters,
                  const TrainingState& state, AdamW& optimiser) {
  const torch::NoGradGuard no_grad;
  const SafetensorsFile file(checkpoint / moments_file);
  for (auto& [name, to] : moments(parameters, optimiser)) {
    const torch::Tensor from = file.tensor(name);
    if (from.sizes() != to.sizes()) {
      throw error_in(ErrorKind::bad_data, file.file().path().string(),
                     printable(name) + ": expected shape " + shape_text(to.sizes().vec()) + ", found " +
                         shape_text(from.sizes().vec()));
    }
    to.copy_(from);
  }
  optimiser.set_updates(state.updates);
}

}  // namespace onset
