#include "onset/series/table.h"

#include <gtest/gtest.h>

#include "test/series/example_series.h"
#include "test/series/expect_error.h"

namespace onset {
namespace {

TEST(Table, AnAxisHasAsManyPlacesAsLabels) {
  EXPECT_EQ((Axis{"layer", std::vector<std::int64_t>{0, 1, 2}}.size()), 3);
  EXPECT_EQ((Axis{"relation", std::vector<std::string>{}}.size()), 0);
}

TEST(Table, AnAttributeIsReadAsItWas) {
  EXPECT_EQ(attribute_text(std::string("gelu")), "gelu");
  EXPECT_EQ(attribute_text(std::int64_t{-1}), "-1");
  EXPECT_EQ(attribute_text(1e-12), "1e-12");
  EXPECT_EQ(attribute_text(0.15), "0.15");
}

TEST(Table, VariablesAreEqualWhenTheirBitsAre) {
  const Variable with_nan{"micro", {"step"}, std::vector<double>{1, nan64}, "", ""};
  EXPECT_EQ(with_nan, with_nan);
  Variable other = with_nan;
  std::get<std::vector<double>>(other.values)[0] = 2;
  EXPECT_FALSE(with_nan == other);
  other.values = std::vector<float>{1, nan32};
  EXPECT_FALSE(with_nan == other);
}

TEST(Table, MissingIsNanAndMinusOne) {
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(missing_values(std::vector<std::int64_t>{5}, 2)),
            (std::vector<std::int64_t>{-1, -1}));
  const auto floats = std::get<std::vector<float>>(missing_values(std::vector<float>{}, 1));
  EXPECT_TRUE(std::isnan(floats.at(0)));
}

TEST(Table, TheShapeFollowsFromTheAxes) {
  const Frame frame = uas_frame();
  // 2 directions x 2 layers x 3 heads x 4 relations
  EXPECT_EQ(expected_count(frame, {"direction", "layer", "head", "relation"}, 9), 48);
  EXPECT_EQ(expected_count(frame, {"step", "relation"}, 9), 36);
  EXPECT_EQ(expected_count(frame, {}, 9), 1);
  expect_error(ErrorKind::bug, "group uas has no axis named pair",
               [&] { expected_count(frame, {"pair"}, 1); });
  expect_error(ErrorKind::bug, "uas/total: expected 4 values by its axes, found 3", [&] {
    check_shape(frame, {"total", {"relation"}, std::vector<double>(3), "", ""}, 1);
  });
}

TEST(Table, CurvesAndConstantsAreFoundByPath) {
  Series series;
  series.groups["uas"] = {uas_frame(), {{"micro", {"step"}, std::vector<double>{}, "", ""}}};
  ASSERT_NE(find_curve(series, "uas/micro"), nullptr);
  EXPECT_EQ(find_curve(series, "uas/micro")->name, "micro");
  EXPECT_NE(find_curve(series, "/uas/micro"), nullptr);
  EXPECT_NE(find_constant(series, "uas/total"), nullptr);
  for (const char* absent : {"uas/total", "uas/macro", "pll/micro", "uas", "", "/"}) {
    EXPECT_EQ(find_curve(series, absent), nullptr) << absent;
  }
}

}  // namespace
}  // namespace onset
