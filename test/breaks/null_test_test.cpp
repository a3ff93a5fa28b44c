#include "onset/breaks/null_test.h"

#include <gtest/gtest.h>
#include <omp.h>

#include "test/breaks/simulated_series.h"

namespace onset {
namespace {

NullTest test_of(const Curve& curve, const NullTestOptions& options = {}) {
  return test_no_break(curve.steps, curve.values, estimate_noise(curve.steps, curve.values, curve.replicates),
                       options);
}

Curve flawless(const TrueCurve& truth, std::size_t points) {
  Curve curve{"", even_steps(points, 100), {}, {}};
  for (const double step : curve.steps) curve.values.push_back(truth(step / curve.steps.back()));
  return curve;
}

TEST(NullTest, RejectsAFlawlessBreakWithTheLeastP) {
  const NullTest found = test_of(flawless(broken_at(0.4, 0.7), 50));
  EXPECT_DOUBLE_EQ(found.p, 1.0 / 500);  // (1 + 0)/(499 + 1)
  EXPECT_TRUE(found.broken_line_better);
}

TEST(NullTest, KeepsFlawlessSmoothCurves) {
  for (const auto& truth :
       std::vector<TrueCurve>{[](double x) { return 0.2 + 0.5 * x; }, logistic_at(0.5, 0.1),
                              [](double x) { return 1 - std::exp(-5 * x); },
                              [](double x) { return 1 / std::sqrt(1 + 30 * x); }}) {
    EXPECT_GT(test_of(flawless(truth, 50)).p, 0.5);
  }
}

TEST(NullTest, ACornerThatOnlyBendsDownIsConcave) {
  const NullTest found = test_of(flawless([](double x) { return std::min(x, 0.4); }, 50));
  EXPECT_GT(found.p_concave, 0.2);
  EXPECT_EQ(found.p, found.p_concave);
}

TEST(NullTest, ABreakThatSaturatesInSeveralBendsIsOne) {
  // Flat for a fourteenth of the run, steep, less steep, flat.
  const auto truth = [](double x) {
    return 0.5 + 2 * std::max(0.0, x - 0.07) - 1.6 * std::max(0.0, x - 0.2) - 0.4 * std::max(0.0, x - 0.5);
  };
  for (const NullTest& found : {test_of(flawless(truth, 50)),
                                test_of(simulate(truth, {even_steps(50, 100), 2000, 0.5, 200, 0}, 1))}) {
    EXPECT_LT(found.p, 0.05) << found.p_shapes << ' ' << found.p_concave;
    EXPECT_TRUE(found.broken_line_better);
  }
}

TEST(NullTest, ASlowAsymmetricRiseIsBetterExplainedSmoothly) {
  const NullTest found =
      test_of(flawless([](double x) { return std::exp(-std::exp((0.4 - x) / 0.14)); }, 50));
  EXPECT_FALSE(found.broken_line_better);
}

TEST(NullTest, DoesNotDependOnTheNumberOfThreads) {
  const Curve curve = simulate(broken_at(0.4, 1.0), {even_steps(40, 100), 300, 0.5, 60, 0.01}, 3);
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const NullTest one = test_of(curve);
  omp_set_num_threads(3);
  const NullTest three = test_of(curve);
  omp_set_num_threads(before);
  EXPECT_EQ(one.p_shapes, three.p_shapes);
  EXPECT_EQ(one.p_concave, three.p_concave);
}

TEST(NullTest, PIsUniformUnderTheNull) {
  // 100 logistic curves: p < 0.5 in about half, p < 0.05 in about five (5 % x 100, standard deviation 2.2).
  int below_half = 0, below_alpha = 0;
  NullTestOptions options;
  options.draws = 99;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    options.stream.seed = seed;
    const Curve curve = simulate(logistic_at(0.5, 0.12), {even_steps(30, 100), 400, 0.5, 60, 0}, seed);
    const double p = test_of(curve, options).p_shapes;
    below_half += p < 0.5 ? 1 : 0;
    below_alpha += p < 0.05 ? 1 : 0;
  }
  EXPECT_GE(below_half, 30);
  EXPECT_LE(below_half, 70);
  EXPECT_LE(below_alpha, 13);
}

TEST(NullTest, AveragesLongSeries) {
  EXPECT_DOUBLE_EQ(test_of(simulate(broken_at(0.4, 0.7), {even_steps(400, 10), 1000, 0.5, 40, 0}, 1)).p,
                   1.0 / 500);
}

}  // namespace
}  // namespace onset
