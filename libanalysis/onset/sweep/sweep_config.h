// sweep.json: which runs to make, and how to measure and compare them.
//
//   { "train": "base.json",                        a train.json; its lambda, seed and live give way
//     "lambda": [0, 0.1, -0.02],
//     "release": [null, 200, 400],                 step from which lambda is 0; null (default): never
//     "seed": [1, 2],                              default: that of train.json
//     "analyze": {"parses": "dev.conllu", "pairs": "pairs", "text": "dev.txt", "probes": ["uas", "pll"],
//                 "max_sentences": 500, "pairs_per_paradigm": 50, "max_tokens": 128, "min_relation": 100,
//                 "replicates": 200, "steps": "0:2000:100"},
//     "detect": {"structure": "uas/micro", "capability": "pll/overall", "axis": "step", "spacing": 300} }
//
// Every run takes lambda and seed from the grid, and has no live probes: what they would measure is measured
// of all runs alike. Relative paths start at the file's folder. The keys of analyze are probe_section.h's and
// steps; what analyze and detect leave out is as without the option of that name.
#pragma once

#include <filesystem>
#include <vector>

#include "onset/findings/detection.h"
#include "onset/probes/probe_options.h"
#include "onset/sweep/sweep_plan.h"
#include "onset/training/train_config.h"

namespace onset {

struct SweepConfig {
  std::filesystem::path file;  ///< where it was read, for messages
  TrainConfig train;           ///< of every run but for lambda and seed
  SweepGrid grid;
  SweepExtent extent;
  ProbeOptions probes;
  std::vector<std::int64_t> measured;  ///< steps whose checkpoints are measured, ascending
  DetectOptions detect;
};

/// Throws Error: missing_input (it, or a file it names); bad_data (not JSON); configuration (`file: key: …`:
/// a key unknown, with the nearest one that is known; a value of the wrong type, out of range or twice in a
/// list; a probe or a step that there is not; a detection of curves that no probe measures); what
/// read_train_config throws.
SweepConfig read_sweep_config(const std::filesystem::path& file);

/// The training of one run: `train` with this lambda up to the release step, 0 from there, and this seed;
/// without live probes, so that all runs have checkpoints at the same steps.
TrainConfig train_config_of(const SweepConfig& config, const SweepRun& run);

}  // namespace onset
