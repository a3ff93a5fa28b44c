// A checkpoint of a training run: a folder that transformers loads (BertForMaskedLM, BertTokenizer) and that
// a run goes on from.
//
//   config.json, model.safetensors, vocab.txt, tokenizer_config.json     as Hugging Face lays them out
//   optimizer.safetensors    float32 `first.<name>` and `second.<name>`: AdamW's moments of each parameter
//   trainer_state.json       {"global_step": …, "max_steps": …, "updates": …, "dev_loss": … or null}
//
// The folder is written under a temporary name, flushed, and renamed: under its own name it is complete.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "onset/text/wordpiece.h"
#include "onset/training/adamw.h"
#include "onset/training/parameters.h"

namespace onset {

struct TrainingState {
  std::int64_t step = 0;     ///< updates made, those before the run's start included
  std::int64_t updates = 0;  ///< updates that the moments have seen
  std::optional<double> dev_loss;
};

/// What a checkpoint needs besides weights and moments.
struct CheckpointFiles {
  std::string vocab;         ///< bytes of vocab.txt
  WordPieceOptions options;  ///< of the tokenizer
  std::int64_t max_steps = 0;
};

/// The checkpoint's folder in a run: RUN/checkpoint-<step>.
std::filesystem::path checkpoint_folder(const std::filesystem::path& run, std::int64_t step);

/// Writes checkpoint_folder(run, state.step). Throws Error(io), for one when the disk is full; then nothing
/// of it is left and older checkpoints stand.
void write_checkpoint(const std::filesystem::path& run, const TrainingState& state,
                      const Parameters& parameters, const AdamW& optimiser, const CheckpointFiles& files);

/// SHA-256, in hexadecimal, of the model.safetensors that write_checkpoint gives these parameters: what
/// Checkpoint::sha256 says of such a checkpoint, whether it was written or not.
std::string weights_sha256(const Parameters& parameters);

/// The state of a checkpoint that a trainer of ours wrote; none where it has no optimizer.safetensors. Throws
/// Error(bad_data) where it has, and trainer_state.json is not what it should be.
std::optional<TrainingState> read_training_state(const std::filesystem::path& checkpoint);

/// Fills the optimiser with a checkpoint's moments. Throws Error(bad_data) where one is missing or of another
/// shape.
void read_moments(const std::filesystem::path& checkpoint, const Parameters& parameters,
                  const TrainingState& state, AdamW& optimiser);

}  // namespace onset
