#include "onset/breaks/noise.h"

#include <gtest/gtest.h>

#include <cmath>

#include "onset/base/random.h"
#include "test/breaks/simulated_series.h"

namespace onset {
namespace {

std::vector<double> white(std::size_t count, double sd, std::uint64_t seed) {
  std::vector<double> values;
  for (std::size_t k = 0; k < count; ++k) values.push_back(sd * draw_normal(seed, Draw::order, {k}));
  return values;
}

TEST(Noise, OfAFlawlessBrokenLineIsNone) {
  const std::vector<double> u = even_steps(30, 10);
  std::vector<double> y;
  for (const double x : u) y.push_back(std::max(0.0, x - 123));
  const Noise noise = estimate_noise(u, y, {});
  EXPECT_NEAR(noise.training_sd, 0, 1e-12);
  EXPECT_EQ(noise.item_sd, 0);
  EXPECT_TRUE(noise.deviations.empty());
}

TEST(Noise, WhiteNoiseIsRecoveredOnUnevenSteps) {
  std::vector<double> u;
  for (int k = 0; k < 2000; ++k) u.push_back(k + 0.4 * std::sin(k));
  std::vector<double> y = white(u.size(), 0.02, 3);
  for (std::size_t k = 0; k < y.size(); ++k) y[k] += 0.001 * u[k];
  // df = 500: relative error of the standard deviation root(2/500)/2 = 3 %.
  EXPECT_NEAR(estimate_noise(u, y, {}).training_sd, 0.02, 0.002);
}

TEST(Noise, ReplicatesAreCentredAndTheirSpreadIsItemNoise) {
  // Deviations at the points: -1, 1 and -2, 2 about means 2 and 5. Mean square (1 + 1 + 4 + 4)/((2 - 1) x 2)
  // = 5.
  const Noise noise = estimate_noise({0, 1}, {2, 5}, {{1, 3}, {3, 7}});
  EXPECT_EQ(noise.deviations, (std::vector<std::vector<double>>{{-1, -2}, {1, 2}}));
  EXPECT_DOUBLE_EQ(noise.item_sd, std::sqrt(5.0));
}

TEST(Noise, ItemsThatExplainTheWobbleLeaveNoTrainingNoise) {
  Simulation plan{even_steps(80, 10), 1000, 0.5, 100, 0};
  const auto flat = [](double) { return 0.6; };
  int counted = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Curve curve = simulate(flat, plan, seed);
    const Noise noise = estimate_noise(curve.steps, curve.values, curve.replicates);
    EXPECT_NEAR(noise.item_sd, std::sqrt(0.6 * 0.4 / 1000), 0.002);
    counted += noise.training_sd > 0 ? 1 : 0;
  }
  EXPECT_LE(counted, 4);  // 5 % each: 1 in 20 expected
}

TEST(Noise, WobbleBeyondTheItemsIsTrainingNoise) {
  Simulation plan{even_steps(200, 10), 2000, 0.5, 100, 0.02};
  const Curve curve = simulate([](double x) { return 0.5 + 0.3 * x; }, plan, 11);
  EXPECT_NEAR(estimate_noise(curve.steps, curve.values, curve.replicates).training_sd, 0.02, 0.005);
}

TEST(Noise, OfFewPointsIsNotGuessed) {
  EXPECT_EQ(estimate_noise({0, 1, 2, 3}, {0, 1, 0, 1}, {}).training_sd, 0);
}

TEST(NoisyCurves, AddDeviationsToTheCurve) {
  const Noise noise = estimate_noise({0, 1}, {10, 20}, {{1, 3}, {3, 7}});
  EXPECT_EQ(noisy_curves({10, 20}, noise, {}), (std::vector<std::vector<double>>{{9, 18}, {11, 22}}));
}

TEST(NoisyCurves, DrawTrainingNoiseBySeedAndStream) {
  Noise noise;
  noise.training_sd = 0.5;
  const std::vector<double> flat(100, 1.0);
  const auto curves = noisy_curves(flat, noise, {1, 0}, 50);
  ASSERT_EQ(curves.size(), 50u);
  EXPECT_EQ(curves, noisy_curves(flat, noise, {1, 0}, 50));
  EXPECT_NE(curves, noisy_curves(flat, noise, {1, 1}, 50));
  EXPECT_NE(curves, noisy_curves(flat, noise, {2, 0}, 50));
  double squares = 0;
  for (const auto& curve : curves) {
    for (const double value : curve) squares += (value - 1) * (value - 1);
  }
  EXPECT_NEAR(squares / 5000, 0.25, 0.02);  // standard error 0.25 root(2/5000) = 0.005
}

TEST(NoisyCurves, AreTheCurveItselfWithoutNoise) {
  for (const auto& curve : noisy_curves({1, 2, 3}, Noise{}, {}, 3))
    EXPECT_EQ(curve, (std::vector<double>{1, 2, 3}));
}

}  // namespace
}  // namespace onset
