// A curve over checkpoints with its bootstrap replicates, and its clean-up before any statistics.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace onset {

/// One metric over the checkpoints of a run.
struct Curve {
  std::string name;            ///< path in the series file, e.g. "uas/micro"; used in reasons and errors
  std::vector<double> steps;   ///< [point] strictly ascending, finite; training steps or tokens
  std::vector<double> values;  ///< [point] NaN = not measured
  std::vector<std::vector<double>> replicates;  ///< [replicate][point]; empty: none were written
};

/// The scale on which checkpoints are spaced and distances (d, widths, areas) are measured.
enum class StepAxis {
  step,      ///< u = step; also for tokens, when the caller gives tokens as steps
  log_step,  ///< u = log(1 + step), natural logarithm; steps must not be negative
};

/// Which way the curve goes when the model gets better.
enum class Trend {
  rising,   ///< accuracy, UAS
  falling,  ///< loss: negated before everything else
};

/// u of a step on the axis.
double to_axis(double step, StepAxis axis);
/// The step at u; inverse of to_axis.
double from_axis(double u, StepAxis axis);

/// What clean_curve left and what it took away.
struct CleanCurve {
  Curve curve;  ///< finite values only; every replicate finite at every point
  std::vector<std::size_t>
      kept_replicates;                 ///< [replicate of curve] its index before, by which curves are paired
  std::size_t dropped_points = 0;      ///< points whose value was NaN
  std::size_t dropped_replicates = 0;  ///< replicates with a NaN at a point that is kept
};

/// Drops the points that are NaN, then the replicates that are NaN anywhere that is left. A point where more
/// than half of the replicates are NaN is dropped before (its interval could not be told). Throws
/// Error(bad_data), naming the curve: values or a replicate of another length than steps; steps that are not
/// finite or not strictly ascending; an infinite value.
CleanCurve clean_curve(const Curve& curve);

/// Whether every value is the same (to 1e-12 of its size): such a curve has no break, whatever its noise.
bool is_constant(const std::vector<double>& values);

/// Median distance between neighbours of an ascending u; the mean of the two middle ones when their number is
/// even.
double median_gap(const std::vector<double>& u);

/// Piecewise-linear interpolation of (u, y) at x; x must lie inside [u.front(), u.back()].
double interpolate(const std::vector<double>& u, const std::vector<double>& y, double x);

}  // namespace onset
