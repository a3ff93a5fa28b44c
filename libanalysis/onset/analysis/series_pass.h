// What every way of going through a series (analyze.h) does with a checkpoint: load it, measure what has no
// row yet, keep the rows, put the series file together from them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "onset/analysis/analyze.h"
#include "onset/analysis/inputs.h"
#include "onset/base/error.h"
#include "onset/base/writer_lock.h"
#include "onset/checkpoint/checkpoint.h"
#include "onset/series/rows.h"

namespace onset {

/// A checkpoint's place among those to be measured, for the progress bar.
struct PassPlace {
  std::int64_t number = 0;  ///< from 1
  std::int64_t of = 0;
};

/// Used by one thread. What it is given outlives it.
class SeriesPass {
 public:
  /// Takes the lock of options.output. Throws Error: try_again where another process holds it; io.
  SeriesPass(const AnalyzeOptions& options, const AnalyzeWatcher& watcher);

  /// The checkpoints there are now, by step. Throws what find_series throws.
  std::vector<SeriesEntry> list();

  /// Reads the data by this checkpoint's tokenizer, unless that was done. False: see measure.
  bool prepare(const SeriesEntry& entry);
  /// After prepare: what there is to take samples of.
  SampleSize available() { return inputs_->available(); }
  /// What is measured, kept and written from now on; all, if this is never called.
  void use(const SampleSize& sample);
  /// Measures every probe that has no row of the checkpoint; with `groups` only those. False where the
  /// checkpoint cannot be measured, which is noted. Throws Interrupted, and Error where it is not the
  /// checkpoint's fault.
  bool measure(const SeriesEntry& entry, const PassPlace& place, const std::set<std::string>& groups = {});

  /// What a probe measured at this step on the sample now in use, and the frame it did so by; nothing where
  /// it did not.
  struct Row {
    const Frame* frame = nullptr;
    Measurement measurement;
  };
  std::optional<Row> row(std::int64_t step, const std::string& group) const;
  /// What cannot be measured and why, by folder.
  const std::map<std::filesystem::path, Error>& failed() const { return failed_; }
  /// Whether the checkpoint of this step was measured, or had all its rows.
  bool has(std::int64_t step) const { return steps_.contains(step); }

  /// Attributes of the file.
  void describe(const Attributes& attributes);
  /// Replaces the file by what was measured so far; nothing where that is nothing.
  void write() const;
  /// The account of the whole pass. Throws the first error where no checkpoint could be measured.
  AnalyzeResult finish();

 private:
  bool attempt(const SeriesEntry& entry, const std::function<void()>& work);
  struct Tokenizer {
    std::shared_ptr<const Vocabulary> vocabulary;
    WordPieceOptions options;
  };
  Tokenizer tokenizer_of(const Checkpoint& checkpoint) const;
  void prepare(const Checkpoint& checkpoint);
  void make_ready();
  void measure_rows(const SeriesEntry& entry, const PassPlace& place, const std::set<std::string>& groups);
  void require_same_shape(const Checkpoint& checkpoint) const;
  void require_same_tokenizer(const Checkpoint& checkpoint) const;
  void report_names(const Checkpoint& checkpoint);
  void report_nonfinite(const Checkpoint& checkpoint);
  RowKey key(const StepInfo& step, std::size_t probe) const;
  void warn_once(const std::string& text);

  const AnalyzeOptions& options_;
  const AnalyzeWatcher& watcher_;
  WriterLock lock_;
  RowStore rows_;
  ProbeSubject subject_;
  std::optional<ProbeInputs> inputs_;
  SampleSize sample_;
  std::vector<std::unique_ptr<Probe>> probes_;  ///< on sample_; empty: not made yet
  std::vector<Frame> frames_;
  std::vector<std::string> keys_;           ///< [probe] options_key of its frame
  std::map<std::int64_t, StepInfo> steps_;  ///< by step
  Attributes attributes_;
  std::set<std::int64_t> computed_;  ///< steps at which something was computed in this pass
  std::map<std::filesystem::path, Error> failed_;
  std::optional<Error> first_error_;
  std::set<std::string> warned_, noted_;
  bool about_checkpoint_ = false;  ///< whether what is thrown now is one checkpoint's fault
  AnalyzeResult result_;
};

}  // namespace onset
