#include "onset/analysis/looks.h"

#include <gtest/gtest.h>

#include <cmath>

#include "onset/base/random.h"

namespace onset {
namespace {

TEST(Looks, DoubleUntilAllAreIn) {
  using Sizes = std::vector<std::int64_t>;
  EXPECT_EQ(look_sizes(500, 50), (Sizes{50, 100, 200, 400, 500}));
  EXPECT_EQ(look_sizes(400, 50), (Sizes{50, 100, 200, 400}));
  EXPECT_EQ(look_sizes(50, 50), (Sizes{50}));
  EXPECT_EQ(look_sizes(7, 50), (Sizes{7}));
  EXPECT_TRUE(look_sizes(0, 50).empty());
}

TEST(Looks, ALossHasStudentsInterval) {
  // Replicates 1, 2, 3: variance 1, of strata of 2 items twice that. t(2 degrees, 0.975) = 4.302653.
  const SampledFigure figure{2, {1, 2, 3}, false, 2, 2};
  const Interval interval = look_interval(figure, 1);
  EXPECT_NEAR(interval.low, 2 - 4.302653 * std::sqrt(2.0), 1e-5);
  EXPECT_NEAR(interval.high, 2 + 4.302653 * std::sqrt(2.0), 1e-5);
  // Two looks: t(2 degrees, 0.9875) = 6.205347.
  EXPECT_NEAR(look_interval(figure, 2).high, 2 + 6.205347 * std::sqrt(2.0), 1e-5);
}

TEST(Looks, AProportionHasWilsonsInterval) {
  // 40 of 100, replicates whose variance, times 100/99, is that of 100 independent items, 0.24/100 = 0.0024.
  const double deviation = std::sqrt(0.0024 * 99 / 100);
  SampledFigure figure{0.4, {}, true, 100, 100};
  for (int pair = 0; pair < 5000; ++pair) {
    figure.replicates.push_back(0.4 - deviation);
    figure.replicates.push_back(0.4 + deviation);
  }
  // With so many replicates t is 1.96020; m = 0.24/0.0024 but for what keeps it from 0: x' = 42/104, so
  // m = x' (1 - x') / 0.0024 = 100.33. Wilson: (x + t^2/2m -+ t sqrt(x (1-x)/m + t^2/4m^2)) / (1 + t^2/m).
  const Interval interval = look_interval(figure, 1);
  EXPECT_NEAR(interval.low, 0.30951, 2e-4);
  EXPECT_NEAR(interval.high, 0.49794, 2e-4);
}

TEST(Looks, AllAlikeIsNotYetCertain) {
  // Ten of ten right: a model right nine times in ten does that in a third of all samples.
  const SampledFigure figure{1, std::vector<double>(200, 1.0), true, 10, 10};
  const Interval interval = look_interval(figure, 1);
  EXPECT_EQ(interval.high, 1);
  EXPECT_LT(interval.low, 0.8);
  const SampledFigure wrong{0, std::vector<double>(200, 0.0), true, 10, 10};
  EXPECT_EQ(look_interval(wrong, 1).low, 0);
  EXPECT_GT(look_interval(wrong, 1).high, 0.2);
}

TEST(Looks, WithoutAFigureThereIsNoInterval) {
  EXPECT_TRUE(std::isnan(look_interval({NAN, {1, 2}, true, 10, 10}, 1).low));
  EXPECT_TRUE(std::isnan(look_interval({0.5, {0.5, NAN}, true, 10, 10}, 1).high));
}

/// Looks at growing samples of items that are right with probability p, by Poisson replicates, until the
/// interval is narrower than `width`; whether the interval stopped at holds p.
struct Stopped {
  bool holds = false;
  std::size_t look = 0;
};
Stopped stop_at(double p, double width, std::uint64_t run) {
  constexpr std::int64_t items = 800;
  constexpr std::size_t replicates = 60;
  const std::vector<std::int64_t> sizes = look_sizes(items, 50);
  std::vector<double> top(replicates, 0), bottom(replicates, 0);
  std::int64_t right = 0, item = 0;
  for (std::size_t look = 0;; ++look) {
    for (; item < sizes[look]; ++item) {
      const auto i = static_cast<std::uint64_t>(item);
      const bool hit = draw_uniform(run, Draw::mask_choice, {i}) < p;
      right += hit ? 1 : 0;
      for (std::size_t b = 0; b < replicates; ++b) {
        const int weight = draw_poisson1(run, Draw::bootstrap, {i, b});
        bottom[b] += weight;
        top[b] += hit ? weight : 0;
      }
    }
    SampledFigure figure{static_cast<double>(right) / static_cast<double>(item), {}, true, item, item};
    for (std::size_t b = 0; b < replicates; ++b) figure.replicates.push_back(top[b] / bottom[b]);
    const Interval interval = look_interval(figure, sizes.size());
    if (interval.high - interval.low < width || look + 1 == sizes.size())
      return {interval.low <= p && p <= interval.high, look};
  }
}

TEST(Looks, StoppingWhenNarrowKeepsTheCoverage) {
  // The bound says at most 5 in 100 miss. 300 runs each: 15 expected at most, and 26 with a chance of 1/400.
  for (const double p : {0.5, 0.9, 0.99, 1.0}) {
    int missed = 0;
    std::size_t looks = 0;
    for (std::uint64_t run = 0; run < 300; ++run) {
      const Stopped stopped = stop_at(p, 0.12, run);
      missed += stopped.holds ? 0 : 1;
      looks += stopped.look;
    }
    EXPECT_LE(missed, 26) << p;
    if (p < 0.9) {
      EXPECT_GT(looks, 300U) << "stopped at once";
    }
  }
}

}  // namespace
}  // namespace onset
