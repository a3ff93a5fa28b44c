// The cells that every table of findings has of an onset and of an interval.
#pragma once

#include <optional>
#include <string>

#include "onset/breaks/interval.h"
#include "onset/breaks/onset.h"
#include "onset/series/findings_table.h"

namespace onset {

/// `<prefix>low` and `<prefix>high`; missing without an interval.
void set_interval(FindingsTable& table, const std::string& prefix, const std::optional<Interval>& interval);

/// `<role>.break` ("yes", "no", or nothing where there is no curve), `.step`, `.low`, `.high` and `.p`.
void set_onset(FindingsTable& table, const std::string& role, const std::optional<Onset>& found);

}  // namespace onset
