// Curves without a break, as two families that least squares can project on. x is the axis mapped to [0, 1].
//
// Shapes (parametric): f = a + b s(x; theta) with free a and b of either sign, s one of
// - line: x
// - logistic: 1 / (1 + exp(-(x - m)/w)), slow: its 10-90 % time 2 ln 9 w is at least smooth_share of the axis
// - exponential: exp(-x/w)
// - power law: (x + x0)^b with b in -3 ... 3, and log(x + x0)
//
// Exponentials and power laws may be as fast as they like: their bend is at the start. A fast S-shape is no
// member: it is a break. theta is found on a grid by least squares, then one Gauss-Newton step is taken along
// the tangents ds/dtheta; a width at its limit keeps still.
//
// Slow asymmetric shapes: Gompertz's exp(-exp(-(x - m)/w)) and its mirror image 1 - exp(-exp((x - m)/w)),
// 10-90 % time 3.084 w at least smooth_share of the axis.
//
// Concave (no shape): every curve whose slope never increases, however sharply it decreases: the
// least-squares concave regression (Hildreth 1954), a line minus non-negative hinges. A metric that rises
// from the first step and saturates is here.
#pragma once

#include <Eigen/Dense>
#include <cstddef>
#include <vector>

namespace onset {

class ShapeFamily {
 public:
  /// The shapes of the null hypothesis. x ascending in [0, 1]; smooth_share in (0, 1].
  static ShapeFamily null_shapes(const Eigen::VectorXd& x, double smooth_share);
  /// The slow asymmetric shapes.
  static ShapeFamily slow_asymmetric(const Eigen::VectorXd& x, double smooth_share);

  /// The nearest member to each curve: curves and result [point, curve].
  Eigen::MatrixXd project(const Eigen::MatrixXd& curves) const;

 private:
  void add(const Eigen::VectorXd& shape, const std::vector<Eigen::VectorXd>& tangents);
  void add_exponentials(const Eigen::VectorXd& x);
  void add_power_laws(const Eigen::VectorXd& x);
  void gather_directions();

  std::vector<Eigen::VectorXd> directions_;  // [node] unit vector of the shape orthogonal to the constant
  std::vector<Eigen::MatrixXd> bases_;       // [node]
  Eigen::MatrixXd direction_rows_;           // [node, point]
};

class ConcaveFamily {
 public:
  explicit ConcaveFamily(const Eigen::VectorXd& x);
  /// The nearest member to each curve: curves and result [point, curve]. Runs on OpenMP threads.
  Eigen::MatrixXd project(const Eigen::MatrixXd& curves) const;
  /// [curve] How much lower the squared error of each curve [point, curve] is when its nearest member may
  /// also bend upwards once, at a checkpoint with at least two on either side: the one whose bend helps most
  /// at first sight, all bends then fitted anew. At least 0. Runs on OpenMP threads.
  Eigen::VectorXd upward_gains(const Eigen::MatrixXd& curves) const;

 private:
  struct NonNegative {
    Eigen::VectorXd weight;            // [hinge]
    std::vector<Eigen::Index> active;  // hinges of positive weight
  };
  static NonNegative non_negative(const Eigen::MatrixXd& gram, const Eigen::VectorXd& target,
                                  double tolerance);
  double tolerance(const Eigen::VectorXd& y) const;
  Eigen::VectorXd fit(const Eigen::VectorXd& y) const;
  Eigen::Index best_upward_bend(const Eigen::VectorXd& target, const NonNegative& fit) const;
  double upward_gain(const Eigen::VectorXd& y) const;

  Eigen::MatrixXd line_;    // [point, 2] orthonormal basis of lines
  Eigen::MatrixXd hinges_;  // [point, hinge] -max(0, x - x_k) without its line
  Eigen::MatrixXd gram_;    // [hinge, hinge]
};

}  // namespace onset
