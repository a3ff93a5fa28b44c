#include "onset/breaks/null_test.h"

#include <Eigen/Dense>
#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>

#include "onset/base/random.h"
#include "onset/breaks/piecewise_linear.h"
#include "onset/breaks/smooth_family.h"

namespace onset {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index most_bins = 96;
constexpr std::size_t knot_places = 48;  ///< of the simulated curves' broken lines
constexpr double known_to = 0.005;       ///< of the curve's range

/// The curve and its noise on at most most_bins points.
struct Binned {
  VectorXd x, y;
  MatrixXd deviations;  // [point, replicate]
  VectorXd white_sd;    // [point] of the training noise
};

Binned bin(const std::vector<double>& u, const std::vector<double>& y, const Noise& noise) {
  const auto points = static_cast<Index>(u.size());
  const Index bins = std::min(points, most_bins);
  Binned out{VectorXd::Zero(bins), VectorXd::Zero(bins),
             MatrixXd::Zero(bins, static_cast<Index>(noise.deviations.size())), VectorXd(bins)};
  for (Index i = 0; i < bins; ++i) {
    const Index first = i * points / bins, last = (i + 1) * points / bins;
    const double share = 1.0 / static_cast<double>(last - first);
    for (Index k = first; k < last; ++k) {
      const auto at = static_cast<std::size_t>(k);
      out.x[i] += share * (u[at] - u.front()) / (u.back() - u.front());
      out.y[i] += share * y[at];
      for (Index b = 0; b < out.deviations.cols(); ++b) {
        out.deviations(i, b) += share * noise.deviations[static_cast<std::size_t>(b)][at];
      }
    }
    out.white_sd[i] = noise.training_sd * std::sqrt(share);
  }
  return out;
}

/// Draws of noise [point, draw].
MatrixXd draw_noise(const Binned& curve, double floor_sd, double training_df,
                    const NullTestOptions& options) {
  const Index points = curve.x.size(), replicates = curve.deviations.cols();
  const auto draws = static_cast<Index>(options.draws);
  const DrawStream s = options.stream;
  enum Part : std::uint64_t { item, white, scale };
  MatrixXd mixing(replicates, draws), white_noise(points, draws);
  const double share = replicates > 1 ? 1 / std::sqrt(static_cast<double>(replicates - 1)) : 0;
  const boost::math::chi_squared law(std::max(1.0, training_df));
#pragma omp parallel for schedule(static)
  for (Index d = 0; d < draws; ++d) {
    const auto draw = static_cast<std::uint64_t>(d);
    for (Index b = 0; b < replicates; ++b) {
      mixing(b, d) = share * draw_normal(s.seed, Draw::null_curve,
                                         {s.stream, item, draw, static_cast<std::uint64_t>(b)});
    }
    const double u = draw_uniform(s.seed, Draw::null_curve, {s.stream, scale, draw});
    const double wider = law.degrees_of_freedom() / boost::math::quantile(law, std::clamp(u, 1e-6, 1 - 1e-6));
    for (Index k = 0; k < points; ++k) {
      const double sd = std::sqrt(curve.white_sd[k] * curve.white_sd[k] * wider + floor_sd * floor_sd);
      white_noise(k, d) =
          sd * draw_normal(s.seed, Draw::null_curve, {s.stream, white, draw, static_cast<std::uint64_t>(k)});
    }
  }
  return curve.deviations * mixing + white_noise;
}

double p_value(double statistic, const VectorXd& drawn) {
  const auto as_large = std::ranges::count_if(drawn, [&](double t) { return t >= statistic; });
  return static_cast<double>(1 + as_large) / static_cast<double>(1 + drawn.size());
}

/// RSS of the broken line with a given number of knots.
class LineRss {
 public:
  LineRss(const VectorXd& x, std::size_t knots) : fitter_({x.begin(), x.end()}, knot_places), knots_(knots) {}
  double operator()(const VectorXd& y) const {
    return fitter_.rss_at_checkpoints({y.begin(), y.end()}, knots_);
  }

 private:
  BrokenLineFitter fitter_;
  std::size_t knots_;
};

/// The test against one family: `project` gives the fitted curves of the columns it is handed, `statistic`
/// what an alternative gains over them.
template <class Project, class Statistic>
double test_family(const Binned& curve, const MatrixXd& noise, const Project& project,
                   const Statistic& statistic) {
  const VectorXd fitted = project(curve.y);
  const VectorXd drawn = statistic(noise.colwise() + fitted);
  return p_value(statistic(curve.y)[0], drawn);
}

/// [curve] RSS(shape) - RSS(broken line).
VectorXd gains_over_shapes(const ShapeFamily& shapes, const LineRss& line, const MatrixXd& curves) {
  VectorXd gains = (curves - shapes.project(curves)).colwise().squaredNorm();
#pragma omp parallel for schedule(static)
  for (Index c = 0; c < curves.cols(); ++c) gains[c] -= line(curves.col(c));
  return gains;
}

bool broken_line_is_better(const Binned& curve, const ShapeFamily& shapes, const BrokenLine& line,
                           double smooth_share) {
  const ShapeFamily asymmetric = ShapeFamily::slow_asymmetric(curve.x, smooth_share);
  const double smooth = std::min((curve.y - shapes.project(curve.y)).squaredNorm(),
                                 (curve.y - asymmetric.project(curve.y)).squaredNorm());
  const std::vector<double> y(curve.y.begin(), curve.y.end());
  return broken_line_criterion(line.rss, line.knots.size(), y) < broken_line_criterion(smooth, 1, y);
}

}  // namespace

NullTest test_no_break(const std::vector<double>& u, const std::vector<double>& y, const Noise& noise,
                       const NullTestOptions& options) {
  const Binned curve = bin(u, y, noise);
  // What white noise lacks to known_to of the range.
  const double tolerated = known_to * (curve.y.maxCoeff() - curve.y.minCoeff());
  const double present = std::hypot(noise.item_sd, noise.training_sd);
  const double floor_sd = std::sqrt(std::max(0.0, tolerated * tolerated - present * present));
  const MatrixXd drawn = draw_noise(curve, floor_sd, noise.training_df, options);
  const ShapeFamily shapes = ShapeFamily::null_shapes(curve.x, options.smooth_share);
  const BrokenLine line = BrokenLineFitter({curve.x.begin(), curve.x.end()})
                              .choose({curve.y.begin(), curve.y.end()}, options.max_knots);
  NullTest result;
  const LineRss rss(curve.x, std::max<std::size_t>(line.knots.size(), 1));
  const ConcaveFamily concave(curve.x);
  result.p_shapes = test_family(
      curve, drawn, [&](const MatrixXd& y) { return shapes.project(y); },
      [&](const MatrixXd& y) { return gains_over_shapes(shapes, rss, y); });
  result.p_concave = test_family(
      curve, drawn, [&](const MatrixXd& y) { return concave.project(y); },
      [&](const MatrixXd& y) { return concave.upward_gains(y); });
  result.p = std::max(result.p_shapes, result.p_concave);
  result.broken_line_better = broken_line_is_better(curve, shapes, line, options.smooth_share);
  return result;
}

}  // namespace onset
