// The options of finding onsets, which detect and compare share, and how a finding is shown.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "command.h"
#include "onset/breaks/seeds.h"
#include "onset/findings/detection.h"

namespace onset::apps {

/// --structure, --capability, --dimension, --spacing, --axis, --alpha, --level, --seed
void add_detect_options(po::options_description& options);
/// --axis and --spacing alone. Throws Error(usage) for values out of range.
void read_distances(const CommandLine& line, OnsetOptions& options);
/// Throws Error(usage) for values out of range.
DetectOptions detect_options(const CommandLine& line);

/// "1200", "–" for none.
std::string step_text(const std::optional<double>& step);
/// "1000 to 1400", empty for none.
std::string interval_text(const std::optional<double>& low, const std::optional<double>& high);

/// "1200 (1000 to 1400)", "no break", "–" for a curve that is not in the file.
std::string onset_text(const std::optional<Onset>& found);
/// "800 (500 to 1100)", "–" for none.
std::string gap_text(const Gap& gap);
/// "0.9133 (0.9010 to 0.9250)" with so many digits after the point, "–" for none.
std::string seed_text(const std::optional<SeedMean>& mean, int digits);

/// The table of onsets, the gap, the dip and what to know about each.
void print_detection(std::ostream& out, const Detection& detection);

}  // namespace onset::apps
