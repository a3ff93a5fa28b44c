// From a directory of checkpoints to one series file: each checkpoint is loaded once, measured by every probe
// that has no row of it yet, and what was measured is on disk before the next one is touched.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "onset/analysis/probes.h"
#include "onset/analysis/sample.h"
#include "onset/base/error.h"
#include "onset/checkpoint/series.h"
#include "onset/findings/detection.h"

namespace onset {

/// One of `count` processes that share the work: it takes the checkpoints whose place in the series is
/// `index` modulo `count`.
struct Shard {
  std::int64_t index = 0, count = 1;
};

/// How narrow the intervals of the headline figures are to be; the data are then measured as far as that
/// asks for (interval_pass.h). 0: not asked.
struct IntervalOptions {
  double accuracy = 0;  ///< of uas/micro and pll/overall, from 0 to 1
  double loss = 0;      ///< of loss/mlm, nats per masked token
};

struct AnalyzeOptions {
  std::vector<std::filesystem::path> checkpoints;  ///< checkpoint folders or folders of them
  SeriesOptions series;                            ///< which of them, and how a folder states its step
  std::filesystem::path output;                    ///< series.h5
  std::filesystem::path
      rows;  ///< folder of the rows, which several series may share; empty: `<output>.rows/`
  std::filesystem::path vocab;  ///< instead of the checkpoints' own vocab.txt; may be empty
  ProbeOptions probes;
  std::string run;      ///< the run's name in the file; empty: the first folder's
  std::string version;  ///< of the program, for the file
  torch::Device device = torch::kCPU;
  torch::ScalarType dtype = torch::kFloat32;
  Shard shard;
  bool watch = false;         ///< go on looking for new checkpoints until stopped
  double watch_seconds = 10;  ///< between two looks
  /// Not every checkpoint: a coarse pass, then those about the onsets that `detect` names the curves of
  /// (findings/refinement.h).
  bool adaptive = false;
  DetectOptions detect;      ///< of adaptive: structure, capability, axis and spacing
  IntervalOptions interval;  ///< not with shard or watch; needs replicates
  bool strict = false;       ///< a checkpoint with NaN or infinite weights is a failure, not a warning
};

/// How the caller follows along; all may be empty.
struct AnalyzeWatcher {
  Progress progress;
  Warn warn;
  std::stop_token stop;
  std::function<void(const std::string&)> note = {};  ///< how a checkpoint's names were read, each way once
};

struct FailedCheckpoint {
  std::filesystem::path folder;
  std::string why;
  ErrorKind kind = ErrorKind::bad_data;  ///< try_again: it changed while it was measured
};

/// The sample that a pass by intervals ended at.
struct SampleReached {
  SampleSize size, available;
  std::size_t sentence_looks = 0, pair_looks = 0;  ///< that there could be; 0: all from the start
  struct Figure {
    std::string curve;  ///< "uas/micro"
    double widest = 0;  ///< interval of all checkpoints; NaN where none could be told
    double asked = 0;
  };
  std::vector<Figure> figures;
};

struct AnalyzeResult {
  std::int64_t measured = 0;  ///< checkpoints computed in this call
  std::int64_t reused = 0;    ///< checkpoints whose rows were all there
  std::vector<FailedCheckpoint> failed;
  std::optional<SampleReached> sample;  ///< where options.interval asked for one
  std::int64_t listed = 0;              ///< checkpoints there are
  double loading_seconds = 0;           ///< opening, hashing and copying the weights of checkpoints
  double measuring_seconds = 0;         ///< probes at work
};

/// Whether the probes measure the group of one of the two curves at least: else there is no onset to look
/// for.
bool measures_onset_curve(const DetectOptions& detect, const std::vector<std::string>& probes);

/// Writes options.output. A checkpoint that fails does not stop the others. Stopped, it assembles what there
/// is and throws Interrupted. Throws Error where nothing can be measured at all: an input is missing or
/// damaged, no checkpoint can be read, another process holds the output; usage for options that make no sense
/// together.
AnalyzeResult analyze(const AnalyzeOptions& options, const AnalyzeWatcher& watcher);

}  // namespace onset
