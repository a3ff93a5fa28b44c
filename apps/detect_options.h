// The options of finding onsets, which detect and compare share, and how a finding is shown.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "command.h"
#include "onset/findings/detection.h"

namespace onset::apps {

/// --structure, --capability, --dimension, --spacing, --axis, --alpha, --level, --seed
void add_detect_options(po::options_description& options);
/// Throws Error(usage) for values out of range.
DetectOptions detect_options(const CommandLine& line);

/// "1200", "–" for none.
std::string step_text(const std::optional<double>& step);
/// "1000 to 1400", empty for none.
std::string interval_text(const std::optional<double>& low, const std::optional<double>& high);

/// The table of onsets, the gap, the dip and what to know about each.
void print_detection(std::ostream& out, const Detection& detection);

}  // namespace onset::apps
