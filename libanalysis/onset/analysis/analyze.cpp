#include "onset/analysis/analyze.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "onset/base/error.h"
#include "onset/base/stop.h"
#include "onset/base/writer_lock.h"
#include "onset/checkpoint/checkpoint.h"
#include "onset/checkpoint/tokenizer_files.h"
#include "onset/series/assemble.h"
#include "onset/series/hdf5_file.h"
#include "onset/series/rows.h"

namespace onset {
namespace {

std::string dtype_name(torch::ScalarType dtype) { return dtype == torch::kBFloat16 ? "bfloat16" : "float32"; }

/// The sizes that decide the shape of every array; one that changes within a series is a fault of that
/// checkpoint.
std::string shape_of(const BertConfig& config) {
  return "layers " + std::to_string(config.layers) + ", heads " + std::to_string(config.heads) + ", hidden " +
         std::to_string(config.hidden) + ", vocabulary " + std::to_string(config.vocab_size) +
         ", positions " + std::to_string(config.positions);
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

class Analysis {
 public:
  Analysis(const AnalyzeOptions& options, const AnalyzeWatcher& watcher)
      : options_(options),
        watcher_(watcher),
        lock_(options.output),
        rows_(options.rows.empty() ? std::filesystem::path(options.output.string() + ".rows") : options.rows,
              watcher.warn) {}

  AnalyzeResult run() {
    try {
      measure_all();
      while (options_.watch) {
        sleep();
        measure_all();
      }
    } catch (const Interrupted&) {
      write();
      throw;
    }
    write();
    if (steps_.empty() && first_error_) throw *first_error_;
    for (const auto& [folder, why] : failed_) result_.failed.push_back({folder, why});
    return result_;
  }

 private:
  void measure_all() {
    SeriesListing listing;
    try {
      listing = find_series(options_.checkpoints, options_.series);
    } catch (const Error& error) {
      if (!options_.watch || error.kind() != ErrorKind::missing_input) throw;
      return;  // nothing there yet
    }
    for (const std::string& note : listing.notes) warn_once(note);
    const std::size_t before = steps_.size();
    std::int64_t place = 0;
    for (const SeriesEntry& entry : listing.entries) {
      if (place++ % options_.shard.count != options_.shard.index) continue;
      if (done_.contains(entry.folder)) continue;
      throw_if_stopped(watcher_.stop);
      try {
        measure(entry, place, static_cast<std::int64_t>(listing.entries.size()));
        done_.insert(entry.folder);
        failed_.erase(entry.folder);
      } catch (const Interrupted&) {
        throw;
      } catch (const Error& error) {
        // Our inputs, the disk and the output are everybody's trouble; a checkpoint's fault is its own.
        if (!about_checkpoint_) throw;
        failed_[entry.folder] = error.what();
        if (!first_error_) first_error_ = error;
      }
    }
    if (options_.watch && steps_.size() > before) write();
  }

  void measure(const SeriesEntry& entry, std::int64_t place, std::int64_t of) {
    about_checkpoint_ = true;
    std::optional<Timed> clock(std::in_place, result_.loading_seconds);
    const Checkpoint checkpoint = Checkpoint::open(entry.folder);
    checkpoint.sha256();
    clock.reset();
    if (probes_.empty()) prepare(checkpoint);
    about_checkpoint_ = true;
    require_same_shape(checkpoint);
    const StepInfo step{entry.step, entry.folder.filename().string(), checkpoint.sha256()};

    std::vector<const Probe*> wanted;
    for (std::size_t p = 0; p < probes_.size(); ++p) {
      if (probes_[p]->needs_mlm_head() && !checkpoint.has_mlm_head()) {
        warn_once(entry.folder.string() + ": no MLM head: " + probes_[p]->frame().group + " is left out");
      } else if (!rows_.has(key(step, p))) {
        wanted.push_back(probes_[p].get());
      }
    }
    if (wanted.empty()) {
      ++result_.reused;
    } else {
      clock.emplace(result_.loading_seconds);
      report_nonfinite(checkpoint);
      const Bert bert = load_bert(checkpoint, {options_.device, options_.dtype});
      clock.emplace(result_.measuring_seconds);  // ends the one, starts the other
      PassOptions pass;
      pass.stop = watcher_.stop;
      if (watcher_.progress) {
        const std::string task = "step " + std::to_string(entry.step) + " (" + std::to_string(place) + "/" +
                                 std::to_string(of) + ") ";
        pass.progress = [this, task](const ProgressUpdate& update) {
          watcher_.progress({task + update.task, update.done, update.total, update.unit});
        };
      }
      const std::vector<Measurement> measured = run_probes(bert, wanted, pass);
      clock.reset();
      if (!checkpoint.unchanged()) {
        throw error_in(ErrorKind::try_again, entry.folder.string(),
                       "the checkpoint changed while it was measured");
      }
      about_checkpoint_ = false;
      for (std::size_t w = 0, p = 0; w < wanted.size(); ++p) {
        if (probes_[p].get() == wanted[w]) rows_.write(key(step, p), measured[w++]);
      }
      ++result_.measured;
    }
    steps_.push_back(step);
  }

  void prepare(const Checkpoint& checkpoint) {
    const TokenizerFiles files = find_tokenizer(checkpoint.folder(), options_.vocab);
    const auto vocabulary = std::make_shared<const Vocabulary>(Vocabulary::read(files.vocab));
    require_vocabulary_fits(files.vocab, vocabulary->size(), checkpoint.config().vocab_size);
    about_checkpoint_ = false;
    subject_.wordpiece = std::make_shared<const WordPiece>(
        vocabulary, WordPieceOptions{files.lower_case, files.strip_accents, files.split_chinese});
    subject_.config = checkpoint.config();
    subject_.dtype = dtype_name(options_.dtype);
    probes_ = make_probes(options_.probes, subject_, watcher_.warn);
    for (const auto& probe : probes_) {
      frames_.push_back(probe->frame());
      keys_.push_back(options_key(probe->frame()));
    }
  }

  void require_same_shape(const Checkpoint& checkpoint) const {
    const std::string expected = shape_of(subject_.config);
    const std::string found = shape_of(checkpoint.config());
    if (found != expected) {
      throw error_in(ErrorKind::bad_data, (checkpoint.folder() / "config.json").string(),
                     "another model than the series' first: " + found + ", expected " + expected);
    }
  }

  void report_nonfinite(const Checkpoint& checkpoint) {
    const std::vector<std::string> bad = checkpoint.nonfinite();
    if (bad.empty()) return;
    const std::string what =
        std::to_string(bad.size()) + " tensors with values that are not finite, first " + bad.front();
    if (options_.strict) throw error_in(ErrorKind::bad_data, checkpoint.folder().string(), what);
    warn_once(checkpoint.folder().string() + ": " + what);
  }

  RowKey key(const StepInfo& step, std::size_t probe) const {
    return {frames_[probe].group, step.sha256, keys_[probe]};
  }

  void write() const {
    if (steps_.empty()) return;
    const std::string device = options_.device.is_cuda() ? "cuda" : "cpu";
    const std::filesystem::path first =
        std::filesystem::absolute(options_.checkpoints.front()).lexically_normal();
    const std::string folder =
        first.has_filename() ? first.filename().string() : first.parent_path().filename().string();
    const Attributes attributes = {{"run", options_.run.empty() ? folder : options_.run},
                                   {"onset_version", options_.version},
                                   {"device", device}};
    write_series(options_.output, assemble(steps_, frames_, rows_, attributes));
  }

  void warn_once(const std::string& text) {
    if (watcher_.warn && warned_.insert(text).second) watcher_.warn(text);
  }

  void sleep() const {
    std::mutex mutex;
    std::unique_lock hold(mutex);
    std::condition_variable_any wake;
    wake.wait_for(hold, watcher_.stop, std::chrono::duration<double>(options_.watch_seconds),
                  [] { return false; });
    throw_if_stopped(watcher_.stop);
  }

  const AnalyzeOptions& options_;
  const AnalyzeWatcher& watcher_;
  WriterLock lock_;
  RowStore rows_;
  ProbeSubject subject_;
  std::vector<std::unique_ptr<Probe>> probes_;
  std::vector<Frame> frames_;
  std::vector<std::string> keys_;  ///< [probe] options_key of its frame
  std::vector<StepInfo> steps_;
  std::set<std::filesystem::path> done_;
  std::map<std::filesystem::path, std::string> failed_;
  std::optional<Error> first_error_;
  std::set<std::string> warned_;
  bool about_checkpoint_ = false;  ///< whether what is thrown now is one checkpoint's fault
  AnalyzeResult result_;
};

}  // namespace

AnalyzeResult analyze(const AnalyzeOptions& options, const AnalyzeWatcher& watcher) {
  choose_probes(options.probes);  // missing inputs are noticed before anything is opened
  return Analysis(options, watcher).run();
}

}  // namespace onset
