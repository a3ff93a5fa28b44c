#include "onset/base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

namespace onset {
namespace {

TEST(Random, IsAFunctionOfItsCountersAlone) {
  const double first = draw_uniform(7, Draw::mask_choice, {3, 4});
  draw_uniform(7, Draw::mask_choice, {9, 9});
  EXPECT_EQ(first, draw_uniform(7, Draw::mask_choice, {3, 4}));
  EXPECT_NE(first, draw_uniform(8, Draw::mask_choice, {3, 4}));
  EXPECT_NE(first, draw_uniform(7, Draw::mask_kind, {3, 4}));
  EXPECT_NE(first, draw_uniform(7, Draw::mask_choice, {4, 3}));
}

TEST(Random, UniformHasTheMeanAndVarianceOfTheUnitInterval) {
  constexpr int n = 100'000;
  double sum = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    const double u = draw_uniform(1, Draw::order, {static_cast<std::uint64_t>(i)});
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    squares += u * u;
  }
  // Mean 1/2 with standard error sqrt(1/12/n) = 0.0009; second moment 1/3 with sqrt(4/45/n) = 0.0009.
  EXPECT_NEAR(sum / n, 0.5, 0.004);
  EXPECT_NEAR(squares / n, 1.0 / 3, 0.004);
}

TEST(Random, NormalHasMeanZeroAndVarianceOne) {
  constexpr int n = 100'000;
  double sum = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    const double z = draw_normal(1, Draw::initial_weights, {static_cast<std::uint64_t>(i)});
    sum += z;
    squares += z * z;
  }
  EXPECT_NEAR(sum / n, 0.0, 0.013);      // standard error 0.0032
  EXPECT_NEAR(squares / n, 1.0, 0.018);  // standard error sqrt(2/n) = 0.0045
}

TEST(Random, PoissonCountsFollowTheirLaw) {
  constexpr int n = 100'000;
  std::array<int, 21> counts{};
  for (int i = 0; i < n; ++i) ++counts[draw_poisson1(1, Draw::bootstrap, {static_cast<std::uint64_t>(i)})];
  // P(0) = P(1) = 1/e = 0.3679, P(2) = 0.1839, P(3) = 0.0613.
  EXPECT_NEAR(counts[0] / double(n), 0.36788, 0.006);
  EXPECT_NEAR(counts[1] / double(n), 0.36788, 0.006);
  EXPECT_NEAR(counts[2] / double(n), 0.18394, 0.005);
  EXPECT_NEAR(counts[3] / double(n), 0.06131, 0.003);
}

}  // namespace
}  // namespace onset
