// What one series file says about the two onsets: the verdict on both curves, the gap between them, and the
// dip of the intrinsic dimension beside them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "onset/breaks/dip.h"
#include "onset/breaks/onset.h"
#include "onset/findings/curve_selector.h"
#include "onset/series/findings_table.h"

namespace onset {

struct DetectOptions {
  std::string structure = "uas/micro";     ///< selector of the structure curve (curve_selector.h)
  std::string capability = "pll/overall";  ///< selector of the capability curve
  std::string dimension = "twonn/dimension[layer=last,pooling=cls]";  ///< selector of the dimension curve
  OnsetOptions onset;  ///< trend and stream are set for each curve; spacing and axis hold for both
};

struct FoundDip {
  std::string curve;  ///< selector
  Dip dip;            ///< side: relative to the structure onset's interval
};

struct Detection {
  std::string run;                                ///< the file's attribute, else its name
  std::string structure_curve, capability_curve;  ///< selectors
  std::optional<Onset> structure;                 ///< empty: the file has no such curve
  std::optional<Onset> capability;                ///< empty: the file has no such curve
  Gap gap;
  std::optional<FoundDip> dip;  ///< empty: the file has no such curve
  std::size_t checkpoints = 0;
  double first_step = 0, last_step = 0;  ///< 0 without a checkpoint
};

/// The file's attribute that holds the median gap, in axis units, of the series of checkpoints that those in
/// the file were picked from, where not all were measured: d is chosen by it, so that the paper's detector
/// answers as it would to the whole series.
std::string median_gap_attribute(StepAxis axis);

/// Throws what read_curve and find_onset throw; Error(bad_data) when the file has neither curve of the two.
Detection detect(const std::filesystem::path& file, const DetectOptions& options);

/// The contract's JSON object, and beyond it for each curve: agree, knots, knot_low, knot_high, amplitude,
/// at_edge, spacing, sensitivity, item_noise, training_noise, points, replicates, reason; for the gap the
/// same by the broken lines' knots; the dip.
std::string detection_json(const Detection& detection);

/// A row a curve (role structure, capability), then the gap: run, role, curve, break, step, low, high, p and
/// what the JSON has beyond; the gap's steps are in `step`, its knots' in `piecewise_linear`.
FindingsTable detection_table(const Detection& detection);

}  // namespace onset
