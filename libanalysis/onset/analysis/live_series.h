// The series of a run that is still training: a model in memory, measured step by step as `onset analyze`
// would measure the checkpoint of that step.
//
//   RUN/live.h5        a series file like any other, replaced whole after each step
//   RUN/live.h5.rows/  its rows
//
// Rows are keyed by the checkpoint's bytes, so `onset analyze RUN -o … --rows RUN/live.h5.rows` with the same
// options takes those of the checkpoints that were saved, and gives the same numbers to the bit. A step that
// has its rows is not measured again.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "onset/analysis/analyze.h"
#include "onset/analysis/probes.h"
#include "onset/base/writer_lock.h"
#include "onset/breaks/suspicion.h"
#include "onset/series/rows.h"

namespace onset {

struct LiveSeriesOptions {
  std::filesystem::path run;  ///< the training run's folder
  ProbeOptions probes;
  SuspicionOptions suspicion;
  std::string version;  ///< of the program, for the file
};

/// Where a break is suspected.
struct SuspectedBreak {
  std::string curve;      ///< "uas/micro" or "pll/overall"; the one with the higher score
  double score = 0;       ///< suspicion.h
  std::int64_t step = 0;  ///< at which it was raised
};

struct LiveTotals {
  std::int64_t measured = 0;  ///< steps measured
  std::int64_t reused = 0;    ///< steps whose rows were all there
  double seconds = 0;         ///< that measuring, keeping and writing took
};

/// One run's; the calls come in the order below. Used by one thread.
class LiveSeries {
 public:
  /// Throws what choose_probes throws.
  LiveSeries(LiveSeriesOptions options, AnalyzeWatcher watcher);

  /// Reads the data. Throws what make_probes throws; writes nothing.
  void prepare(const ProbeSubject& subject);
  /// Takes up the file that is there: the steps up to `step` that were measured with these options and data.
  /// Those measured with others are left out, and a warning says so; their rows stay. Throws Error: try_again
  /// where another process writes the file; what read_series throws.
  std::optional<SuspectedBreak> begin(std::int64_t step);
  /// Measures the model, keeps the rows and replaces the file. A step that is there already, and later ones,
  /// give way. Throws Interrupted where asked to stop, with the file as it was; Error(io).
  std::optional<SuspectedBreak> measure(const StepInfo& step, const Bert& bert);

  std::filesystem::path file() const { return options_.run / "live.h5"; }
  const LiveTotals& totals() const { return totals_; }

 private:
  RowKey key(const StepInfo& step, std::size_t probe) const;
  std::vector<std::size_t> missing(const StepInfo& step) const;  ///< probes that have no row of it
  void measure_rows(const StepInfo& step, const Bert& bert, const std::vector<std::size_t>& wanted);
  Series assembled() const;
  std::optional<SuspectedBreak> suspect(const Series& series) const;

  LiveSeriesOptions options_;
  AnalyzeWatcher watcher_;
  ProbeSubject subject_;
  std::vector<std::unique_ptr<Probe>> probes_;
  std::vector<Frame> frames_;
  std::vector<std::string> keys_;  ///< [probe] options_key of its frame
  std::optional<WriterLock> lock_;
  std::optional<RowStore> rows_;
  std::vector<StepInfo> steps_;  ///< ascending
  std::string device_;
  LiveTotals totals_;
};

}  // namespace onset
