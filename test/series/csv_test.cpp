#include "onset/series/csv.h"

#include <gtest/gtest.h>

#include <sstream>

#include "onset/base/file.h"
#include "test/series/example_series.h"
#include "test/series/expect_error.h"
#include "test/series/limited_files.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

constexpr const char* header = "run,step,metric,item,direction,layer,head,value,n\n";

std::string csv(const Series& series, const CsvOptions& options = {}) {
  std::ostringstream out;
  write_csv(series, out, options);
  return out.str();
}

/// Steps 0 and 100, one group, these variables.
Series series_of(const Frame& frame, std::vector<Variable> variables) {
  Series series;
  series.attributes = {{"run", "base"}};
  series.steps = {example_step(0), example_step(100)};
  series.groups[frame.group] = {frame, std::move(variables)};
  return series;
}

TEST(Csv, ACurveIsOneLineAStep) {
  Frame frame;
  frame.group = "loss";
  const Series series = series_of(frame, {{"mlm", {"step"}, std::vector<double>{0.1, nan64}, "", ""},
                                          {"tokens", {"step"}, std::vector<std::int64_t>{12, -1}, "", ""}});
  EXPECT_EQ(csv(series), std::string(header) +
                             "base,0,loss/mlm,,,,,0.1,\n"
                             "base,100,loss/mlm,,,,,,\n"
                             "base,0,loss/tokens,,,,,12,\n"
                             "base,100,loss/tokens,,,,,,\n");
}

TEST(Csv, CountsBecomeAccuracyWithTheirTotal) {
  Frame frame;
  frame.group = "uas";
  frame.axes = {{"direction", std::vector<std::string>{"dep->head"}},
                {"layer", std::vector<std::int64_t>{3}},
                {"head", std::vector<std::int64_t>{7}},
                {"relation", std::vector<std::string>{"all", "nsubj", "obj"}}};
  frame.constants = {{"total", {"relation"}, std::vector<std::int64_t>{48, 16, 0}, "", ""},
                     {"baseline", {"relation"}, std::vector<double>{0.25, 0.5, nan64}, "", ""}};
  const Series series = series_of(frame, {{"correct",
                                           {"step", "direction", "layer", "head", "relation"},
                                           std::vector<std::int64_t>{39, 4, 0, -1, 16, 0},
                                           "",
                                           ""}});
  // 39 / 48 = 0.8125, 4 / 16 = 0.25, 0 of 0 and missing are empty, 16 / 16 = 1
  EXPECT_EQ(csv(series), std::string(header) +
                             "base,,uas/baseline,all,,,,0.25,48\n"
                             "base,,uas/baseline,nsubj,,,,0.5,16\n"
                             "base,,uas/baseline,obj,,,,,0\n"
                             "base,0,uas/accuracy,all,dep->head,3,7,0.8125,48\n"
                             "base,0,uas/accuracy,nsubj,dep->head,3,7,0.25,16\n"
                             "base,0,uas/accuracy,obj,dep->head,3,7,,0\n"
                             "base,100,uas/accuracy,all,dep->head,3,7,,48\n"
                             "base,100,uas/accuracy,nsubj,dep->head,3,7,1,16\n"
                             "base,100,uas/accuracy,obj,dep->head,3,7,,0\n");
}

TEST(Csv, NIsTheTotalOnlyWhereItApplies) {
  Frame frame;
  frame.group = "pll";
  frame.axes = {{"paradigm", std::vector<std::string>{"a", "b"}},
                {"phenomenon", std::vector<std::string>{"p"}}};
  frame.constants = {{"total", {"paradigm"}, std::vector<std::int64_t>{4, 2}, "", ""}};
  const Series series = series_of(
      frame, {{"accuracy", {"step", "paradigm"}, std::vector<double>{0.75, 0.5, 1, 0}, "", ""},
              {"phenomenon_accuracy", {"step", "phenomenon"}, std::vector<double>{0.625, 0.5}, "", ""}});
  EXPECT_EQ(csv(series), std::string(header) +
                             "base,0,pll/accuracy,a,,,,0.75,4\n"
                             "base,0,pll/accuracy,b,,,,0.5,2\n"
                             "base,100,pll/accuracy,a,,,,1,4\n"
                             "base,100,pll/accuracy,b,,,,0,2\n"
                             "base,0,pll/phenomenon_accuracy,p,,,,0.625,\n"
                             "base,100,pll/phenomenon_accuracy,p,,,,0.5,\n");
}

TEST(Csv, QuotesWhatWouldMislead) {
  Frame frame;
  frame.group = "pll";
  frame.axes = {{"paradigm", std::vector<std::string>{"npi, \"only\"", "a\nb", ""}}};
  Series series = series_of(frame, {{"accuracy", {"step", "paradigm"}, std::vector<double>(6, 0.5), "", ""}});
  series.steps.pop_back();
  std::get<std::vector<double>>(series.groups["pll"].variables[0].values).resize(3);
  series.attributes["run"] = "big,run";
  EXPECT_EQ(csv(series), std::string(header) +
                             "\"big,run\",0,pll/accuracy,\"npi, \"\"only\"\"\",,,,0.5,\n"
                             "\"big,run\",0,pll/accuracy,\"a\nb\",,,,0.5,\n"
                             "\"big,run\",0,pll/accuracy,,,,,0.5,\n");
}

TEST(Csv, NumbersReadBackTheSame) {
  Frame frame;
  frame.group = "x";
  const Series series = series_of(
      frame, {{"d", {"step"}, std::vector<double>{1.0 / 3, 1e-300}, "", ""},
              {"f", {"step"}, std::vector<float>{0.1F, -std::numeric_limits<float>::infinity()}, "", ""}});
  EXPECT_EQ(csv(series), std::string(header) +
                             "base,0,x/d,,,,,0.3333333333333333,\n"
                             "base,100,x/d,,,,,1e-300,\n"
                             "base,0,x/f,,,,,0.1,\n"
                             "base,100,x/f,,,,,-inf,\n");
}

TEST(Csv, PairsAndReplicatesOnlyWhenAskedFor) {
  Frame frame;
  frame.group = "pll";
  frame.axes = {{"pair", std::vector<std::string>{"u:0"}},
                {"sentence", std::vector<std::string>{"good", "bad"}},
                {"replicate", std::vector<std::int64_t>{0}}};
  const Series series =
      series_of(frame, {{"overall_replicates", {"step", "replicate"}, std::vector<float>{0.5, 1}, "", ""},
                        {"score", {"step", "pair", "sentence"}, std::vector<float>{-1, -2, -3, -4}, "", ""}});
  EXPECT_EQ(csv(series), header);
  EXPECT_EQ(csv(series, {.pairs = true}), std::string(header) +
                                              "base,0,pll/score,u:0;good,,,,-1,\n"
                                              "base,0,pll/score,u:0;bad,,,,-2,\n"
                                              "base,100,pll/score,u:0;good,,,,-3,\n"
                                              "base,100,pll/score,u:0;bad,,,,-4,\n");
  EXPECT_EQ(csv(series, {.replicates = true}), std::string(header) +
                                                   "base,0,pll/overall_replicates,0,,,,0.5,\n"
                                                   "base,100,pll/overall_replicates,0,,,,1,\n");
}

TEST(Csv, AFileIsReplacedWholeOrNotAtAll) {
  const TemporaryFolder folder;
  Frame frame;
  frame.group = "loss";
  const Series series = series_of(frame, {{"mlm", {"step"}, std::vector<double>{1, 2}, "", ""}});
  const auto path = folder / "series.csv";
  write_csv(series, path);
  EXPECT_EQ(read_file(path), csv(series));
  {
    const LimitedFiles limit(20);
    expect_error(ErrorKind::io, path.string() + ": cannot write the CSV: File too large",
                 [&] { write_csv(series, path); });
  }
  EXPECT_EQ(read_file(path), csv(series));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  expect_error(ErrorKind::io, "/nowhere/x.csv: cannot create: No such file or directory",
               [&] { write_csv(series, std::filesystem::path("/nowhere/x.csv")); });
}

}  // namespace
}  // namespace onset
