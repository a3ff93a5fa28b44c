// Which curve of a series file is meant, in words:
//
//   uas/micro                                      one value a step, as it stands, with its replicates
//   uas/accuracy[relation=nsubj]                   accuracy = correct / total; each checkpoint's best head
//   uas/accuracy[relation=nsubj,layer=3,head=2,direction=dep->head]        one head
//   pll/accuracy[paradigm=sva_pp]                  one paradigm
//   twonn/dimension[layer=last,pooling=cls]        `last`: the largest label of a numbered axis
//   uas/weight[relation=all,direction=max,layer=max,head=mean]             reduced over an axis
//
// Every axis but step must come to one value a step. Axes that are not named: direction, layer and head of
// the group uas are gone through for the largest value (the best head, as in the paper); any other one must
// be named. `max`, `mean` and `min` reduce an axis over its values that are there (a label of that name
// wins); axes are reduced in the array's order, the last first.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "onset/base/error.h"
#include "onset/breaks/curve.h"

namespace onset {

struct CurveSelector {
  std::string text;                         ///< as it was given; names the curve in tables and messages
  std::string path;                         ///< "uas/accuracy"
  std::map<std::string, std::string> axes;  ///< axis to label, `last`, `max`, `mean` or `min`
};

/// Throws Error(usage) quoting the text unless it is group/name or group/name[axis=label,…], no axis twice.
CurveSelector parse_selector(std::string_view text);

/// The curve with its replicates where the file has any; empty when the file has no such array. A curve
/// without brackets needs of the file only schema, schema_version and /step. Throws what read_curves throws;
/// Error(usage) naming the selector and the labels there are when an axis is not the array's, has no such
/// label or is left open, or when the array is no curve. Where nobody typed the selector, `unfit` is
/// bad_data: then the file is to blame, and named.
std::optional<Curve> read_curve(const std::filesystem::path& file, const CurveSelector& selector,
                                ErrorKind unfit = ErrorKind::usage);

/// The way up of a metric: falling for loss/*, rising for all else (contract).
Trend trend_of(const CurveSelector& selector);

}  // namespace onset
