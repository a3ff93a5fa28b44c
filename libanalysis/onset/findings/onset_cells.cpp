#include "onset/findings/onset_cells.h"

namespace onset {

void set_interval(FindingsTable& table, const std::string& prefix, const std::optional<Interval>& interval) {
  table.set(prefix + "low", interval ? std::optional(interval->low) : std::nullopt);
  table.set(prefix + "high", interval ? std::optional(interval->high) : std::nullopt);
}

void set_onset(FindingsTable& table, const std::string& role, const std::optional<Onset>& found) {
  const Onset onset = found.value_or(Onset{});
  table.set(role + ".break", std::string(!found ? "" : onset.break_found ? "yes" : "no"));
  table.set(role + ".step", onset.step);
  table.set(role + ".low", onset.low);
  table.set(role + ".high", onset.high);
  table.set(role + ".p", onset.p);
}

}  // namespace onset
