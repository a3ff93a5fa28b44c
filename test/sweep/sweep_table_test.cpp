#include "onset/sweep/sweep_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace onset {
namespace {

using ::testing::ElementsAre;

/// A run whose UAS breaks at 100 and ends at 0.5, without minimal pairs.
RunComparison measured(const std::string& name) {
  RunComparison run;
  run.run = name;
  run.detection.structure_curve = "uas/micro";
  run.detection.capability_curve = "pll/overall";
  Onset onset;
  onset.break_found = true;
  onset.step = 100;
  onset.low = 90;
  onset.high = 120;
  onset.p = 0.01;
  run.detection.structure = onset;
  MetricComparison uas;
  uas.metric = "uas/micro";
  uas.summary = CurveSummary();
  uas.summary->final_value.value = 0.5;
  uas.final_interval = Interval{0.4, 0.6};
  run.metrics = {uas};
  return run;
}

TEST(SweepTable, ARowARunInThePlansOrder) {
  const SweepPlan plan = plan_sweep({{0.1, 0}, {std::nullopt, 200}, {7}}, {0, 500});
  Comparison comparison;
  comparison.runs = {measured("lambda_0.1_release_200_seed_7"), measured("lambda_0_seed_7")};
  const std::string csv = findings_csv(sweep_table(plan, comparison));
  EXPECT_EQ(csv,
            "run,condition,seed,lambda,release,steps,"
            "structure.break,structure.step,structure.low,structure.high,structure.p,"
            "capability.break,capability.step,capability.low,capability.high,capability.p,"
            "gap.steps,gap.low,gap.high,gap.p_structure_first,"
            "uas/micro.final,uas/micro.final_low,uas/micro.final_high,"
            "pll/overall.final,pll/overall.final_low,pll/overall.final_high,"
            "loss/mlm.final,loss/mlm.final_low,loss/mlm.final_high\n"
            "lambda_0_seed_7,lambda_0,7,0,,500,yes,100,90,120,0.01,,,,,,,,,,0.5,0.4,0.6,,,,,,\n"
            "lambda_0.1_seed_7,lambda_0.1,7,0.1,,500,,,,,,,,,,,,,,,,,,,,,,,\n"
            "lambda_0.1_release_200_seed_7,lambda_0.1_release_200,7,0.1,200,500,yes,100,90,120,0.01,,,,,,,,,,"
            "0.5,0.4,0.6,,,,,,\n");
}

TEST(SweepTable, ACurveIsNamedOnce) {
  Comparison comparison;
  comparison.runs = {measured("x")};
  comparison.runs[0].detection.capability_curve = "loss/mlm";
  EXPECT_THAT(final_curves(comparison), ElementsAre("uas/micro", "loss/mlm"));
}

}  // namespace
}  // namespace onset
