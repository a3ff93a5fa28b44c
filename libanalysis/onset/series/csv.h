// A series in long form, one number a line, for spreadsheets, R and pandas:
//
//   run,step,metric,item,direction,layer,head,value,n
//   base,1200,uas/accuracy,nsubj,dep->head,3,7,0.8125,48
//
// - metric: "group/array". Where a group has integers `correct` and a constant `total`, their ratio takes the
//   place of correct, as "group/accuracy"; n is that total.
// - item: the label on any axis that has no column of its own (relation, paradigm, phenomenon, pooling, …);
//   several are joined by ';'.
// - n: the group's constant `total` where its axes are among the array's; else empty.
// - step is empty for constants. A missing value is an empty cell, and so is an axis that does not apply.
// - Numbers are the shortest that read back the same. Quoting as in RFC 4180, lines end in \n.
#pragma once

#include <filesystem>
#include <iosfwd>

#include "onset/series/table.h"

namespace onset {

struct CsvOptions {
  bool pairs = false;       ///< arrays with a pair axis: every sentence's score
  bool replicates = false;  ///< arrays with a replicate axis: bootstrap replicates
};

/// Throws Error(io) when the stream fails.
void write_csv(const Series& series, std::ostream& out, const CsvOptions& options = {});
/// Replaces the file atomically. Throws Error(io).
void write_csv(const Series& series, const std::filesystem::path& path, const CsvOptions& options = {});

}  // namespace onset
