#include "onset/text/glue_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

namespace onset {
namespace {

using Values = std::vector<float>;

// tp 3, fn 1, fp 2, tn 2.
const Values gold = {1, 1, 1, 1, 0, 0, 0, 0};
const Values predicted = {1, 1, 1, 0, 1, 1, 0, 0};

TEST(GlueMetrics, TwoClassesByHand) {
  EXPECT_DOUBLE_EQ(accuracy(predicted, gold), 5.0 / 8);
  EXPECT_DOUBLE_EQ(f1(predicted, gold), 6.0 / 9);  // 2 * 3 / (2 * 3 + 2 + 1)
  // (3 * 2 - 2 * 1) / sqrt(5 * 4 * 4 * 3) = 4 / sqrt(240)
  EXPECT_DOUBLE_EQ(matthews(predicted, gold), 4 / std::sqrt(240.0));
}

/// Every table of fixtures/make_glue_metrics.py.
TEST(GlueMetrics, AreScikitLearnsAndSciPys) {
  std::ifstream stream(ONSET_FIXTURES "/glue_metrics.json");
  const auto expected = nlohmann::json::parse(stream);
  const auto column = [](const nlohmann::json& table, const char* name) {
    return table.at(name).get<Values>();
  };
  ASSERT_EQ(expected.at("classes").size(), 8U);
  for (const auto& table : expected.at("classes")) {
    const Values said = column(table, "predicted"), true_ones = column(table, "gold");
    EXPECT_NEAR(accuracy(said, true_ones), table.at("accuracy").get<double>(), 1e-12);
    EXPECT_NEAR(f1(said, true_ones), table.at("f1").get<double>(), 1e-12);
    EXPECT_NEAR(matthews(said, true_ones), table.at("matthews").get<double>(), 1e-12);
  }
  ASSERT_EQ(expected.at("scores").size(), 5U);
  for (const auto& table : expected.at("scores")) {
    const Values said = column(table, "predicted"), true_ones = column(table, "gold");
    EXPECT_NEAR(pearson(said, true_ones), table.at("pearson").get<double>(), 1e-12);
    EXPECT_NEAR(spearman(said, true_ones), table.at("spearman").get<double>(), 1e-12);
  }
}

TEST(GlueMetrics, MatthewsIsOneMinusOneOrZero) {
  const Values wrong = {0, 0, 0, 0, 1, 1, 1, 1};
  const Values always(8, 1);
  EXPECT_DOUBLE_EQ(matthews(gold, gold), 1);
  EXPECT_DOUBLE_EQ(matthews(wrong, gold), -1);
  EXPECT_DOUBLE_EQ(matthews(always, gold), 0);  // 0 / 0: one class never predicted
}

TEST(GlueMetrics, F1WithoutAnyPositiveIsZero) {
  const Values none(3, 0);
  EXPECT_DOUBLE_EQ(f1(none, none), 0);
}

TEST(GlueMetrics, AccuracyCountsAllClasses) {
  EXPECT_DOUBLE_EQ(accuracy(Values{0, 1, 2, 2}, Values{0, 2, 2, 1}), 0.5);
}

TEST(GlueMetrics, PearsonByHand) {
  // x - 2: -1 0 1; y - 10/3: -7/3 -4/3 11/3. xy = 7/3 + 11/3 = 6; xx = 2; yy = (49 + 16 + 121) / 9 = 62/3.
  EXPECT_NEAR(pearson(Values{1, 2, 3}, Values{1, 2, 7}), 6 / std::sqrt(2 * 62.0 / 3), 1e-12);
  EXPECT_NEAR(pearson(Values{1, 2, 3}, Values{5, 3, 1}), -1, 1e-12);
  EXPECT_TRUE(std::isnan(pearson(Values{2, 2, 2}, Values{1, 2, 3})));
}

TEST(GlueMetrics, SpearmanSharesRanks) {
  EXPECT_NEAR(spearman(Values{1, 2, 3}, Values{1, 2, 700}), 1, 1e-12);
  // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4, each less 2.5: xy = 2.25 + 0 + 0 + 2.25 = 4.5; xx = 4.5; yy = 5.
  EXPECT_NEAR(spearman(Values{0, 5, 5, 9}, Values{1, 2, 3, 4}), 4.5 / std::sqrt(4.5 * 5), 1e-12);
  EXPECT_TRUE(std::isnan(spearman(Values{1, NAN, 3}, Values{1, 2, 3})));
}

TEST(GlueMetrics, WithoutExamplesThereIsNone) {
  for (const GlueTask& task : glue_tasks()) {
    for (const GlueMetric& metric : glue_metrics(task)) {
      EXPECT_TRUE(std::isnan(metric.measure({}, {}))) << task.name << ' ' << metric.name;
    }
  }
}

TEST(GlueMetrics, EachTaskHasThePapersOwn) {
  const auto names = [](const char* task) {
    std::string out;
    for (const GlueMetric& metric : glue_metrics(glue_task(task))) out += metric.name + ' ';
    return out;
  };
  EXPECT_EQ(names("cola"), "matthews ");
  EXPECT_EQ(names("mrpc"), "accuracy f1 ");
  EXPECT_EQ(names("qqp"), "accuracy f1 ");
  EXPECT_EQ(names("sts-b"), "pearson spearman ");
  for (const char* const task : {"sst-2", "mnli", "qnli", "rte", "wnli"})
    EXPECT_EQ(names(task), "accuracy ") << task;
}

}  // namespace
}  // namespace onset
