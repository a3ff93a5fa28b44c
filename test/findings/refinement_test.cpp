#include "onset/findings/refinement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "onset/breaks/onset.h"
#include "onset/breaks/second_difference.h"

namespace onset {
namespace {

using Steps = std::vector<std::int64_t>;
using Shape = std::function<double(double step)>;

Steps every(std::int64_t gap, std::int64_t last) {
  Steps out;
  for (std::int64_t step = 0; step <= last; step += gap) out.push_back(step);
  return out;
}

Shape bent_at(double place, double slope = 1e-3) {
  return [=](double step) { return slope * std::max(0.0, step - place); };
}

Curve measured(const std::set<std::int64_t>& steps, const Shape& shape,
               const std::vector<Shape>& replicates = {}) {
  Curve curve;
  curve.name = "planted";
  curve.replicates.resize(replicates.size());
  for (const std::int64_t step : steps) {
    curve.steps.push_back(static_cast<double>(step));
    curve.values.push_back(shape(static_cast<double>(step)));
    for (std::size_t b = 0; b < replicates.size(); ++b)
      curve.replicates[b].push_back(replicates[b](static_cast<double>(step)));
  }
  return curve;
}

/// Measures round after round until nothing is asked for.
std::set<std::int64_t> refined(const Steps& all, const std::vector<Shape>& shapes,
                               const RefinementOptions& options, const std::vector<Shape>& replicates = {}) {
  const Steps first = coarse_steps(all, options);
  std::set<std::int64_t> steps(first.begin(), first.end());
  for (;;) {
    std::vector<Curve> curves;
    for (const Shape& shape : shapes) curves.push_back(measured(steps, shape, replicates));
    const Steps more = steps_to_add(all, curves, options);
    if (more.empty()) return steps;
    for (const std::int64_t step : more) EXPECT_TRUE(steps.insert(step).second) << step << " asked for twice";
  }
}

TEST(CoarseSteps, AreEvenWithBothEnds) {
  EXPECT_EQ(coarse_steps(every(1, 20), {.coarse = 5}), (Steps{0, 5, 10, 15, 20}));
  EXPECT_EQ(coarse_steps(every(1, 10), {.coarse = 4}), (Steps{0, 3, 7, 10}));  // thirds of 10, rounded
  EXPECT_EQ(coarse_steps(every(1, 3), {}), every(1, 3));                       // fewer than a pass has
  EXPECT_EQ(coarse_steps(every(1, 399), {}).size(), 40U);                      // 2 sqrt(400)
}

TEST(StepsToAdd, BracketAPlantedBreakByNeighbours) {
  const Steps all = every(10, 3990);  // d = 30
  const std::set<std::int64_t> steps = refined(all, {bent_at(1230)}, {});
  for (const std::int64_t step : {1200, 1220, 1230, 1240, 1260}) EXPECT_TRUE(steps.contains(step)) << step;
  EXPECT_LT(steps.size(), 80U);  // of 400
  std::vector<double> u(all.begin(), all.end());
  std::vector<double> y;
  for (const double step : u) y.push_back(bent_at(1230)(step));
  const Curve part = measured(steps, bent_at(1230));
  EXPECT_EQ(second_difference(part.steps, part.values, 30)->u, second_difference(u, y, 30)->u);
}

TEST(StepsToAdd, GiveTheOnsetOfTheWholeSeries) {
  // A bend that saturates, with a wobble of 0.003 at each step and 20 replicates that wobble otherwise.
  const auto wobbling = [](double phase) {
    return [=](double step) {
      return 0.3 + 0.5 * std::clamp((step - 1230) / 800, 0.0, 1.0) + 0.003 * std::sin(phase + 1.7 * step);
    };
  };
  std::vector<Shape> replicates;
  for (int b = 1; b <= 20; ++b) replicates.push_back(wobbling(b));
  const Steps all = every(10, 3990);
  RefinementOptions options;
  options.spacing = 300;
  const std::set<std::int64_t> some = refined(all, {wobbling(0)}, options, replicates);
  EXPECT_LT(some.size(), 200U);  // of 400
  OnsetOptions detect;
  detect.spacing = 300;
  const Onset whole = find_onset(measured({all.begin(), all.end()}, wobbling(0), replicates), detect);
  const Onset part = find_onset(measured(some, wobbling(0), replicates), detect);
  EXPECT_TRUE(whole.break_found);
  EXPECT_TRUE(part.break_found);
  EXPECT_EQ(part.step, whole.step);
  EXPECT_NEAR(*whole.step, 1230, 30);
}

TEST(StepsToAdd, LookAtEveryCurve) {
  const std::set<std::int64_t> steps = refined(every(10, 3990), {bent_at(600), bent_at(2900)}, {});
  for (const std::int64_t step : {590, 600, 610, 2890, 2900, 2910}) EXPECT_TRUE(steps.contains(step)) << step;
}

TEST(StepsToAdd, LookWhereReplicatesSeeTheBreak) {
  const Shape both = [](double step) { return bent_at(600, 2e-3)(step) + bent_at(2900)(step); };
  const Shape other = [](double step) { return bent_at(600)(step) + bent_at(2900, 2e-3)(step); };
  std::vector<Shape> replicates(18, both);
  const std::set<std::int64_t> without = refined(every(10, 3990), {both}, {.max_knots = 1}, replicates);
  EXPECT_FALSE(without.contains(2890));
  replicates.resize(20, other);  // 2 of 20 are above a share of 0.05
  const std::set<std::int64_t> with = refined(every(10, 3990), {both}, {.max_knots = 1}, replicates);
  EXPECT_TRUE(with.contains(2890) && with.contains(2910));
}

TEST(StepsToAdd, OnALogarithmicAxisToo) {
  Steps all;
  for (int i = 0; i < 300; ++i)
    all.push_back(static_cast<std::int64_t>(std::llround(std::exp(0.03 * i))) + i);
  const double place = static_cast<double>(all[200]);
  const Shape shape = [&](double step) {
    return std::max(0.0, to_axis(step, StepAxis::log_step) - to_axis(place, StepAxis::log_step));
  };
  const std::set<std::int64_t> steps = refined(all, {shape}, {.axis = StepAxis::log_step});
  for (const int i : {199, 200, 201}) EXPECT_TRUE(steps.contains(all[i])) << all[i];
  EXPECT_LT(steps.size(), 90U);
}

TEST(StepsToAdd, AskForNothingWhereNothingHappens) {
  const Steps all = every(10, 3990);
  const Steps first = coarse_steps(all, {});
  const std::set<std::int64_t> steps(first.begin(), first.end());
  const std::vector<Curve> constant = {measured(steps, [](double) { return 0.5; })};
  EXPECT_TRUE(steps_to_add(all, constant, {}).empty());
  EXPECT_TRUE(steps_to_add(all, {}, {}).empty());
}

}  // namespace
}  // namespace onset
