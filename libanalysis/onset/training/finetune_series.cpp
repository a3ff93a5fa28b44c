#include "onset/training/finetune_series.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/base/sha256.h"
#include "onset/base/stop.h"
#include "onset/base/writer_lock.h"
#include "onset/checkpoint/checkpoint.h"
#include "onset/checkpoint/paths.h"
#include "onset/checkpoint/tokenizer_files.h"
#include "onset/series/assemble.h"
#include "onset/series/csv.h"
#include "onset/series/hdf5_file.h"
#include "onset/series/rows.h"
#include "onset/text/unicode.h"

namespace onset {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Each table of the task, read before any checkpoint is touched.
struct Tables {
  std::vector<GlueExample> train;
  std::vector<std::vector<GlueExample>> dev;  ///< [dev split]
  Attributes hashes;                          ///< of the files' bytes
};

Tables read_tables(const GlueTask& task, const FinetuneOptions& options, const Warn& warn) {
  std::vector<std::string> splits = {"train"};
  splits.insert(splits.end(), task.dev_splits.begin(), task.dev_splits.end());
  std::vector<std::filesystem::path> files;  // what is missing is noticed before anything is read
  for (const std::string& split : splits) files.push_back(glue_file(task, options.data, split));
  Tables out;
  for (std::size_t i = 0; i < splits.size(); ++i) {
    out.hashes[splits[i] + "_sha256"] = Sha256().update(MappedFile(files[i])).hex();
    std::vector<GlueExample> examples = read_glue(task, files[i], warn);
    if (i > 0) {
      out.dev.push_back(std::move(examples));
      continue;
    }
    out.train = std::move(examples);
    if (options.max_examples >= 0)
      out.train.resize(std::min(out.train.size(), static_cast<std::size_t>(options.max_examples)));
  }
  return out;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double spread_of(const std::vector<double>& values) {
  if (values.size() < 2) return nan;
  const double mean = mean_of(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

const Variable& named(const Measurement& measurement, const std::string& name) {
  return *std::ranges::find(measurement.variables, name, &Variable::name);
}

/// One seed's row.
Measurement row_of(const FinetuneScores& scores, const std::vector<std::string>& metrics) {
  Measurement out;
  for (std::size_t m = 0; m < metrics.size(); ++m)
    out.variables.push_back({metrics[m], {}, std::vector<double>{scores.metrics[m]}, "", ""});
  out.variables.push_back({"loss", {}, std::vector<double>{scores.dev_loss}, "", ""});
  out.variables.push_back({"train_loss", {}, std::vector<double>{scores.train_loss}, "", ""});
  out.variables.push_back({"epochs", {}, std::vector<std::int64_t>{scores.epochs}, "", ""});
  return out;
}

/// The checkpoint's row, from those of its seeds.
Measurement combine(const std::vector<Measurement>& seeds, const std::vector<std::string>& metrics) {
  const auto gather = [&](const std::string& name) {
    std::vector<double> out;
    for (const Measurement& seed : seeds)
      out.push_back(std::get<std::vector<double>>(named(seed, name).values).front());
    return out;
  };
  Measurement out;
  for (const std::string& metric : metrics) {
    const std::vector<double> values = gather(metric);
    out.variables.push_back({metric, {"seed"}, values, "", "on the development table"});
    out.variables.push_back({metric + "_mean", {}, std::vector<double>{mean_of(values)}, "", "over seeds"});
    out.variables.push_back({metric + "_spread",
                             {},
                             std::vector<double>{spread_of(values)},
                             "",
                             "sample standard deviation over seeds"});
  }
  out.variables.push_back({"loss", {"seed"}, gather("loss"), "", "on the development table"});
  out.variables.push_back(
      {"train_loss", {"seed"}, gather("train_loss"), "", "mean over the reported epoch's updates"});
  std::vector<std::int64_t> epochs;
  for (const Measurement& seed : seeds)
    epochs.push_back(std::get<std::vector<std::int64_t>>(named(seed, "epochs").values).front());
  out.variables.push_back({"epochs", {"seed"}, epochs, "epochs", "the reported epoch, from 1"});
  return out;
}

class FinetuneRun {
 public:
  FinetuneRun(const FinetuneOptions& options, const FinetuneWatcher& watcher)
      : options_(options),
        watcher_(watcher),
        task_(glue_task(options.task)),
        tables_(read_tables(task_, options, watcher.warn)),
        listing_(find_series(options.checkpoints, options.series)),
        lock_(options.output),
        rows_(options.output.string() + ".rows", watcher.warn) {
    result_.metrics = finetune_metrics(task_);
  }

  FinetuneResult run() {
    for (const std::string& note : listing_.notes) warn(note);
    std::optional<Error> first_error;
    try {
      for (const SeriesEntry& entry : listing_.entries) {
        throw_if_stopped(watcher_.stop);
        const std::optional<Checkpoint> checkpoint = open(entry, first_error);
        if (checkpoint) finetune_checkpoint(entry, *checkpoint, first_error);
      }
    } catch (const Error&) {
      write();
      throw;
    }
    if (steps_.empty() && first_error) throw Error(*first_error);
    write();
    return result_;
  }

 private:
  /// Opens a checkpoint, the first that opens with the tokenizer and the data; one that fails is noted.
  std::optional<Checkpoint> open(const SeriesEntry& entry, std::optional<Error>& first_error) {
    try {
      Checkpoint checkpoint = Checkpoint::open(entry.folder);
      checkpoint.sha256();
      if (data_.dev.empty()) {
        prepare(checkpoint);
      } else if (checkpoint.config() != shape_) {
        throw error_in(ErrorKind::bad_data, (checkpoint.folder() / "config.json").string(),
                       "another model than the series' first");
      }
      return checkpoint;
    } catch (const Error& error) {
      note_failure(entry, error, first_error);
      return std::nullopt;
    }
  }

  void note_failure(const SeriesEntry& entry, const Error& error, std::optional<Error>& first_error) {
    result_.failed.push_back({entry.folder, error.what()});
    if (!first_error) first_error = error;
  }

  void prepare(const Checkpoint& checkpoint) {
    const TokenizerFiles files = find_tokenizer(checkpoint.folder(), options_.vocab);
    const auto vocabulary = std::make_shared<const Vocabulary>(Vocabulary::read(files.vocab));
    require_vocabulary_fits(files.vocab, vocabulary->size(), checkpoint.config().vocab_size);
    const WordPiece wordpiece(vocabulary, {.lower_case = files.lower_case,
                                           .strip_accents = files.strip_accents,
                                           .split_chinese = files.split_chinese});
    shape_ = checkpoint.config();
    const std::int64_t longest = std::min(options_.settings.max_tokens, shape_.positions);
    data_.task = task_;
    data_.train = encode_glue(task_, tables_.train, wordpiece, longest);
    std::int64_t shortened = data_.train.shortened;
    std::int64_t all = data_.train.size();
    for (const auto& table : tables_.dev) {
      data_.dev.push_back(encode_glue(task_, table, wordpiece, longest));
      shortened += data_.dev.back().shortened;
      all += data_.dev.back().size();
    }
    if (shortened > 0)
      warn(std::to_string(shortened) + " of " + std::to_string(all) + " examples of " + task_.name +
           " shortened to " + std::to_string(longest) + " tokens");
    make_frames(wordpiece, longest);
  }

  void make_frames(const WordPiece& wordpiece, std::int64_t longest) {
    const FinetuneSettings& settings = options_.settings;
    const auto number = [](bool value) { return static_cast<std::int64_t>(value); };
    const WordPieceOptions& tokenizer = wordpiece.options();
    Frame plain;
    plain.group = glue_group(task_);
    plain.attributes = tables_.hashes;
    plain.attributes.insert(
        {{"task", task_.name},
         {"vocabulary_sha256", wordpiece.vocabulary().sha256()},
         {"lower_case", number(tokenizer.lower_case)},
         {"strip_accents", number(tokenizer.strip_accents.value_or(tokenizer.lower_case))},
         {"split_chinese", number(tokenizer.split_chinese)},
         {"heads", shape_.heads},
         {"activation", activation_name(shape_.activation)},
         {"layer_norm_eps", shape_.layer_norm_eps},
         {"hidden_dropout", shape_.hidden_dropout},
         {"attention_dropout", shape_.attention_dropout},
         {"initializer_range", shape_.initializer_range},
         {"train_examples", data_.train.size()},
         {"dev_examples", data_.dev.front().size()},
         {"max_tokens", longest},
         {"epochs_at_most", settings.epochs},
         {"batch", settings.batch},
         {"lr", settings.lr},
         {"warmup", settings.warmup},
         {"weight_decay", settings.weight_decay},
         {"clip", settings.clip},
         {"patience", settings.patience}});
    frame_ = plain;
    Axis seeds{"seed", std::vector<std::int64_t>()};
    for (std::int64_t i = 0; i < options_.seeds; ++i) {
      const auto seed = static_cast<std::int64_t>(options_.seed) + i;
      std::get<std::vector<std::int64_t>>(seeds.labels).push_back(seed);
      Frame one = plain;
      one.attributes["only_seed"] = seed;
      seed_keys_.push_back(options_key(one));
    }
    frame_.axes = {seeds};
  }

  void finetune_checkpoint(const SeriesEntry& entry, const Checkpoint& checkpoint,
                           std::optional<Error>& first_error) {
    const std::string& sha256 = checkpoint.sha256();
    std::vector<Measurement> seeds;
    std::optional<Bert> start;
    for (std::int64_t i = 0; i < options_.seeds; ++i) {
      const RowKey key{frame_.group, sha256, seed_keys_[i]};
      if (auto row = rows_.read(key)) {
        seeds.push_back(*std::move(row));
        ++result_.reused;
        continue;
      }
      if (!start) {
        try {
          start = load_bert(checkpoint, {options_.device, torch::kFloat32});
        } catch (const Error& error) {
          note_failure(entry, error, first_error);
          return;
        }
      }
      try {
        seeds.push_back(row_of(finetune_seed(entry, *start, i), result_.metrics));
      } catch (const Diverged& error) {
        note_failure(entry, error, first_error);
        result_.diverged = true;
        return;
      }
      rows_.write(key, seeds.back());
      ++result_.trained;
    }
    const Measurement combined = combine(seeds, result_.metrics);
    rows_.write({frame_.group, sha256, options_key(frame_)}, combined);
    steps_.push_back({entry.step, as_utf8(entry.folder.filename().string()), sha256});
    FinetunedStep shown{entry.step, {}, {}};
    for (const std::string& metric : result_.metrics) {
      shown.mean.push_back(std::get<std::vector<double>>(named(combined, metric + "_mean").values).front());
      shown.spread.push_back(
          std::get<std::vector<double>>(named(combined, metric + "_spread").values).front());
    }
    result_.steps.push_back(std::move(shown));
  }

  FinetuneScores finetune_seed(const SeriesEntry& entry, const Bert& start, std::int64_t i) const {
    const std::uint64_t seed = options_.seed + static_cast<std::uint64_t>(i);
    FinetuneHooks hooks{{}, watcher_.stop};
    if (watcher_.progress) {
      const std::string where =
          "step " + std::to_string(entry.step) + ", seed " + std::to_string(seed) + ": ";
      hooks.progress = [this, where](const ProgressUpdate& update) {
        watcher_.progress({where + update.task, update.done, update.total, update.unit});
      };
    }
    try {
      return finetune(start, data_, options_.settings, seed, hooks);
    } catch (const Interrupted&) {
      throw;
    } catch (const Diverged& error) {
      throw Diverged(entry.folder.string() + ": " + error.what());
    } catch (const Error& error) {
      throw error_in(error.kind(), entry.folder.string(), error.what());
    }
  }

  void write() const {
    if (steps_.empty()) return;
    const std::filesystem::path first = plain_path(options_.checkpoints.front());
    const Attributes attributes = {
        {"run", as_utf8(options_.run.empty() ? first.filename().string() : options_.run)},
        {"onset_version", options_.version},
        {"device", std::string(options_.device.is_cuda() ? "cuda" : "cpu")}};
    const std::vector<Frame> frames = {frame_};
    const Series series = assemble(steps_, frames, rows_, attributes);
    if (options_.output.extension() == ".csv") {
      write_csv(series, options_.output);
    } else {
      write_series(options_.output, series);
    }
  }

  void warn(const std::string& text) const {
    if (watcher_.warn) watcher_.warn(text);
  }

  const FinetuneOptions& options_;
  const FinetuneWatcher& watcher_;
  const GlueTask& task_;
  Tables tables_;
  SeriesListing listing_;
  WriterLock lock_;
  RowStore rows_;
  BertConfig shape_;
  FinetuneData data_;
  Frame frame_;                         ///< of the series
  std::vector<std::string> seed_keys_;  ///< [seed] options_key of its row
  std::vector<StepInfo> steps_;         ///< complete
  FinetuneResult result_;
};

}  // namespace

std::string glue_group(const GlueTask& task) {
  std::string name = task.name;
  std::ranges::replace(name, '-', '_');
  return "glue/" + name;
}

FinetuneResult finetune_series(const FinetuneOptions& options, const FinetuneWatcher& watcher) {
  return FinetuneRun(options, watcher).run();
}

}  // namespace onset
