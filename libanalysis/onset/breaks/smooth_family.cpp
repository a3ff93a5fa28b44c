#include "onset/breaks/smooth_family.h"

#include <algorithm>
#include <cmath>

namespace onset {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Orthonormal basis of the columns, leaving out those that add less than a millionth of their length.
MatrixXd orthonormal(const std::vector<VectorXd>& columns) {
  MatrixXd basis(columns.front().size(), static_cast<Index>(columns.size()));
  Index rank = 0;
  for (const VectorXd& column : columns) {
    VectorXd rest = column;
    for (int twice = 0; twice < 2; ++twice) {
      rest -= basis.leftCols(rank) * (basis.leftCols(rank).transpose() * rest);
    }
    if (!(rest.norm() > 1e-6 * column.norm())) continue;
    basis.col(rank++) = rest.normalized();
  }
  return basis.leftCols(rank);
}

/// Adds first, first * ratio, first * ratio^2 … as far as they are below `end`.
void add_geometric(double first, double ratio, double end, std::vector<double>& to) {
  while (first < end) {
    to.push_back(first);
    first *= ratio;
  }
}

/// Middles and widths of S-shapes on [0, 1], none narrower than least_width.
struct Sigmoid {
  double middle = 0, width = 0;
  bool at_limit = false;
};

std::vector<Sigmoid> sigmoid_grid(double least_width) {
  std::vector<double> widths = {least_width, 1.05 * least_width};
  add_geometric(1.12 * least_width, 1.2, 1, widths);
  std::vector<Sigmoid> sigmoids;
  for (const double width : widths) {
    for (int i = -10; i <= 30; ++i) sigmoids.push_back({0.05 * i, width, width == least_width});
  }
  return sigmoids;
}

/// ds/dm and ds/dw but for their sign and scale, which do not matter: z = (x - m)/w, slope = ds/dz.
std::vector<VectorXd> sigmoid_tangents(const VectorXd& z, const VectorXd& slope, const Sigmoid& sigmoid) {
  if (sigmoid.at_limit) return {slope};
  return {slope, slope.cwiseProduct(z)};
}

}  // namespace

ShapeFamily ShapeFamily::null_shapes(const VectorXd& x, double smooth_share) {
  ShapeFamily family;
  family.add(x, {});
  for (const Sigmoid& sigmoid : sigmoid_grid(smooth_share / (2 * std::log(9.0)))) {
    const VectorXd z = (x.array() - sigmoid.middle) / sigmoid.width;
    const VectorXd value = 1 / (1 + (-z.array()).exp());
    const VectorXd slope = value.array() * (1 - value.array());
    family.add(value, sigmoid_tangents(z, slope, sigmoid));
  }
  family.add_exponentials(x);
  family.add_power_laws(x);
  family.gather_directions();
  return family;
}

ShapeFamily ShapeFamily::slow_asymmetric(const VectorXd& x, double smooth_share) {
  ShapeFamily family;
  // 10 % is reached at z = -ln ln 10 and 90 % at z = -ln ln (10/9).
  const double rise = std::log(std::log(10.0)) - std::log(std::log(10.0 / 9));
  for (const Sigmoid& sigmoid : sigmoid_grid(smooth_share / rise)) {
    const VectorXd z = (x.array() - sigmoid.middle) / sigmoid.width;
    for (const double side : {1.0, -1.0}) {
      const VectorXd fading = (-side * z.array()).exp();
      const VectorXd value = (-fading.array()).exp();
      family.add(value, sigmoid_tangents(z, value.cwiseProduct(fading), sigmoid));
    }
  }
  family.gather_directions();
  return family;
}

void ShapeFamily::add(const VectorXd& shape, const std::vector<VectorXd>& tangents) {
  const VectorXd centred = shape.array() - shape.mean();
  if (!(centred.norm() > 1e-9)) return;
  std::vector<VectorXd> columns = {VectorXd::Ones(shape.size()), centred.normalized()};
  columns.insert(columns.end(), tangents.begin(), tangents.end());
  directions_.push_back(columns[1]);
  bases_.push_back(orthonormal(columns));
}

void ShapeFamily::add_exponentials(const VectorXd& x) {
  std::vector<double> widths;
  add_geometric(0.005, 1.3, 3, widths);
  for (const double width : widths) {
    const VectorXd value = (-x.array() / width).exp();
    add(value, {value.cwiseProduct(x)});
  }
}

void ShapeFamily::add_power_laws(const VectorXd& x) {
  for (const double offset : {0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3}) {
    const Eigen::ArrayXd logarithm = (x.array() + offset).log();
    for (const double exponent :
         {-3.0, -2.0, -1.5, -1.0, -0.7, -0.5, -0.3, -0.15, 0.0, 0.15, 0.3, 0.5, 0.7, 1.5, 2.0, 3.0}) {
      const bool is_log = exponent == 0;  // the limit of (s^b - 1)/b
      const Eigen::ArrayXd value = is_log ? logarithm : Eigen::ArrayXd((exponent * logarithm).exp());
      const VectorXd along_exponent = logarithm * value;
      const VectorXd along_offset = ((exponent - 1) * logarithm).exp();
      add(value, {along_exponent, along_offset});
    }
  }
}

void ShapeFamily::gather_directions() {
  direction_rows_.resize(static_cast<Index>(directions_.size()), directions_.front().size());
  for (std::size_t node = 0; node < directions_.size(); ++node) {
    direction_rows_.row(static_cast<Index>(node)) = directions_[node];
  }
}

MatrixXd ShapeFamily::project(const MatrixXd& curves) const {
  const MatrixXd lengths = (direction_rows_ * curves).cwiseAbs();
  MatrixXd fitted(curves.rows(), curves.cols());
  for (Index c = 0; c < curves.cols(); ++c) {
    Index node = 0;
    lengths.col(c).maxCoeff(&node);
    const MatrixXd& basis = bases_[static_cast<std::size_t>(node)];
    fitted.col(c) = basis * (basis.transpose() * curves.col(c));
  }
  return fitted;
}

ConcaveFamily::ConcaveFamily(const VectorXd& x) {
  line_ = orthonormal({VectorXd::Ones(x.size()), x});
  hinges_.resize(x.size(), x.size() - 2);
  for (Index k = 0; k + 2 < x.size(); ++k) hinges_.col(k) = -(x.array() - x[k + 1]).max(0.0);
  hinges_ -= line_ * (line_.transpose() * hinges_);
  gram_ = hinges_.transpose() * hinges_;
}

/// Non-negative least squares by active sets (Lawson & Hanson 1974) on the Gram matrix (Bro & de Jong 1997):
/// the weights >= 0 that minimise weight . gram . weight - 2 weight . target, none added for a gain below
/// tolerance.
ConcaveFamily::NonNegative ConcaveFamily::non_negative(const MatrixXd& gram, const VectorXd& target,
                                                       double tolerance) {
  const Index count = gram.rows();
  NonNegative out{VectorXd::Zero(count), {}};
  VectorXd& weight = out.weight;
  std::vector<Index>& active = out.active;
  std::vector<char> is_active(static_cast<std::size_t>(count), 0);
  for (Index round = 0; round < 3 * count; ++round) {
    VectorXd gradient = target;
    for (const Index k : active) gradient -= weight[k] * gram.col(k);
    Index next = -1;
    for (Index k = 0; k < count; ++k) {
      if (is_active[static_cast<std::size_t>(k)] == 0 && gradient[k] > tolerance &&
          (next < 0 || gradient[k] > gradient[next])) {
        next = k;
      }
    }
    if (next < 0) break;
    active.push_back(next);
    is_active[static_cast<std::size_t>(next)] = 1;
    while (!active.empty()) {
      const VectorXd wanted = gram(active, active).ldlt().solve(target(active));
      double share = 1;
      for (std::size_t i = 0; i < active.size(); ++i) {
        const double now = weight[active[i]], then = wanted[static_cast<Index>(i)];
        if (then <= 0) share = std::min(share, now / (now - then));
      }
      if (!(share >= 0)) share = 0;
      for (std::size_t i = 0; i < active.size(); ++i) {
        weight[active[i]] += share * (wanted[static_cast<Index>(i)] - weight[active[i]]);
      }
      if (share == 1) break;
      std::erase_if(active, [&](Index k) {
        if (weight[k] > 1e-14) return false;
        weight[k] = 0;
        is_active[static_cast<std::size_t>(k)] = 0;
        return true;
      });
    }
  }
  return out;
}

/// Of a hinge's product with the residual: rounding.
double ConcaveFamily::tolerance(const VectorXd& y) const {
  return 1e-10 * std::sqrt(gram_.diagonal().maxCoeff()) * y.norm();
}

VectorXd ConcaveFamily::fit(const VectorXd& y) const {
  const NonNegative bends = non_negative(gram_, hinges_.transpose() * y, tolerance(y));
  return line_ * (line_.transpose() * y) + hinges_ * bends.weight;
}

MatrixXd ConcaveFamily::project(const MatrixXd& curves) const {
  MatrixXd fitted(curves.rows(), curves.cols());
#pragma omp parallel for schedule(static)
  for (Index c = 0; c < curves.cols(); ++c) fitted.col(c) = fit(curves.col(c));
  return fitted;
}

/// The bend whose hinge takes most off the squared error while the bends of the fit stay as they are; -1:
/// none takes any off.
Index ConcaveFamily::best_upward_bend(const VectorXd& target, const NonNegative& fit) const {
  const auto& bends = fit.active;
  const Eigen::LDLT<MatrixXd> solver(gram_(bends, bends));
  const VectorXd pull = gram_ * fit.weight - target;  // of the residual on each hinge turned upwards
  Index best = -1;
  double most = 0;
  // Two checkpoints at least on either side, as in a broken line.
  for (Index k = 1; k + 1 < gram_.rows(); ++k) {
    if (!(pull[k] > 0)) continue;
    double length = gram_(k, k);  // squared, of what the hinge adds to the bends that are there
    if (!bends.empty()) {
      const VectorXd shared = gram_(bends, k);
      length -= shared.dot(solver.solve(shared));
    }
    if (!(length > 1e-9 * gram_(k, k))) continue;
    const double gain = pull[k] * pull[k] / length;
    if (gain > most) {
      most = gain;
      best = k;
    }
  }
  return best;
}

double ConcaveFamily::upward_gain(const VectorXd& y) const {
  const VectorXd target = hinges_.transpose() * y;
  const NonNegative concave = non_negative(gram_, target, tolerance(y));
  const Index bend = best_upward_bend(target, concave);
  if (bend < 0) return 0;
  // The same with that hinge free: everything else as seen beside it. Where the squared error is least it is
  // |y|^2 - weight . target.
  const VectorXd along = gram_.col(bend) / gram_(bend, bend);
  MatrixXd gram = gram_ - along * gram_.row(bend);
  VectorXd beside = target - along * target[bend];
  gram.row(bend).setZero();
  gram.col(bend).setZero();
  beside[bend] = 0;
  const NonNegative bent = non_negative(gram, beside, tolerance(y));
  const double taken_off = target[bend] * target[bend] / gram_(bend, bend) + bent.weight.dot(beside);
  return std::max(0.0, taken_off - concave.weight.dot(target));
}

VectorXd ConcaveFamily::upward_gains(const MatrixXd& curves) const {
  VectorXd gains(curves.cols());
#pragma omp parallel for schedule(static)
  for (Index c = 0; c < curves.cols(); ++c) gains[c] = upward_gain(curves.col(c));
  return gains;
}

}  // namespace onset
