#include "onset/findings/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onset/base/error.h"
#include "test/findings/planted_series.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class Compared : public ::testing::Test {
 protected:
  std::filesystem::path file(const Planted& plan) {
    return write_planted(folder_ / (plan.run + ".h5"), plan);
  }
  static const MetricComparison& metric(const Comparison& comparison, std::size_t run,
                                        const std::string& name) {
    for (const MetricComparison& metric : comparison.runs[run].metrics) {
      if (metric.metric == name) return metric;
    }
    throw std::out_of_range(name);
  }
  static std::string refusal(const std::vector<std::filesystem::path>& files, const CompareOptions& options,
                             ErrorKind kind) {
    try {
      compare_runs(files, options);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind);
      return error.what();
    }
    ADD_FAILURE() << "not refused";
    return "";
  }

  TemporaryFolder folder_;
};

TEST_F(Compared, DifferencesAreFromTheFirstRun) {
  Planted late{"late", 1500, 2000, 0.3};
  const Comparison found = compare_runs({file({}), file(late)}, {});
  ASSERT_EQ(found.runs.size(), 2u);
  EXPECT_EQ(found.runs[1].detection.structure->step, 1500);
  const MetricComparison& overall = metric(found, 1, "pll/overall");
  EXPECT_DOUBLE_EQ(overall.summary->final_value.value, 0.6);
  EXPECT_NEAR(overall.final_difference->value, -0.1, 1e-12);  // 0.3 + 0.3 against 0.3 + 0.4
  // Every replicate is moved by the same in both runs, so the paired differences are all -0.1 (as floats).
  EXPECT_NEAR(overall.final_difference->interval->low, -0.1, 1e-6);
  EXPECT_NEAR(overall.final_difference->interval->high, -0.1, 1e-6);
  EXPECT_FALSE(metric(found, 0, "pll/overall").final_difference);
  // uas/micro rises by 0.5 500 steps later: the area between the curves is -0.5 * 500 steps.
  const MetricComparison& micro = metric(found, 1, "uas/micro");
  EXPECT_NEAR(micro.by_step->area, -250, 1e-9);
  EXPECT_NEAR(micro.by_onset->area, 0, 1e-9);  // the same curve, moved
}

TEST_F(Compared, PhenomenaAreCompared) {
  Planted other{"other", 1000, 2000, 0.2};
  const Comparison found = compare_runs({file({}), file(other)}, {});
  EXPECT_THAT(found.metrics, Contains("pll/phenomenon_accuracy[phenomenon=binding]"));
  EXPECT_NEAR(metric(found, 1, "pll/phenomenon_accuracy[phenomenon=agreement]").final_difference->value, -0.2,
              1e-12);
  EXPECT_EQ(metric(found, 1, "pll/phenomenon_accuracy[phenomenon=binding]").final_difference->value, 0);
}

TEST_F(Compared, ResultsOfFinetuningAreCompared) {
  Planted with, other{"other"};
  with.with_glue = other.with_glue = true;
  CompareOptions options;
  options.detect.capability = "glue/cola/matthews_mean";
  const Comparison found = compare_runs({file(with), file(other)}, options);
  EXPECT_EQ(found.runs[0].detection.capability->step, 2000);
  EXPECT_NEAR(metric(found, 0, "glue/cola/matthews[seed=mean]").summary->best_value.value, 0.7, 1e-12);
  const CurveSummary& loss = *metric(found, 0, "glue/cola/loss[seed=mean]").summary;  // lower is better
  EXPECT_NEAR(loss.best_value.value, 0.2, 1e-12);
  EXPECT_EQ(loss.best_step, 1200);
  EXPECT_EQ(metric(found, 1, "glue/cola/matthews_mean").final_difference->value, 0);
  for (const std::string& metric : found.metrics) {
    EXPECT_THAT(metric, testing::Not(HasSubstr("epochs")));
    EXPECT_THAT(metric, testing::Not(HasSubstr("_spread")));
  }
}

TEST_F(Compared, LossAtSteps) {
  CompareOptions options;
  options.loss_steps = {1550, 9000};
  const Comparison found = compare_runs({file({}), file({"b"})}, options);
  EXPECT_NEAR(*found.runs[0].losses[0], 4.95, 1e-12);  // half-way between 5 and 4.9
  EXPECT_FALSE(found.runs[0].losses[1]);               // past the last checkpoint
}

TEST_F(Compared, SeedsOfAConditionAreTakenTogether) {
  CompareOptions options;
  options.conditions = {"base", "late", "late"};
  const Comparison found =
      compare_runs({file({}), file({"l1", 1400, 2000}), file({"l2", 1600, 2400})}, options);
  ASSERT_EQ(found.conditions.size(), 1u);
  EXPECT_EQ(found.conditions[0].runs, 2u);
  EXPECT_EQ(found.conditions[0].structure->mean, 1500);
  EXPECT_EQ(found.conditions[0].gap->mean, 700);  // of 600 and 800
  const FindingsTable table = comparison_table(found);
  ASSERT_EQ(table.rows(), 4u);
  EXPECT_EQ(table.texts("run")[3], "late (mean)");
  EXPECT_EQ(table.numbers("capability.step")[3], 2200);
}

TEST_F(Compared, OtherDataIsRefusedOrMarked) {
  Planted other{"other"};
  other.parses = "ff99";
  const std::vector<std::filesystem::path> files = {file({}), file(other)};
  EXPECT_THAT(refusal(files, {}, ErrorKind::bad_data), HasSubstr("uas: parses_sha256: ab12 and ff99"));
  CompareOptions options;
  options.allow_different = true;
  EXPECT_EQ(comparison_table(compare_runs(files, options)).texts("differs")[1],
            "uas: parses_sha256: ab12 and ff99");
}

TEST_F(Compared, AMetricThatARunLacksIsLeftEmpty) {
  Planted bare{"bare"};
  bare.with_pll = false;
  const Comparison found = compare_runs({file({}), file(bare)}, {});
  EXPECT_FALSE(metric(found, 1, "pll/overall").summary);
  EXPECT_TRUE(std::isnan(comparison_table(found).numbers("pll/overall.final")[1]));
}

TEST_F(Compared, OneRunIsATableOfItsOwn) {
  const Comparison alone = compare_runs({file({})}, {});
  EXPECT_EQ(alone.runs.at(0).detection.structure->step, 1000);
  EXPECT_FALSE(metric(alone, 0, "uas/micro").final_difference);
  EXPECT_TRUE(alone.conditions.empty());
}

TEST_F(Compared, RefusesNoFileAndAWrongNumberOfConditions) {
  EXPECT_THAT(refusal({}, {}, ErrorKind::usage), HasSubstr("no series file"));
  CompareOptions options;
  options.conditions = {"a"};
  EXPECT_THAT(refusal({file({}), file({"b"})}, options, ErrorKind::usage),
              HasSubstr("1 conditions for 2 files"));
}

}  // namespace
}  // namespace onset
