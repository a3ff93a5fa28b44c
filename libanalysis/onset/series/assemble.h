// From rows to a series, and from series to one. Both give the same content whatever the order of what they
// are given, so that shards merged equal one serial run.
#pragma once

#include <span>
#include <vector>

#include "onset/series/rows.h"
#include "onset/series/table.h"

namespace onset {

/// The series of these checkpoints as far as rows are there: a missing row leaves NaN, in integers -1, at its
/// step. Steps ascend whatever the order given. A group without a single row has its frame and no variables.
/// Throws Error: bad_data when a step is given twice; bug when a row does not fit its frame; io.
Series assemble(std::span<const StepInfo> steps, std::span<const Frame> frames, const RowStore& rows,
                const Attributes& attributes);

/// One series of several: shards, other probes, other steps of one run. Attributes and each group's frame
/// must agree where more than one part has them; a step in two parts must be the same checkpoint (SHA-256,
/// whatever its folder was called), and what both measured there must be the same bits. Throws
/// Error(bad_data) saying what differs.
Series merge(std::span<const Series> parts);

}  // namespace onset
