#include "onset/probes/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>

namespace onset {
namespace {

TEST(Bootstrap, AnItemsWeightDependsOnItsContentAlone) {
  const std::vector<std::uint64_t> few = {11, 22};
  const std::vector<std::uint64_t> more = {33, 22, 11};
  const BootstrapWeights a({.replicates = 40}, ItemKind::pair, few);
  const BootstrapWeights b({.replicates = 40}, ItemKind::pair, more);
  const BootstrapWeights other({.replicates = 40}, ItemKind::sentence, few);
  bool kinds_differ = false;
  for (int r = 0; r < 40; ++r) {
    EXPECT_EQ(a(r, 0), b(r, 2));
    EXPECT_EQ(a(r, 1), b(r, 1));
    kinds_differ = kinds_differ || a(r, 0) != other(r, 0);
  }
  EXPECT_TRUE(kinds_differ);
}

TEST(Bootstrap, RatiosAreWeighted) {
  const std::vector<std::uint64_t> items = {1, 2};
  const BootstrapWeights weights({.replicates = 60}, ItemKind::sentence, items);
  const std::vector<float> ratios = weights.ratios(std::vector<double>{3, 10}, std::vector<double>{1, 4});
  for (int r = 0; r < 60; ++r) {
    const double bottom = weights(r, 0) + 4.0 * weights(r, 1);
    if (bottom == 0) {
      EXPECT_TRUE(std::isnan(ratios[r]));
    } else {
      EXPECT_NEAR(ratios[r], (3.0 * weights(r, 0) + 10.0 * weights(r, 1)) / bottom, 1e-5);
    }
  }
}

}  // namespace
}  // namespace onset
