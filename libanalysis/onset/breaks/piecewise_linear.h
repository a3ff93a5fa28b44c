// A continuous broken line fitted by least squares; the onset is the knot with the largest increase in slope.
//
//   f(u) = a + b u + sum_j c_j max(0, u - k_j),     m knots k_1 < ... < k_m
//
// Search. Dynamic programming over checkpoints as knots, exact: the least cost of everything left of a knot
// is a function of the line's value there, a minimum of parabolas; parabolas that lie above another
// everywhere are dropped, so nothing that could win is lost (the idea of Maidstone, Fearnhead & Letchford,
// "Detecting changes in slope with an L0 penalty", JASA 2019). Series of more than `candidates` checkpoints
// are searched on that many evenly chosen ones. Then each knot in turn moves to the best place, between
// checkpoints too, in the gaps around it, until none moves: knots are real numbers, not checkpoints.
//
// Every piece holds at least two checkpoints, so one wild checkpoint cannot have a piece of its own.
//
// Number of knots: the one with the least  n log(RSS / n) + (2 + 3 m) log n, Schwarz's criterion with a knot
// counted as three parameters instead of two, since its place is searched for (Liu, Wu & Zidek, Statistica
// Sinica 1997, argue for more than two).
#pragma once

#include <cstddef>
#include <vector>

namespace onset {

struct BrokenLine {
  std::vector<double> knots;   ///< [knot] ascending, axis units
  std::vector<double> slopes;  ///< [knot + 1] curve's units per axis unit
  double start_value = 0;      ///< the line at the first checkpoint
  double rss = 0;              ///< residual sum of squares
  std::size_t onset_knot = 0;  ///< index of the knot with the largest increase in slope; 0 without knots
  double slope_change = 0;     ///< slopes[onset_knot + 1] - slopes[onset_knot]; 0 without knots

  double onset() const { return knots[onset_knot]; }  ///< needs a knot
};

/// n log(RSS / n) + (2 + 3 m) log n for curve y explained with this RSS by m knots. RSS below 1e-12 of the
/// curve's own sum of squares counts as that much: the rest is rounding, and fewer knots are better.
double broken_line_criterion(double rss, std::size_t knots, const std::vector<double>& y);

/// Fits broken lines to many curves on the same points.
class BrokenLineFitter {
 public:
  /// u ascending; at most `candidates` of its checkpoints are tried as knots by the dynamic programme.
  explicit BrokenLineFitter(const std::vector<double>& u, std::size_t candidates = 120);
  /// The best broken line with exactly this many knots; with fewer where the points do not suffice for so
  /// many.
  BrokenLine fit(const std::vector<double>& y, std::size_t knots) const;
  /// The best by the criterion among 0 ... max_knots knots.
  BrokenLine choose(const std::vector<double>& y, std::size_t max_knots) const;
  /// RSS of the best broken line with exactly this many knots (at least one), all at checkpoints; infinite
  /// where the points do not suffice. A fraction of fit's time.
  double rss_at_checkpoints(const std::vector<double>& y, std::size_t knots) const;

 private:
  struct Sums;     // running sums of one curve
  struct Outline;  // knots on the unit axis with cost and values
  Sums sums_of(const std::vector<double>& y) const;
  struct Found;  // knots on the unit axis with cost
  Found search(const Sums& sums, std::size_t knots) const;
  void refine(const Sums& sums, std::vector<double>& knots) const;
  Outline evaluate(const Sums& sums, const std::vector<double>& knots) const;
  BrokenLine finish(const Sums& sums, const std::vector<double>& knots) const;

  std::vector<double> x_;                // u mapped to [0, 1]
  double origin_ = 0, length_ = 1;       // u = origin + length x
  std::vector<std::size_t> candidates_;  // checkpoints tried as knots
  std::vector<double> sum_x_, sum_xx_;   // running sums, [point + 1]
};

}  // namespace onset
