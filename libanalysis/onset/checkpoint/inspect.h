// What is in a checkpoint or a series of them, and what is wrong with it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "onset/base/progress.h"
#include "onset/checkpoint/config.h"
#include "onset/checkpoint/series.h"

namespace onset {

struct CheckpointReport {
  std::filesystem::path folder;
  std::int64_t step = -1;  ///< -1: not part of a series
  std::string error;       ///< why it cannot be opened; then the fields below are unset
  int error_code = 0;      ///< exit code of that error (ErrorKind); 0: none
  BertConfig config;
  std::vector<std::string> weight_files;  ///< file names
  std::uint64_t bytes = 0;                ///< of the weight files
  std::string sha256;                     ///< see Checkpoint::sha256
  std::int64_t parameters = 0;            ///< numbers in the used tensors; a tied decoder counts once
  std::int64_t tensors = 0;               ///< used tensors
  std::vector<std::string> dtypes;        ///< as stored
  bool mlm_head = false;
  bool tied_decoder = false;  ///< the head's decoder is the word embedding
  bool pooler = false;
  std::vector<std::string> notes;
  std::vector<std::string> ignored;    ///< tensors in the file that are not used
  std::vector<std::string> nonfinite;  ///< tensors with NaN or infinite values
  std::filesystem::path vocabulary;    ///< empty: none found
  std::int64_t vocabulary_lines = -1;  ///< -1: none found
  std::vector<std::string> problems;   ///< what is wrong, one sentence each; `error` is not repeated
};

struct SeriesReport {
  std::vector<CheckpointReport> checkpoints;  ///< by ascending step
  std::vector<std::string>
      problems;  ///< of the series: steps missing from a regular grid, equal weights under two steps, a
                 ///< configuration that changes, a step whose weights are out of line with its neighbours'
  std::vector<std::string> notes;  ///< of finding the series
};

/// Opens, hashes and scans one checkpoint. Its faults are in the report, not thrown.
CheckpointReport inspect_checkpoint(const std::filesystem::path& folder);

/// Each checkpoint, and how they fit together. Weights out of line: with d the Euclidean distance between the
/// weights of two checkpoints (on an evenly spaced sample), step i is named when its detour (d(i-1,i) +
/// d(i,i+1)) / d(i-1,i+1) is above 2.2 and above 1.5 times the median detour of the series; a straight path
/// has 1, a random walk 1.41, noise about a fixed point 2, two swapped labels 2.4 and more. The first and the
/// last step cannot be judged so.
SeriesReport inspect_series(const SeriesListing& series, const Progress& progress);

}  // namespace onset
