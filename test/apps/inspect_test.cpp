// inspect, merge and export of series files, from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "onset/base/file.h"
#include "test/apps/program.h"
#include "test/findings/planted_series.h"
#include "test/series/limited_files.h"

namespace onset {
namespace {

using ::testing::HasSubstr;

class InspectProgram : public ::testing::Test {
 protected:
  /// The planted series, every checkpoint with weights of its own, changed by `change`.
  std::string file_with(const std::function<void(Series&)>& change) {
    const std::filesystem::path path = write_planted(scratch_ / "s.h5");
    Series series = read_series(path);
    for (StepInfo& step : series.steps) step.sha256 = std::to_string(step.step);
    change(series);
    write_series(path, series);
    return path.string();
  }
  Outcome inspect(const std::function<void(Series&)>& change) {
    return run_program("inspect " + file_with(change), scratch_);
  }
  void finds(const std::string& problem, const std::function<void(Series&)>& change) {
    const Outcome outcome = inspect(change);
    EXPECT_EQ(outcome.code, 3) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr("\nproblem: " + problem + "\n"));
  }
  static Variable& variable(Series& series, const std::string& group, const std::string& name) {
    return *std::ranges::find(series.groups.at(group).variables, name, &Variable::name);
  }

  TemporaryFolder scratch_;
};

TEST_F(InspectProgram, SaysNothingOfASoundSeries) {
  const Outcome outcome = inspect([](Series&) {});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_EQ(outcome.out.find("problem"), std::string::npos);
}

TEST_F(InspectProgram, NamesWhatCannotBe) {
  finds("uas/micro: 1 infinite values", [](Series& series) {
    std::get<std::vector<double>>(variable(series, "uas", "micro").values)[3] =
        std::numeric_limits<double>::infinity();
  });
  finds("uas/total: 1 of its counts are not above 0", [](Series& series) {
    series.groups.at("uas").frame.constants.front().values = std::vector<std::int64_t>{0, 100};
  });
  finds("uas/correct: 1 counts are above their total", [](Series& series) {
    std::get<std::vector<std::int64_t>>(variable(series, "uas", "correct").values)[0] = 201;
  });
  finds((scratch_ / "s.h5").string() + ": /uas/micro: expected shape [40], found [2]", [](Series& series) {
    Variable& micro = variable(series, "uas", "micro");
    micro.axes = {"relation"};
    micro.values = std::vector<double>{0.5, 0.5};
  });
}

TEST_F(InspectProgram, ShowsTextOnItsLineAndSmallNumbers) {
  const Outcome outcome = inspect([](Series& series) {
    series.attributes["run"] = "\x1b[31mred\x07";
    series.groups.at("uas").frame.attributes["layer_norm_eps"] = 1e-12;
    variable(series, "loss", "mlm").description = "a\nb";
  });
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("run        \\x1b[31mred\\x07\n"));
  EXPECT_THAT(outcome.out, HasSubstr("layer_norm_eps  1e-12\n"));
  EXPECT_THAT(outcome.out, HasSubstr("a\\x0ab\n"));
}

TEST_F(InspectProgram, MergeShowsSmallNumbersThatDiffer) {
  const auto with = [&](double eps, const char* name) {
    const auto path = scratch_ / name;
    std::filesystem::rename(
        file_with([&](Series& series) { series.groups.at("loss").frame.attributes["layer_norm_eps"] = eps; }),
        path);
    return path.string();
  };
  const Outcome outcome = run_program(
      "merge " + with(1e-12, "a.h5") + " " + with(1e-5, "b.h5") + " -o " + (scratch_ / "m.h5").string(),
      scratch_);
  EXPECT_EQ(outcome.code, 65);
  EXPECT_THAT(outcome.err, HasSubstr("loss/layer_norm_eps is 1e-12 in one and 1e-05 in another"));
}

TEST_F(InspectProgram, ExportSaysWhyItCannotWrite) {
  const std::string words = "export " + file_with([](Series&) {}) + " -o " + (scratch_ / "s.csv").string();
  const LimitedFiles limit(1000);
  const Outcome outcome = run_program(words, scratch_);
  EXPECT_EQ(outcome.code, 74);
  EXPECT_THAT(outcome.err, HasSubstr("s.csv: cannot write the CSV: File too large"));
}

}  // namespace
}  // namespace onset
