// A section of a configuration file that says what to measure, its keys named as the options of
// `onset analyze`:
//
//   "probes": ["uas", "pll"], "parses": "dev.conllu", "pairs": "pairs", "text": "dev.txt",
//   "max_sentences": 500, "pairs_per_paradigm": 50, "max_tokens": 128, "min_relation": 100, "replicates": 200
//
// What is left out is as without the option.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "onset/probes/probe_options.h"
#include "onset/training/json_section.h"

namespace onset {

/// The keys above, and `others` that the section has besides.
std::vector<std::string_view> probe_keys(std::vector<std::string_view> others);

/// Reads the keys above; relative paths start at the folder of `file`. Throws Error(configuration) where a
/// value is of the wrong type or out of range. Whether files are there and probes have these names is
/// choose_probes's to say.
ProbeOptions read_probe_options(const JsonSection& section, const std::filesystem::path& file);

}  // namespace onset
