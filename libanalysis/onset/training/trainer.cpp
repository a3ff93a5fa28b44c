#include "onset/training/trainer.h"

#include <torch/cuda.h>
#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/base/random.h"
#include "onset/checkpoint/checkpoint.h"
#include "onset/checkpoint/tokenizer_files.h"
#include "onset/probes/mlm_loss.h"
#include "onset/training/adamw.h"
#include "onset/training/batches.h"
#include "onset/training/objective.h"
#include "onset/training/parameters.h"
#include "onset/training/run_folder.h"
#include "onset/training/schedule.h"
#include "onset/training/training_state.h"

namespace onset {
namespace {

torch::Device choose_device(const TrainConfig& config) {
  const bool available = torch::cuda::is_available();
  const auto fault = [&](const std::string& what) {
    return error_in(ErrorKind::configuration, config.file.string(), what);
  };
  if (config.device == DeviceChoice::cuda && !available)
    throw fault("device: this machine or this LibTorch has no CUDA device");
  const bool cuda = available && config.device != DeviceChoice::cpu;
  if (config.dtype == Dtype::bfloat16 && !cuda)
    throw fault("dtype: bfloat16 is mixed precision on CUDA; the device is the CPU");
  return cuda ? torch::kCUDA : torch::kCPU;
}

/// The vocabulary and the tokenizer that reads with it.
struct Tokenizer {
  explicit Tokenizer(const TrainConfig& config)
      : files(find_tokenizer(config.init.empty() ? config.model.vocab.parent_path() : config.init,
                             config.model.vocab)),
        vocabulary(std::make_shared<const Vocabulary>(Vocabulary::read(files.vocab))),
        options{.lower_case = files.lower_case,
                .strip_accents = files.strip_accents,
                .split_chinese = files.split_chinese},
        wordpiece(std::make_shared<const WordPiece>(vocabulary, options)) {}

  TokenizerFiles files;
  std::shared_ptr<const Vocabulary> vocabulary;
  WordPieceOptions options;
  std::shared_ptr<const WordPiece> wordpiece;
};

/// The weights of a checkpoint, with a fresh MLM head where it has none.
Bert load_for_training(const Checkpoint& checkpoint, const TrainConfig& config, const Warn& warn) {
  Bert bert = load_bert(checkpoint);
  bert.config = model_shape_of(config.model, bert.config, config.file);
  if (!bert.mlm) {
    bert.mlm = initial_bert(bert.config, config.seed).mlm;
    bert.mlm->decoder = bert.word_embeddings;
    if (warn) warn(checkpoint.folder().string() + ": no masked-language-model head; a fresh one is made");
  }
  return bert;
}

class Trainer {
 public:
  Trainer(const TrainConfig& config, const TrainOptions& options, const TrainHooks& hooks)
      : config_(config),
        options_(options),
        hooks_(hooks),
        end_(std::min(config.steps, options.until)),
        device_(choose_device(config)),
        folder_(options.run, options.resume),
        tokenizer_(config),
        start_(config.init.empty() ? std::nullopt : std::optional<Checkpoint>(Checkpoint::open(config.init))),
        shape_(start_ ? model_shape_of(config.model, start_->config(), config.file)
                      : model_shape(config.model, tokenizer_.vocabulary->size())),
        corpus_(open_corpus({config.data.parsed, config.data.text}, config.data.packing)) {
    require_vocabulary_fits(tokenizer_.files.vocab, tokenizer_.vocabulary->size(), shape_.vocab_size);
    if (!config.data.dev.empty()) {
      dev_ = masked_lines(open_corpus({{config.data.dev}, {}}, Packing::sentence), *tokenizer_.vocabulary,
                          {config.objective.mask, config.seed});
    }
    require_steps_left();
    warn_of_steps_beyond("save.at", config.save);
    if (config.live) warn_of_steps_beyond("live.at", config.live->steps);
    if (is_watched()) hooks_.live->prepare(shape_, tokenizer_.wordpiece);
    folder_.claim(identity());
    restore();
  }

  TrainResult run() {
    TrainResult result;
    result.first_step = step_;
    result.sequences = corpus_.size();
    TrainingLog log(folder_.path() / "log.csv", step_);
    if (folder_.last_checkpoint() != step_) save(log);
    if (is_watched()) {
      follow(hooks_.live->begin(step_));
      show(log);
    }
    while (step_ < end_) {
      const std::optional<LogRow> made = make_step();
      if (!made) stop(log);
      const LogRow& row = *made;
      log.add(row);
      result.tokens += row.tokens;
      result.seconds += row.seconds;
      result.loss = row.loss;
      if (is_due(step_)) save(log);
      if (is_watched()) show(log);
      if (hooks_.progress)
        hooks_.progress({"training", step_ - result.first_step, end_ - result.first_step, "steps"});
    }
    result.last_step = step_;
    return result;
  }

 private:
  Corpus open_corpus(const CorpusInputs& inputs, Packing packing) const {
    const PackingOptions how{packing, longest_sequence(config_, shape_.positions),
                             tokenizer_.vocabulary->cls(), tokenizer_.vocabulary->sep()};
    return Corpus::open(folder_.path().parent_path() / "token-cache", inputs, *tokenizer_.wordpiece, how,
                        {hooks_.progress, hooks_.warn, hooks_.stop});
  }

  /// What makes two runs the same: the settings, and the contents of the files they name.
  std::string identity() const {
    nlohmann::json out = nlohmann::json::parse(canonical_settings(config_, shape_));
    out["data"]["sha256"] = corpus_.key();
    out["init"] = start_ ? nlohmann::json(start_->sha256()) : nlohmann::json();
    out["vocabulary_sha256"] = tokenizer_.vocabulary->sha256();
    return out.dump();
  }

  void require_steps_left() const {
    if (!start_) return;
    const auto state = read_training_state(config_.init);
    if (!state || state->step <= config_.steps) return;
    throw error_in(ErrorKind::configuration, config_.file.string(),
                   "steps: expected at least those of init, " + std::to_string(state->step) + ", found " +
                       std::to_string(config_.steps));
  }

  void warn_of_steps_beyond(const std::string& key, const StepSchedule& schedule) const {
    const auto beyond = std::ranges::find_if(schedule.at, [&](auto step) { return step > config_.steps; });
    if (beyond == schedule.at.end() || !hooks_.warn) return;
    hooks_.warn(config_.file.string() + ": " + key + ": " + std::to_string(*beyond) +
                " is beyond the last step, " + std::to_string(config_.steps) + ", and never comes");
  }

  void restore() {
    const auto last = folder_.last_checkpoint();
    const std::filesystem::path from = last ? checkpoint_folder(folder_.path(), *last) : config_.init;
    const Bert bert = from.empty()
                          ? initial_bert(shape_, config_.seed)
                          : load_for_training(last ? Checkpoint::open(from) : *start_, config_, hooks_.warn);
    const auto state = from.empty() ? std::nullopt : read_training_state(from);
    if (last && state && state->step != *last) {
      throw error_in(ErrorKind::bad_data, from.string(),
                     "its trainer_state.json is of step " + std::to_string(state->step));
    }
    if (last && *last > config_.steps) {
      throw error_in(ErrorKind::bad_data, from.string(),
                     "beyond the run's last step, " + std::to_string(config_.steps));
    }
    parameters_ = std::make_unique<Parameters>(bert, device_);
    optimiser_ = std::make_unique<AdamW>(*parameters_, config_.optimiser);
    if (last && *last >= end_) {
      step_ = *last;  // nothing to train: the state may be gone
    } else if (state) {
      step_ = state->step;
      read_moments(from, *parameters_, *state, *optimiser_);
    }
    if (last && step_ != *last) {
      throw error_in(
          ErrorKind::bad_data, from.string(),
          "the state of step " + std::to_string(*last) +
              " (optimizer.safetensors, trainer_state.json) is not there, so the run cannot go on from it");
    }
    first_ = last ? checkpoint_steps(folder_.path()).front() : step_;
  }

  bool is_due(std::int64_t step) const {
    return step == end_ || is_scheduled(config_.save, step) ||
           std::ranges::find(options_.also_save, step) != options_.also_save.end();
  }

  bool is_watched() const { return hooks_.live != nullptr && config_.live.has_value(); }

  bool is_live(std::int64_t step) const {
    return step == first_ || step == config_.steps || is_scheduled(config_.live->steps, step);
  }

  /// Shows the model to the observer where that is due, and saves what its verdict asks for. The step's own
  /// checkpoint is there by then: measuring may take long.
  void show(TrainingLog& log) {
    if (is_live(step_)) {
      require_finite_weights();
      const Bert bert = parameters_->frozen();
      try {
        follow(hooks_.live->measure({step_, bert, weights_sha256(*parameters_)}));
      } catch (const Interrupted&) {
        stop(log);
      }
    }
    if (dense_ && step_ % config_.live->densify->every == 0 && folder_.last_checkpoint() != step_) save(log);
  }

  void follow(const LiveVerdict& verdict) {
    if (!config_.live->densify || verdict.suspected == dense_) return;
    dense_ = verdict.suspected;
    if (!hooks_.note) return;
    hooks_.note("step " + std::to_string(step_) + ": " +
                (dense_ ? verdict.why + ": a checkpoint every " +
                              std::to_string(config_.live->densify->every) + " steps"
                        : "no break is suspected any more: checkpoints as before"));
  }

  [[noreturn]] void stop(TrainingLog& log) {
    if (folder_.last_checkpoint() != step_) save(log);
    throw error_in(
        ErrorKind::try_again, folder_.path().string(),
        "interrupted and saved after step " + std::to_string(step_) + "; --resume goes on from here");
  }

  /// Makes one update; none where it was asked to stop, which it looks for before each batch: a step can take
  /// minutes.
  std::optional<LogRow> make_step() {
    const auto begin = std::chrono::steady_clock::now();
    LogRow row;
    row.lambda = lambda_at(config_.objective.lambda, step_);
    row.lr = learning_rate(config_.optimiser, step_);
    std::vector<TrainingBatch> batches;
    StepTotals totals;
    for (std::int64_t i = 0; i < config_.accumulate; ++i) {
      batches.push_back(make_batch(corpus_, *tokenizer_.vocabulary, step_ * config_.accumulate + i,
                                   {config_.batch, config_.objective.mask, config_.seed}));
      totals.chosen += batches.back().chosen.numel();
      totals.parsed += batches.back().parsed;
      row.tokens += batches.back().packed.tokens();
    }
    ObjectiveOptions objective{config_.objective.regulariser, row.lambda, std::nullopt,
                               config_.dtype == Dtype::bfloat16};
    const bool dropout = shape_.hidden_dropout > 0 || shape_.attention_dropout > 0;
    for (std::size_t i = 0; i < batches.size(); ++i) {
      if (hooks_.stop.stop_requested()) {
        parameters_->clear_gradients();
        return std::nullopt;
      }
      const std::uint64_t key =
          draw_bits(config_.seed, Draw::dropout, {static_cast<std::uint64_t>(step_), i});
      if (dropout) objective.dropout_key = key;
      if (dropout && !device_.is_cpu()) torch::manual_seed(key);  // LibTorch's generator draws there
      const LossParts parts = accumulate_gradient(
          parameters_->bert(), to_device(std::move(batches[i]), device_), totals, objective);
      row.loss += parts.loss;
      row.mlm_loss += parts.mlm;
      row.regulariser += parts.regulariser;
    }
    require_finite(row.loss, "loss");
    row.grad_norm = optimiser_->update(*parameters_, row.lr);
    require_finite(row.grad_norm, "norm of the gradient");
    parameters_->clear_gradients();
    row.step = ++step_;
    row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return row;
  }

  void require_finite(double value, const char* what) const {
    if (std::isfinite(value)) return;
    diverged(step_ + 1, std::string("the ") + what + " is " + (std::isnan(value) ? "NaN" : "infinite"));
  }

  [[noreturn]] void diverged(std::int64_t step, const std::string& what) const {
    const auto last = folder_.last_checkpoint();
    throw Diverged(folder_.path().string() + ": step " + std::to_string(step) + ": " + what +
                   "; the last good checkpoint is " +
                   (last ? checkpoint_folder(folder_.path(), *last).filename().string() : "none"));
  }

  void require_finite_weights() const {
    if (!torch::isfinite(parameters_->values()).all().item<bool>()) diverged(step_, "a weight is not finite");
  }

  void save(TrainingLog& log) {
    require_finite_weights();
    log.sync();
    TrainingState state{step_, optimiser_->updates(), std::nullopt};
    if (const double loss = mlm_loss(parameters_->bert(), dev_, {}).loss; std::isfinite(loss))
      state.dev_loss = loss;  // NaN where there is no development text
    write_checkpoint(folder_.path(), state, *parameters_, *optimiser_,
                     {read_file(tokenizer_.files.vocab), tokenizer_.options, config_.steps});
  }

  const TrainConfig& config_;
  const TrainOptions& options_;
  const TrainHooks& hooks_;
  std::int64_t end_;  ///< where this call stops
  torch::Device device_;
  RunFolder folder_;
  Tokenizer tokenizer_;
  std::optional<Checkpoint> start_;
  BertConfig shape_;
  Corpus corpus_;
  std::vector<MaskedLine> dev_;
  std::unique_ptr<Parameters> parameters_;
  std::unique_ptr<AdamW> optimiser_;
  std::int64_t step_ = 0;
  std::int64_t first_ = 0;  ///< step at which the run began
  bool dense_ = false;      ///< whether a break is suspected
};

}  // namespace

TrainResult train(const TrainConfig& config, const TrainOptions& options, const TrainHooks& hooks) {
  return Trainer(config, options, hooks).run();
}

}  // namespace onset
