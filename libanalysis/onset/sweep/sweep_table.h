// sweep.csv: the runs of a sweep with what a figure over the grid needs.
#pragma once

#include <string>
#include <vector>

#include "onset/findings/comparison.h"
#include "onset/series/findings_table.h"
#include "onset/sweep/sweep_plan.h"

namespace onset {

/// The curves whose final values the table has: structure, capability, loss/mlm.
std::vector<std::string> final_curves(const Comparison& comparison);

/// A row a run, in the plan's order: run, condition, seed, lambda, release (missing: never), steps (of the
/// whole run); of structure and capability break (yes, no), step, low, high, p; of the gap steps, low, high,
/// p_structure_first; of each of final_curves the final value and its
/// interval, as "uas/micro.final", "…final_low", "…final_high". Runs are known by name; one that the
/// comparison lacks has empty cells, and so has a curve that a run lacks.
FindingsTable sweep_table(const SweepPlan& plan, const Comparison& comparison);

}  // namespace onset
