// What a training run is: the settings of train.json. A key of the file is a member of the same name and
// place here unless the member's comment says otherwise, and its default is the member's initial value.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "onset/checkpoint/config.h"
#include "onset/probes/probe_options.h"

namespace onset {

enum class Packing {
  sentence,  ///< a sentence (or line of text) a sequence; one longer than max_tokens is left out and counted
  block,     ///< sentences end to end, cut to sequences of max_tokens; nothing is left out
};

enum class RegulariserKind { uniform, max };
enum class RegulariserTerms { both, heads, children };
enum class Reduction {
  sum,   ///< over the batch, as in the paper
  mean,  ///< per parsed word, and for `uniform` per head of the network: lambda then does not depend on sizes
};

/// The syntactic regulariser (regulariser.h). Its keys stand in `objective` itself.
struct RegulariserConfig {
  RegulariserKind kind = RegulariserKind::uniform;  ///< key `regulariser`
  double p = 1;                                     ///< exponent of `uniform`, above 0
  RegulariserTerms terms = RegulariserTerms::both;
  Reduction reduction = Reduction::sum;
};

/// A value that holds from a step on: for the update that follows `from` updates, and later ones.
struct LambdaStage {
  std::int64_t from = 0;
  double value = 0;
};

/// Sizes that the file leaves out are BertConfig's, or those of the checkpoint of `init`.
struct ModelSettings {
  std::optional<std::int64_t> layers, hidden, heads, ffn, positions;
  std::optional<double> dropout;  ///< of hidden units and of attention
  std::filesystem::path vocab;    ///< empty: vocab.txt beside the configuration, or that of `init`
};

struct DataSettings {
  std::vector<std::filesystem::path> parsed;  ///< CoNLL-U
  std::vector<std::filesystem::path> text;    ///< a sentence or paragraph a line, without parses
  std::filesystem::path dev;                  ///< CoNLL-U; its masked loss is measured at every checkpoint
  std::optional<std::int64_t> max_tokens;     ///< [CLS] and [SEP] counted; unset: min(128, positions)
  Packing packing = Packing::sentence;
};

struct ObjectiveSettings {
  double mask = 0.15;  ///< share of tokens predicted
  RegulariserConfig regulariser;
  std::vector<LambdaStage> lambda = {{0, 0.0}};  ///< ascending, the first from step 0
};

/// AdamW with a linear warm-up and a linear decay (adamw.h, schedule.h).
struct OptimiserSettings {
  double lr = 1e-4;
  std::int64_t warmup = 10'000;
  std::int64_t horizon = 1'000'000;
  double weight_decay = 0.01;
  double beta1 = 0.9, beta2 = 0.999;  ///< key `betas`
  double eps = 1e-8;
  double clip = 1.0;  ///< largest norm of the whole gradient; 0: no clipping
};

/// Some steps of a run, besides its first and its last.
struct StepSchedule {
  std::int64_t log_per_decade = 10;  ///< steps round(10^(k / log_per_decade)); 0: none
  std::int64_t every = 5'000;        ///< its multiples; 0: none
  std::vector<std::int64_t> at;
};

/// More checkpoints while a break is suspected in what the live probes measure (breaks/suspicion.h).
struct DensifySettings {
  std::int64_t every = 25;          ///< its multiples are saved, too
  std::optional<double> threshold;  ///< unset: SuspicionOptions'
  std::optional<std::int64_t> hold;
};

/// Probes of the model as it trains (live.h). They change no weight, so they are no part of what makes two
/// runs the same.
struct LiveSettings {
  ProbeOptions probes;  ///< keys of `live` itself: parses, pairs, text, probes and the like (probe_section.h)
  StepSchedule steps;   ///< keys log_per_decade, every, at
  std::optional<DensifySettings> densify;  ///< unset: checkpoints are those of `save`
};

enum class DeviceChoice { automatic, cpu, cuda };
enum class Dtype { float32, bfloat16 };

struct TrainConfig {
  std::filesystem::path file;  ///< where it was read, for messages
  ModelSettings model;
  std::filesystem::path init;  ///< a checkpoint to start from; empty: fresh weights
  DataSettings data;
  ObjectiveSettings objective;
  OptimiserSettings optimiser;
  std::int64_t steps = 0;       ///< updates at the end of the run, those before `init` included
  std::int64_t batch = 256;     ///< sequences of one pass
  std::int64_t accumulate = 1;  ///< passes of one update
  std::uint64_t seed = 1;
  DeviceChoice device = DeviceChoice::automatic;
  Dtype dtype = Dtype::float32;      ///< bfloat16: mixed precision on CUDA, parameters stay float32
  StepSchedule save;                 ///< steps with a checkpoint
  std::optional<LiveSettings> live;  ///< unset: nothing is measured
};

/// Reads train.json; relative paths start at its folder. Throws Error: missing_input (it, or a file it
/// names), bad_data (not JSON), configuration (`file: key: …`: a key unknown, with the nearest one that is
/// known; a value of the wrong type or out of range; neither model nor init; sizes that do not fit, with
/// both).
TrainConfig read_train_config(const std::filesystem::path& file);

/// The same from text, without looking whether the files it names are there.
TrainConfig parse_train_config(std::string_view text, const std::filesystem::path& file);

/// The shape of a fresh model for a vocabulary of this size.
BertConfig model_shape(const ModelSettings& settings, std::int64_t vocabulary);

/// `found` with the settings' dropout. Throws Error(configuration) where a size that the settings give is not
/// the checkpoint's, with both values.
BertConfig model_shape_of(const ModelSettings& settings, const BertConfig& found,
                          const std::filesystem::path& file);

/// Tokens of the longest sequence. Throws Error(configuration) where they exceed the positions.
std::int64_t longest_sequence(const TrainConfig& config, std::int64_t positions);

/// Every setting that a run's checkpoints depend on but the contents of files and `live`, as JSON of one
/// form: equal texts, equal settings. The model's shape is `shape`.
std::string canonical_settings(const TrainConfig& config, const BertConfig& shape);

}  // namespace onset
