#include "onset/analysis/series_pass.h"

#include <chrono>

#include "onset/base/stop.h"
#include "onset/breaks/short_number.h"
#include "onset/checkpoint/paths.h"
#include "onset/checkpoint/tokenizer_files.h"
#include "onset/series/assemble.h"
#include "onset/series/hdf5_file.h"
#include "onset/text/unicode.h"

namespace onset {
namespace {

std::string dtype_name(torch::ScalarType dtype) { return dtype == torch::kBFloat16 ? "bfloat16" : "float32"; }

/// What decides the shape of every array and what the probes' frames say of the model; one that changes
/// within a series is a fault of that checkpoint.
std::string shape_of(const BertConfig& config) {
  return "layers " + std::to_string(config.layers) + ", heads " + std::to_string(config.heads) + ", hidden " +
         std::to_string(config.hidden) + ", vocabulary " + std::to_string(config.vocab_size) +
         ", positions " + std::to_string(config.positions) + ", " + activation_name(config.activation) +
         ", layer_norm_eps " + short_number(config.layer_norm_eps);
}

/// Adds the time it lives to a sum.
class Timed {
 public:
  explicit Timed(double& sum) : sum_(sum) {}
  ~Timed() { sum_ += std::chrono::duration<double>(Clock::now() - start_).count(); }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  double& sum_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace

SeriesPass::SeriesPass(const AnalyzeOptions& options, const AnalyzeWatcher& watcher)
    : options_(options),
      watcher_(watcher),
      lock_(options.output),
      rows_(options.rows.empty() ? std::filesystem::path(options.output.string() + ".rows") : options.rows,
            watcher.warn) {}

std::vector<SeriesEntry> SeriesPass::list() {
  SeriesListing listing = find_series(options_.checkpoints, options_.series);
  for (const std::string& note : listing.notes) warn_once(note);
  return std::move(listing.entries);
}

/// Our inputs, the disk and the output are everybody's trouble; a checkpoint's fault is its own.
bool SeriesPass::attempt(const SeriesEntry& entry, const std::function<void()>& work) {
  throw_if_stopped(watcher_.stop);
  try {
    work();
  } catch (const Interrupted&) {
    throw;
  } catch (const Error& error) {
    if (!about_checkpoint_) throw;
    failed_.insert_or_assign(entry.folder, error);
    if (!first_error_) first_error_ = error;
    return false;
  }
  failed_.erase(entry.folder);
  return true;
}

bool SeriesPass::prepare(const SeriesEntry& entry) {
  if (inputs_) return true;
  return attempt(entry, [&] {
    about_checkpoint_ = true;
    prepare(Checkpoint::open(entry.folder));
  });
}

SeriesPass::Tokenizer SeriesPass::tokenizer_of(const Checkpoint& checkpoint) const {
  const TokenizerFiles files = find_tokenizer(checkpoint.folder(), options_.vocab);
  const auto vocabulary = std::make_shared<const Vocabulary>(Vocabulary::read(files.vocab));
  require_vocabulary_fits(files.vocab, vocabulary->size(), checkpoint.config().vocab_size);
  return {vocabulary, {files.lower_case, files.strip_accents, files.split_chinese}};
}

void SeriesPass::prepare(const Checkpoint& checkpoint) {
  const Tokenizer tokenizer = tokenizer_of(checkpoint);
  subject_.wordpiece = std::make_shared<const WordPiece>(tokenizer.vocabulary, tokenizer.options);
  subject_.config = checkpoint.config();
  subject_.dtype = dtype_name(options_.dtype);
  inputs_.emplace(options_.probes, subject_, watcher_.warn);
}

void SeriesPass::use(const SampleSize& sample) {
  if (sample == sample_) return;
  sample_ = sample;
  probes_.clear();
}

void SeriesPass::make_ready() {
  if (!probes_.empty()) return;
  frames_.clear();
  keys_.clear();
  inputs_->use(sample_);
  probes_ = make_probes(*inputs_);
  for (const auto& probe : probes_) {
    frames_.push_back(probe->frame());
    keys_.push_back(options_key(probe->frame()));
  }
}

bool SeriesPass::measure(const SeriesEntry& entry, const PassPlace& place,
                         const std::set<std::string>& groups) {
  const bool done = attempt(entry, [&] { measure_rows(entry, place, groups); });
  if (!done) steps_.erase(entry.step);
  return done;
}

void SeriesPass::measure_rows(const SeriesEntry& entry, const PassPlace& place,
                              const std::set<std::string>& groups) {
  about_checkpoint_ = true;
  std::optional<Timed> clock(std::in_place, result_.loading_seconds);
  const Checkpoint checkpoint = Checkpoint::open(entry.folder);
  checkpoint.sha256();
  clock.reset();
  if (!inputs_) prepare(checkpoint);
  about_checkpoint_ = false;
  make_ready();
  about_checkpoint_ = true;
  require_same_shape(checkpoint);
  require_same_tokenizer(checkpoint);
  report_names(checkpoint);
  report_nonfinite(checkpoint);
  const StepInfo step{entry.step, as_utf8(entry.folder.filename().string()), checkpoint.sha256()};

  std::vector<std::size_t> wanted;
  for (std::size_t p = 0; p < probes_.size(); ++p) {
    if (!groups.empty() && !groups.contains(frames_[p].group)) continue;
    if (probes_[p]->needs_mlm_head() && !checkpoint.has_mlm_head()) {
      warn_once(entry.folder.string() + ": no MLM head: " + frames_[p].group + " is left out");
    } else if (!rows_.has(key(step, p))) {
      wanted.push_back(p);
    }
  }
  if (!wanted.empty()) {
    clock.emplace(result_.loading_seconds);
    const Bert bert = load_bert(checkpoint, {options_.device, options_.dtype});
    clock.emplace(result_.measuring_seconds);  // ends the one, starts the other
    PassOptions pass;
    pass.stop = watcher_.stop;
    if (watcher_.progress) {
      const std::string task = "step " + std::to_string(entry.step) + " (" + std::to_string(place.number) +
                               "/" + std::to_string(place.of) + ") ";
      pass.progress = [this, task](const ProgressUpdate& update) {
        watcher_.progress({task + update.task, update.done, update.total, update.unit});
      };
    }
    std::vector<const Probe*> probes;
    for (const std::size_t p : wanted) probes.push_back(probes_[p].get());
    const std::vector<Measurement> measured = run_probes(bert, probes, pass);
    clock.reset();
    if (!checkpoint.unchanged()) {
      throw error_in(ErrorKind::try_again, entry.folder.string(),
                     "the checkpoint changed while it was measured");
    }
    about_checkpoint_ = false;
    for (std::size_t w = 0; w < wanted.size(); ++w) rows_.write(key(step, wanted[w]), measured[w]);
    computed_.insert(entry.step);
  }
  steps_[entry.step] = step;
}

void SeriesPass::require_same_shape(const Checkpoint& checkpoint) const {
  const std::string expected = shape_of(subject_.config);
  const std::string found = shape_of(checkpoint.config());
  if (found != expected) {
    throw error_in(ErrorKind::bad_data, (checkpoint.folder() / "config.json").string(),
                   "another model than the series' first: " + found + ", expected " + expected);
  }
}

void SeriesPass::require_same_tokenizer(const Checkpoint& checkpoint) const {
  Tokenizer own;
  try {
    own = tokenizer_of(checkpoint);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::missing_input) return;  // none of its own: the series' first serves it
    throw;
  }
  if (own.vocabulary->sha256() == subject_.wordpiece->vocabulary().sha256() &&
      own.options == subject_.wordpiece->options())
    return;
  throw error_in(ErrorKind::bad_data, checkpoint.folder().string(),
                 "another vocabulary, or other settings of its tokenizer, than the series' first");
}

void SeriesPass::report_names(const Checkpoint& checkpoint) {
  for (const std::string& note : checkpoint.notes()) {
    if (noted_.insert(note).second && watcher_.note)
      watcher_.note(checkpoint.folder().string() + ": " + note);
  }
  std::string unused;
  for (const std::string& name : checkpoint.ignored()) {
    if (!name.ends_with("position_ids")) unused += (unused.empty() ? "" : ", ") + name;
  }
  if (!unused.empty() && noted_.insert(unused).second && watcher_.warn)
    watcher_.warn(checkpoint.folder().string() + ": not used: " + unused);
}

void SeriesPass::report_nonfinite(const Checkpoint& checkpoint) {
  const std::vector<std::string> bad = checkpoint.nonfinite();
  if (bad.empty()) return;
  const std::string what =
      std::to_string(bad.size()) + " tensors with values that are not finite, first " + bad.front();
  if (options_.strict) throw error_in(ErrorKind::bad_data, checkpoint.folder().string(), what);
  warn_once(checkpoint.folder().string() + ": " + what);
}

RowKey SeriesPass::key(const StepInfo& step, std::size_t probe) const {
  return {frames_[probe].group, step.sha256, keys_[probe]};
}

std::optional<SeriesPass::Row> SeriesPass::row(std::int64_t step, const std::string& group) const {
  const auto info = steps_.find(step);
  if (info == steps_.end()) return std::nullopt;
  for (std::size_t p = 0; p < probes_.size(); ++p) {
    if (frames_[p].group != group) continue;
    if (auto measurement = rows_.read(key(info->second, p))) return Row{&frames_[p], *std::move(measurement)};
  }
  return std::nullopt;
}

void SeriesPass::describe(const Attributes& attributes) {
  for (const auto& [name, value] : attributes) attributes_[name] = value;
}

void SeriesPass::write() const {
  if (steps_.empty()) return;
  Attributes attributes = attributes_;
  attributes["run"] = as_utf8(
      options_.run.empty() ? plain_path(options_.checkpoints.front()).filename().string() : options_.run);
  attributes["onset_version"] = options_.version;
  attributes["device"] = std::string(options_.device.is_cuda() ? "cuda" : "cpu");
  std::vector<StepInfo> steps;
  for (const auto& [number, step] : steps_) steps.push_back(step);
  write_series(options_.output, assemble(steps, frames_, rows_, attributes));
}

AnalyzeResult SeriesPass::finish() {
  if (steps_.empty() && first_error_) throw *first_error_;
  for (const auto& [folder, error] : failed_) result_.failed.push_back({folder, error.what(), error.kind()});
  result_.measured = std::ssize(computed_);
  result_.reused = std::ssize(steps_) - result_.measured;
  return result_;
}

void SeriesPass::warn_once(const std::string& text) {
  if (watcher_.warn && warned_.insert(text).second) watcher_.warn(text);
}

}  // namespace onset
