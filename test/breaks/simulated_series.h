// Curves whose truth is known: a metric as the share of correct items, measured on the same items at every
// checkpoint, with Poisson-weighted replicates as the series file holds them. Shared by the tests and
// bench/breaks_coverage.cpp.
//
// Item i is right at checkpoint k when  root(rho) z_i + root(1 - rho) z_ik < Phi^-1(f(x_k)):  z_i is the
// item's ease, the same at every checkpoint, so the noise is correlated along the curve; z_ik is its luck at
// one checkpoint.
#pragma once

#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "onset/base/random.h"
#include "onset/breaks/curve.h"

namespace onset {

/// A metric's true value at x, the place in the run from 0 to 1; between 0 and 1.
using TrueCurve = std::function<double(double x)>;

/// Flat at 0.5 until `from`, then a straight rise to 0.85 at `to`, flat again.
inline TrueCurve broken_at(double from, double to) {
  return [=](double x) { return 0.5 + 0.35 * std::min(1.0, std::max(0.0, x - from) / (to - from)); };
}

inline TrueCurve logistic_at(double middle, double width) {
  return [=](double x) { return 0.5 + 0.35 / (1 + std::exp(-(x - middle) / width)); };
}

struct Simulation {
  std::vector<double> steps;
  std::size_t items = 1000;
  double correlation = 0.5;      ///< rho
  std::size_t replicates = 200;  ///< 0: none
  double training_sd = 0;        ///< white noise of the model itself, in no replicate
};

/// `count` steps 0, gap, 2 gap, ...
inline std::vector<double> even_steps(std::size_t count, double gap) {
  std::vector<double> steps;
  for (std::size_t k = 0; k < count; ++k) steps.push_back(gap * static_cast<double>(k));
  return steps;
}

/// x = step / last step.
inline Curve simulate(const TrueCurve& truth, const Simulation& plan, std::uint64_t seed) {
  const std::size_t points = plan.steps.size();
  const boost::math::normal law;
  std::vector<double> threshold, shift;
  for (std::size_t k = 0; k < points; ++k) {
    threshold.push_back(boost::math::quantile(law, truth(plan.steps[k] / plan.steps.back())));
    shift.push_back(plan.training_sd * draw_normal(seed, Draw::order, {3, k}));
  }
  Curve curve{"simulated", plan.steps, std::vector<double>(points, 0),
              std::vector<std::vector<double>>(plan.replicates, std::vector<double>(points, 0))};
  std::vector<double> weights(plan.replicates, 0);
  std::vector<double> right(points);
  for (std::size_t i = 0; i < plan.items; ++i) {
    const double ease = std::sqrt(plan.correlation) * draw_normal(seed, Draw::order, {1, i});
    for (std::size_t k = 0; k < points; ++k) {
      const double luck = std::sqrt(1 - plan.correlation) * draw_normal(seed, Draw::order, {2, i, k});
      right[k] = ease + luck < threshold[k] ? 1 : 0;
      curve.values[k] += right[k];
    }
    for (std::size_t b = 0; b < plan.replicates; ++b) {
      const int weight = draw_poisson1(seed, Draw::bootstrap, {i, b});
      if (weight == 0) continue;
      weights[b] += weight;
      for (std::size_t k = 0; k < points; ++k) curve.replicates[b][k] += weight * right[k];
    }
  }
  for (std::size_t k = 0; k < points; ++k) {
    curve.values[k] = curve.values[k] / static_cast<double>(plan.items) + shift[k];
    for (std::size_t b = 0; b < plan.replicates; ++b) {
      curve.replicates[b][k] = curve.replicates[b][k] / weights[b] + shift[k];
    }
  }
  return curve;
}

}  // namespace onset
