// detect, compare and analyze --detect from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "onset/base/file.h"
#include "test/apps/program.h"
#include "test/findings/planted_series.h"

namespace onset {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class DetectProgram : public ::testing::Test {
 protected:
  std::string file(const Planted& plan = {}) {
    return write_planted(scratch_ / (plan.run + ".h5"), plan).string();
  }
  /// Both curves alike, at 0, 100, 200 …, without replicates.
  std::string file_of(const std::string& name, const std::vector<double>& values) {
    Series series;
    series.attributes = {{"run", name}};
    for (std::size_t s = 0; s < values.size(); ++s) {
      const auto step = static_cast<std::int64_t>(100 * s);
      series.steps.push_back({step, "checkpoint-" + std::to_string(step), std::string(64, 'a')});
    }
    for (const auto& [group, curve] : {std::pair("uas", "micro"), std::pair("pll", "overall")}) {
      Group made;
      made.frame.group = group;
      made.variables.push_back({curve, {"step"}, values, "", ""});
      series.groups.emplace(group, made);
    }
    write_series(scratch_ / (name + ".h5"), series);
    return (scratch_ / (name + ".h5")).string();
  }
  /// Three steps, both curves constant, changed by `change`.
  std::string file_with(const std::function<void(Series&)>& change) {
    const std::string path = file_of("changed", {0.5, 0.5, 0.5});
    Series series = read_series(path);
    change(series);
    write_series(path, series);
    return path;
  }
  Outcome onset(const std::string& words) { return run_program(words, scratch_); }
  void refused(const std::string& words, int code, const std::string& line) {
    const Outcome outcome = onset(words);
    EXPECT_EQ(outcome.code, code) << words;
    EXPECT_THAT(outcome.err, AllOf(StartsWith("onset: "), HasSubstr(line))) << words;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.out, "") << words;
  }

  TemporaryFolder scratch_;
};

TEST_F(DetectProgram, PrintsTableJsonAndCsv) {
  const Outcome table = onset("detect " + file());
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("gap  1000 steps (900 to 1100), P(structure first) 1"));
  EXPECT_EQ(table.err, "");
  const Outcome json = onset("detect " + file() + " --json --csv " + (scratch_ / "d.csv").string());
  EXPECT_EQ(nlohmann::json::parse(json.out)["capability"]["step"], 2000);
  EXPECT_THAT(read_file(scratch_ / "d.csv"), HasSubstr("base,structure,uas/micro,yes,1000,950,1050,"));
}

TEST_F(DetectProgram, SpacingAndSelectorsReachTheDetector) {
  const auto json = nlohmann::json::parse(
      onset("detect " + file() + " --json --spacing 500 --structure 'uas/accuracy[relation=nsubj,layer=0]'")
          .out);
  EXPECT_EQ(json["structure"]["curve"], "uas/accuracy[relation=nsubj,layer=0]");
  EXPECT_EQ(json["structure"]["break"], false);  // a straight line
  EXPECT_EQ(json["capability"]["spacing"], 500);
}

TEST_F(DetectProgram, AbsentCurveIsNullAndNamed) {
  Planted plan;
  plan.with_pll = false;
  const Outcome outcome = onset("detect " + file(plan) + " --json");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("has no pll/overall"));
  EXPECT_TRUE(nlohmann::json::parse(outcome.out)["capability"].is_null());
}

TEST_F(DetectProgram, RefusesWithOneLine) {
  refused("detect " + file() + " --structure uas/x --capability pll/x", 65, "has neither uas/x nor pll/x");
  refused("detect " + file() + " --structure 'uas/accuracy'", 64, "relation: not chosen");
  refused("detect " + file() + " --spacing 0", 64, "--spacing: not above 0");
  refused("detect " + file() + " --axis time", 64, "neither step nor log");
  refused("detect " + file() + " --structure ''", 64, "--structure is empty: expected a curve such as");
  refused("detect " + file() + " --dimension x", 64, "--dimension: x: expected a curve such as");
  refused("detect " + file() + " --csv x.txt", 64, "--csv: x.txt: neither .csv nor .h5");
  refused("detect", 64, "give SERIES.h5");
  refused("detect absent.h5", 66, "absent.h5: no such file");
  refused("compare " + file(), 64, "--output is required");
  refused("compare " + file() + " -o c.csv", 64, "two or more");
  refused("compare " + file() + " " + file() + " -o c.txt", 64, "neither .csv nor .h5");
  refused("compare " + file() + " " + file() + " -o c.csv --loss-at x", 64, "\"x\" is no step");
}

TEST_F(DetectProgram, AStandardCurveThatIsNoneIsBadData) {
  const std::string path = file_with([](Series& series) {
    Variable& micro = series.groups.at("uas").variables.front();
    micro.axes = {"dim_5"};
    micro.values = std::vector<double>(5, 0.5);
    series.groups.at("uas").frame.axes = {{"dim_5", std::vector<std::int64_t>{0, 1, 2, 3, 4}}};
  });
  refused("detect " + path, 65, path + ": /uas/micro: expected shape [3], found [5]");
  refused("compare " + path + " " + path + " -o " + (scratch_ / "c.csv").string(), 65,
          path + ": /uas/micro: expected shape [3], found [5]");
  refused("detect " + path + " --structure uas/micro[dim_5=0]", 64, "one value for all checkpoints");
}

TEST_F(DetectProgram, TextOfAFileStaysOnItsLine) {
  const std::string path =
      file_with([](Series& series) { series.attributes["run"] = "a\x1b[31m\nb\xc2\x9b\xff"; });
  const std::string shown = "a\\x1b[31m\\x0ab\\xc2\\x9b\\xff";
  EXPECT_THAT(onset("detect " + path).out, StartsWith(shown + ": 3 checkpoints"));
  const Outcome compared = onset("compare " + path + " " + path + " -o " + (scratch_ / "c.csv").string());
  EXPECT_EQ(compared.code, 0) << compared.err;
  EXPECT_THAT(compared.out, HasSubstr("\n" + shown + "  "));
}

TEST_F(DetectProgram, SaysHowManyReplicatesTheGapHas) {
  Planted plan;
  const std::string path = file(plan);
  Series series = read_series(path);
  // capability: the first 7 of the 50 replicates; the others were never drawn
  Group& pll = series.groups.at("pll");
  for (Axis& axis : pll.frame.axes) {
    if (axis.name == "replicate") axis.name = "draw";
  }
  for (Axis& axis : pll.frame.axes) {
    if (axis.name == "draw") axis.labels = std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6};
  }
  for (Variable& variable : pll.variables) {
    if (variable.name != "overall_replicates") continue;
    variable.axes = {"step", "draw"};
    const auto all = std::get<std::vector<float>>(variable.values);
    std::vector<float> few;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i % planted_replicates < 7) few.push_back(all[i]);
    }
    variable.values = few;
  }
  write_series(path, series);
  const Outcome found = onset("detect " + path);
  EXPECT_EQ(found.code, 0) << found.err;
  EXPECT_THAT(found.out,
              HasSubstr("structure comes first; its interval is of the first 7 replicates, structure "
                        "having 50 and capability 7\n"));
}

TEST_F(DetectProgram, NeverMakesUpAnOnset) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> holes(40, nan);
  for (std::size_t k = 0; k < 7; ++k) holes[5 * k] = k < 3 ? 0.3 : 0.8;  // 7 of 40 were measured
  const std::vector<std::pair<std::string, std::string>> poor = {
      {file_of("two", {0.2, 0.8}), "2 points, at least 8 are needed"},
      {file_of("holes", holes), "7 points, at least 8 are needed"},
      {file_of("nothing", std::vector<double>(40, nan)), "0 points, at least 8 are needed"},
      {file_of("constant", std::vector<double>(40, 0.5)), "the curve is constant"}};
  for (const auto& [path, why] : poor) {
    const Outcome found = onset("detect " + path + " --json");
    EXPECT_EQ(found.code, 0) << found.err;
    const auto json = nlohmann::json::parse(found.out);
    for (const char* const role : {"structure", "capability"}) {
      EXPECT_EQ(json[role]["break"], false) << path;
      for (const char* const key : {"step", "low", "high"}) EXPECT_TRUE(json[role][key].is_null()) << path;
      EXPECT_EQ(json[role]["reason"], "no break: " + why);
    }
    EXPECT_TRUE(json["gap"].is_null()) << path;
    const Outcome compared =
        onset("compare " + path + " " + path + " -o " + (scratch_ / "poor.csv").string());
    EXPECT_EQ(compared.code, 0) << compared.err;
    EXPECT_THAT(compared.out, HasSubstr("no break"));
  }
}

TEST_F(DetectProgram, CompareWritesARowARun) {
  const std::string out = (scratch_ / "c.csv").string();
  const Outcome outcome = onset("compare " + file() + " " + file({"late", 1500}) + " -o " + out);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("1500 (1450 to 1550)"));
  const std::string csv = read_file(out);
  EXPECT_THAT(csv, StartsWith("run,condition,runs,file,differs,structure.break,structure.step,"));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
}

TEST_F(DetectProgram, AnalyzeCanDetectAtTheEnd) {
  const Outcome outcome = onset(small_series().analyze(scratch_ / "s.h5") + " --detect");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("structure: no break: 6 points, at least 8 are needed"));
}

}  // namespace
}  // namespace onset
