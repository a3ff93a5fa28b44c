#include "onset/findings/detection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "onset/base/error.h"
#include "test/findings/planted_series.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

using ::testing::HasSubstr;

class Detected : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(Detected, FindsThePlantedOnsetsAndTheirGap) {
  const Detection found = detect(write_planted(folder_ / "a.h5"), {});
  EXPECT_EQ(found.run, "base");
  EXPECT_EQ(found.checkpoints, 40u);
  EXPECT_EQ(found.last_step, 3900);
  ASSERT_TRUE(found.structure && found.capability);
  EXPECT_TRUE(found.structure->break_found);
  EXPECT_EQ(found.structure->step, 1000);
  EXPECT_EQ(found.capability->step, 2000);
  // All noise is a constant per replicate, which moves no break: the interval is the resolution, half a gap
  // each way.
  EXPECT_EQ(found.structure->low, 950);
  EXPECT_EQ(found.structure->high, 1050);
  ASSERT_TRUE(found.gap.answer);
  EXPECT_EQ(found.gap.answer->steps, 1000);
  EXPECT_EQ(found.gap.answer->interval.low, 900);
  EXPECT_EQ(found.gap.answer->interval.high, 1100);
  EXPECT_EQ(found.gap.answer->p_structure_first, 1);
  EXPECT_FALSE(found.dip);
}

TEST_F(Detected, JsonHoldsWhatTheContractNames) {
  const auto json = nlohmann::json::parse(detection_json(detect(write_planted(folder_ / "a.h5"), {})));
  EXPECT_EQ(json["structure"]["curve"], "uas/micro");
  EXPECT_EQ(json["structure"]["break"], true);
  EXPECT_EQ(json["structure"]["step"].dump(), "1000");
  EXPECT_EQ(json["structure"]["low"], 950);
  EXPECT_EQ(json["structure"]["high"], 1050);
  EXPECT_LT(json["structure"]["p"], 0.05);
  EXPECT_EQ(json["structure"]["detectors"]["second_difference"], 1000);
  EXPECT_NEAR(json["structure"]["detectors"]["piecewise_linear"], 1000, 1);
  EXPECT_TRUE(json["structure"]["detectors"]["slope"].is_number());
  EXPECT_EQ(json["gap"]["steps"], 1000);
  EXPECT_EQ(json["gap"]["low"], 900);
  EXPECT_EQ(json["gap"]["high"], 1100);
  EXPECT_EQ(json["gap"]["p_structure_first"], 1);
}

TEST_F(Detected, WithoutABreakStepsAndGapAreNull) {
  Planted plan;
  plan.capability_rise = 0;
  const auto json = nlohmann::json::parse(detection_json(detect(write_planted(folder_ / "a.h5", plan), {})));
  const auto& capability = json["capability"];
  EXPECT_EQ(capability["break"], false);
  for (const char* const name : {"step", "low", "high", "p"}) EXPECT_TRUE(capability[name].is_null()) << name;
  EXPECT_THAT(capability["reason"].get<std::string>(), HasSubstr("the curve is constant"));
  EXPECT_TRUE(json["gap"].is_null());
  EXPECT_EQ(json["structure"]["step"], 1000);
}

TEST_F(Detected, AbsentCurveIsNull) {
  Planted plan;
  plan.with_pll = false;
  const Detection found = detect(write_planted(folder_ / "a.h5", plan), {});
  EXPECT_TRUE(found.structure);
  EXPECT_FALSE(found.capability);
  EXPECT_EQ(found.gap.reason, "no gap: the file has no pll/overall");
  EXPECT_TRUE(nlohmann::json::parse(detection_json(found))["capability"].is_null());
}

TEST_F(Detected, NeitherCurveIsBadData) {
  DetectOptions options;
  options.structure = "uas/nothing";
  options.capability = "pll/nothing";
  try {
    detect(write_planted(folder_ / "a.h5"), options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_data);
    EXPECT_THAT(error.what(), HasSubstr("has neither uas/nothing nor pll/nothing"));
  }
}

TEST_F(Detected, AFallingLossIsTurnedRound) {
  DetectOptions options;
  options.capability = "loss/mlm";  // begins to fall at 1,500 and stops at 2,500, which is no onset
  const Detection found = detect(write_planted(folder_ / "a.h5"), options);
  ASSERT_TRUE(found.capability);
  EXPECT_TRUE(found.capability->break_found);
  EXPECT_EQ(found.capability->step, 1500);
}

TEST_F(Detected, TableHasARowACurveAndTheGap) {
  const FindingsTable table = detection_table(detect(write_planted(folder_ / "a.h5"), {}));
  ASSERT_EQ(table.rows(), 3u);
  EXPECT_EQ(table.texts("role")[1], "capability");
  EXPECT_EQ(table.numbers("step")[0], 1000);
  EXPECT_EQ(table.numbers("step")[2], 1000);  // the gap
  EXPECT_EQ(table.numbers("high")[2], 1100);
  EXPECT_EQ(table.numbers("p_structure_first")[2], 1);
}

}  // namespace
}  // namespace onset
