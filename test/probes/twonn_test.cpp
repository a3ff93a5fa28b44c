#include "onset/probes/twonn.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

namespace onset {
namespace {

TEST(TwoNn, FitIsTheSlopeThroughTheOriginByHand) {
  // mu = 1, 2, 4, …, 512 (N = 10): k = 9, x_i = (i - 1) ln 2, y_i = -ln(1 - i/10).
  std::vector<double> mu;
  double xy = 0;
  double xx = 0;
  for (int i = 1; i <= 10; ++i) {
    mu.push_back(std::pow(2.0, i - 1));
    if (i > 9) continue;
    const double x = (i - 1) * std::log(2.0);
    xy += x * -std::log(1 - i / 10.0);
    xx += x * x;
  }
  std::swap(mu[0], mu[7]);  // the order given does not matter
  EXPECT_NEAR(twonn_dimension(mu), xy / xx, 1e-12);
}

TEST(TwoNn, FindsTheDimensionOfAFlatPatch) {
  torch::manual_seed(0);
  const torch::Tensor plane = torch::matmul(torch::rand({3000, 2}), torch::randn({2, 50})).contiguous();
  const TwoNn estimate = twonn(plane);
  EXPECT_NEAR(estimate.dimension, 2.0, 0.15);  // spread over seeds about 0.04
  EXPECT_EQ(estimate.points, 3000);
  EXPECT_EQ(estimate.duplicates, 0);
}

TEST(TwoNn, DistancesAreExactFarFromTheOrigin) {
  // Points 1e-3 apart at 1000 from the origin: |x|^2 + |y|^2 - 2xy in float32 keeps nothing of them.
  torch::manual_seed(1);
  torch::Tensor points = torch::rand({200, 8}) * 1e-3 + 1000.0;
  points = points.contiguous();
  const NeighbourDistances found = nearest_two(points);
  const torch::Tensor exact =
      std::get<0>(torch::cdist(points.to(torch::kFloat64), points.to(torch::kFloat64), 2.0, 2).sort(1));
  for (std::int64_t i = 0; i < 200; ++i) {
    EXPECT_NEAR(found.first[i], exact[i][1].item<double>(), 1e-12);
    EXPECT_NEAR(found.second[i], exact[i][2].item<double>(), 1e-12);
  }
}

void expect_distances_of_brute_force(const torch::Tensor& points) {
  const NeighbourDistances found = nearest_two(points);
  const torch::Tensor exact = std::get<0>(
      torch::cdist(points.to(torch::kFloat64), points.to(torch::kFloat64), 2.0, 2).topk(3, 1, false));
  const double scale = exact.max().item<double>();
  for (std::int64_t i = 0; i < points.size(0); ++i) {
    ASSERT_NEAR(found.first[i], exact[i][1].item<double>(), 1e-9 * scale) << i << " of " << points.size(0);
    ASSERT_NEAR(found.second[i], exact[i][2].item<double>(), 1e-9 * scale) << i << " of " << points.size(0);
  }
}

TEST(TwoNn, BlocksCoverEveryPair) {  // an odd and an even number of blocks of 512 points, whole and not
  torch::manual_seed(2);
  expect_distances_of_brute_force(torch::randn({2100, 3}).contiguous());
  expect_distances_of_brute_force(torch::randn({1024, 3}).contiguous());
  expect_distances_of_brute_force(torch::randn({577, 20}).contiguous());
}

TEST(TwoNn, FewerPointsThanCandidatesAreAllMeasured) {
  torch::manual_seed(5);
  for (const std::int64_t n : {3, 8, 9, 10})
    expect_distances_of_brute_force(torch::randn({n, 4}).contiguous());
}

TEST(TwoNn, SizesWhoseSquaresOverflowAreMeasuredAllTheSame) {
  torch::manual_seed(6);
  const torch::Tensor points = torch::randn({300, 5});
  const double dimension = twonn(points).dimension;  // mu does not change with the scale, a power of two
  EXPECT_DOUBLE_EQ(twonn((points * std::pow(2.0, 90)).contiguous()).dimension, dimension);
  EXPECT_DOUBLE_EQ(twonn((points * std::pow(2.0, -90)).contiguous()).dimension, dimension);
  expect_distances_of_brute_force((torch::randn({7, 5}) * 1e25).contiguous());
}

TEST(TwoNn, KeepsOneOfEqualPoints) {
  torch::manual_seed(3);
  const torch::Tensor once = torch::randn({40, 5});
  torch::Tensor twice = torch::cat({once, once.narrow(0, 0, 15)}).contiguous();
  twice[40][0] = once[0][0];
  const TwoNn estimate = twonn(twice);
  EXPECT_EQ(estimate.points, 40);
  EXPECT_EQ(estimate.duplicates, 15);
  EXPECT_EQ(estimate.dimension, twonn(once.contiguous()).dimension);
  torch::Tensor zeros = torch::zeros({20, 2});
  zeros[0][0] = -0.0F;  // minus zero is no other place
  EXPECT_EQ(twonn(zeros).duplicates, 19);
}

TEST(TwoNn, IsNotANumberWhereThereIsNothingToFit) {
  EXPECT_TRUE(std::isnan(twonn(torch::randn({9, 3})).dimension));
  EXPECT_TRUE(std::isnan(twonn(torch::empty({0, 3})).dimension));
  torch::Tensor bad = torch::randn({50, 3});
  bad[7][1] = NAN;
  EXPECT_TRUE(std::isnan(twonn(bad).dimension));
}

}  // namespace
}  // namespace onset
