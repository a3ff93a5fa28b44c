#include "onset/series/assemble.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "test/series/example_series.h"
#include "test/series/expect_error.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

const std::vector<std::int64_t> all_steps = {0, 1, 2, 5, 10};

/// Rows of both groups for these steps.
void write_rows(const RowStore& rows, const std::vector<std::int64_t>& steps) {
  for (const std::int64_t step : steps) {
    const std::string sha256 = example_step(step).sha256;
    rows.write({"uas", sha256, options_key(uas_frame())}, uas_measurement(step));
    rows.write({"pll", sha256, options_key(pll_frame())}, pll_measurement(step));
  }
}

Series assembled(const RowStore& rows, const std::vector<std::int64_t>& steps,
                 const std::vector<Frame>& frames) {
  std::vector<StepInfo> infos;
  for (const std::int64_t step : steps) infos.push_back(example_step(step));
  return assemble(infos, frames, rows, example_attributes());
}

class AssembleTest : public testing::Test {
 protected:
  AssembleTest() { write_rows(rows_, all_steps); }

  Series of(const std::vector<std::int64_t>& steps) const {
    return assembled(rows_, steps, {uas_frame(), pll_frame()});
  }
  Series serial() const { return of(all_steps); }

  TemporaryFolder folder_;
  RowStore rows_{folder_ / "rows"};
};

using Assemble = AssembleTest;
using Merge = AssembleTest;

template <typename Number>
const std::vector<Number>& values_at(const Series& series, const std::string& path) {
  return std::get<std::vector<Number>>(find_curve(series, path)->values);
}

TEST_F(Assemble, EachVariableGainsALeadingStepAxis) {
  const Series series = serial();
  EXPECT_EQ(series.attributes, example_attributes());
  ASSERT_EQ(series.steps.size(), 5U);
  EXPECT_EQ(series.steps[3], example_step(5));
  const Variable* const correct = find_curve(series, "uas/correct");
  ASSERT_NE(correct, nullptr);
  EXPECT_EQ(correct->axes, (std::vector<std::string>{"step", "direction", "layer", "head", "relation"}));
  EXPECT_EQ(correct->units, "words");
  // Row of step 5 is the fourth: 48 values from 3 * 48; the measurement counts up from 5 % 7 = 5.
  EXPECT_EQ(values_at<std::int64_t>(series, "uas/correct")[3 * 48], 5);
  EXPECT_EQ(values_at<std::int64_t>(series, "uas/correct")[3 * 48 + 47], 52);
  EXPECT_EQ(values_at<double>(series, "uas/micro"), (std::vector<double>{0, 0.01, 0.02, 0.05, 0.1}));
  EXPECT_EQ(series.groups.at("uas").frame, uas_frame());
}

TEST_F(Assemble, TheOrderGivenDoesNotMatter) { EXPECT_EQ(of({10, 0, 5, 2, 1}), serial()); }

TEST_F(Assemble, AMissingRowIsMissingValues) {
  const Series series = of({0, 1, 3});
  const auto& micro = values_at<double>(series, "uas/micro");
  EXPECT_EQ(micro[1], 0.01);
  EXPECT_TRUE(std::isnan(micro[2]));
  const auto& correct = values_at<std::int64_t>(series, "uas/correct");
  EXPECT_TRUE(std::all_of(correct.begin() + 96, correct.end(), [](auto value) { return value == -1; }));
  const auto& score = values_at<float>(series, "pll/score");
  EXPECT_TRUE(std::all_of(score.begin() + 24, score.end(), [](auto value) { return std::isnan(value); }));
}

TEST_F(Assemble, AGroupWithoutRowsKeepsItsFrame) {
  Frame frame = uas_frame();
  frame.attributes["max_tokens"] = std::int64_t{64};  // other options: none of the rows
  const Series series = assembled(rows_, all_steps, {frame});
  EXPECT_EQ(series.groups.at("uas").frame, frame);
  EXPECT_TRUE(series.groups.at("uas").variables.empty());
}

TEST_F(Assemble, TheSameCheckpointUnderAnotherNameAndStepIsFound) {
  StepInfo moved = example_step(5);
  moved.step = 5000;
  moved.checkpoint = "step_5000";
  const Series series = assemble(std::vector{moved}, std::vector{uas_frame()}, rows_, {});
  EXPECT_EQ(values_at<double>(series, "uas/micro"), std::vector<double>{0.05});
}

TEST_F(Assemble, AStepGivenTwiceIsBadData) {
  StepInfo again = example_step(1);
  again.checkpoint = "step_1";
  expect_error(ErrorKind::bad_data, "step 1 stands for two checkpoints: checkpoint-1 and step_1", [&] {
    assemble(std::vector{example_step(1), again}, std::vector{uas_frame()}, rows_, {});
  });
}

TEST_F(Assemble, ARowThatDoesNotFitItsFrameIsABug) {
  rows_.write({"uas", example_step(7).sha256, options_key(uas_frame())},
              {{{"micro", {"replicate"}, std::vector<double>{1, 2}, "", ""}}});
  expect_error(ErrorKind::bug, "uas/micro: expected 5 values by its axes, found 2", [&] { of({7}); });
}

TEST_F(Assemble, EveryNanIsTheSameNan) {
  Measurement measurement = uas_measurement(3);
  measurement.variables[2].values = std::vector<double>{-nan64};
  rows_.write({"uas", example_step(3).sha256, options_key(uas_frame())}, measurement);
  const Variable expected{
      "micro", {"step"}, std::vector<double>{nan64}, "", measurement.variables[2].description};
  EXPECT_EQ(*find_curve(of({3}), "uas/micro"), expected);
}

TEST_F(Merge, ShardsEqualTheSerialRun) {
  EXPECT_EQ(merge(std::vector{of({1, 10}), of({0, 2, 5})}), serial());
  EXPECT_EQ(merge(std::vector{of({0, 2}), of({5}), of({1, 10})}), serial());
  EXPECT_EQ(merge(std::vector{serial()}), serial());
}

TEST_F(Merge, ProbesEqualTheSerialRun) {
  const Series uas = assembled(rows_, all_steps, {uas_frame()});
  const Series pll = assembled(rows_, all_steps, {pll_frame()});
  EXPECT_EQ(merge(std::vector{uas, pll}), serial());
  EXPECT_EQ(merge(std::vector{pll, uas}), serial());
}

TEST_F(Merge, OverlappingPartsFillEachOther) {
  const TemporaryFolder other_folder;
  const RowStore other(other_folder / "rows");
  write_rows(other, {0, 2});
  const Series partial = assembled(other, all_steps, {uas_frame(), pll_frame()});  // 1, 5, 10 missing
  EXPECT_EQ(merge(std::vector{partial, of({1, 2, 5, 10})}), serial());
  EXPECT_EQ(merge(std::vector{serial(), serial()}), serial());
}

TEST_F(Merge, APartWithoutRowsAddsItsStepsOnly) {
  const TemporaryFolder other_folder;
  const RowStore none(other_folder / "rows");
  const Series empty = assembled(none, {3}, {uas_frame(), pll_frame()});
  const Series merged = merge(std::vector{empty, serial()});
  EXPECT_EQ(merged, of({0, 1, 2, 3, 5, 10}));
}

TEST_F(Merge, AVariableThatIsAllMissingStaysAVariable) {
  Measurement measurement = uas_measurement(3);
  measurement.variables[2].values = std::vector<double>{nan64};
  rows_.write({"uas", example_step(3).sha256, options_key(uas_frame())}, measurement);
  EXPECT_EQ(merge(std::vector{of({3})}), of({3}));
}

TEST_F(Merge, AStepMustBeTheSameCheckpoint) {
  Series other = of({1});
  other.steps[0].sha256 = fake_sha256('b');
  expect_error(ErrorKind::bad_data,
               "parts do not belong together: step 1 is checkpoint-1 (sha256 " + fake_sha256('1') +
                   ") in one and checkpoint-1 (sha256 " + fake_sha256('b') + ") in another",
               [&] {
                 merge(std::vector{serial(), other});
               });
}

TEST_F(Merge, TheSameWeightsInAnotherFolderAreTheSameCheckpoint) {
  Series other = of({1});
  other.steps[0].checkpoint = "step_1";
  EXPECT_EQ(merge(std::vector{serial(), other}), serial());
}

TEST_F(Merge, AttributesMustAgree) {
  Series other = of({1});
  other.attributes["seed"] = std::int64_t{2};
  expect_error(ErrorKind::bad_data,
               "parts do not belong together: attribute seed is 1 in one and 2 in another", [&] {
                 merge(std::vector{serial(), other});
               });
  other = of({1});
  other.groups["pll"].frame.attributes["scoring"] = "original";
  expect_error(ErrorKind::bad_data,
               "parts do not belong together: pll/scoring is \"word-l2r\" in one and \"original\" in another",
               [&] {
                 merge(std::vector{serial(), other});
               });
  other = of({1});
  Series first = serial();
  first.groups["pll"].frame.attributes["eps"] = 1e-12;
  other.groups["pll"].frame.attributes["eps"] = 1e-5;
  expect_error(ErrorKind::bad_data,
               "parts do not belong together: pll/eps is 1e-12 in one and 1e-05 in another", [&] {
                 merge(std::vector{first, other});
               });
  other = of({1});
  other.groups["pll"].frame.attributes["extra"] = 1.0;
  expect_error(ErrorKind::bad_data,
               "parts do not belong together: pll has an attribute in one that another lacks: extra", [&] {
                 merge(std::vector{serial(), other});
               });
}

TEST_F(Merge, FramesMustAgree) {
  Series other = of({1});
  other.groups["uas"].frame.axes[1].labels = std::vector<std::int64_t>{0, 1, 2};
  expect_error(ErrorKind::bad_data,
               "parts do not belong together: uas/layer has other labels (2 in one, 3 in another)", [&] {
                 merge(std::vector{serial(), other});
               });
  other = of({1});
  other.groups["uas"].frame.axes.push_back({"band", std::vector<std::int64_t>{0}});
  expect_error(ErrorKind::bad_data,
               "parts do not belong together: uas/band is an axis in one and not in another", [&] {
                 merge(std::vector{serial(), other});
               });
  other = of({1});
  other.groups["uas"].frame.constants[0].values = std::vector<std::int64_t>{40, 20, 0, 21};
  expect_error(ErrorKind::bad_data, "parts do not belong together: uas/total differs", [&] {
    merge(std::vector{serial(), other});
  });
}

TEST_F(Merge, TheSameMeasurementMustBeTheSameBits) {
  Series other = of({5});
  std::get<std::vector<double>>(other.groups["uas"].variables[1].values)[0] = 0.06;
  ASSERT_EQ(other.groups["uas"].variables[1].name, "micro");
  expect_error(ErrorKind::bad_data, "parts do not belong together: uas/micro has other values at step 5",
               [&] {
                 merge(std::vector{serial(), other});
               });
  other = of({5});
  other.groups["uas"].variables[1].values = std::vector<float>{0.05F};
  expect_error(ErrorKind::bad_data,
               "parts do not belong together: uas/micro has other axes or another type at some steps", [&] {
                 merge(std::vector{serial(), other});
               });
}

}  // namespace
}  // namespace onset
