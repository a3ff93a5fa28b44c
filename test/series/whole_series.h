// example_series.h's rows put together by hand, not by assemble(), for the tests of the file.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "test/series/example_series.h"

namespace onset {

inline Group stacked(const Frame& frame, const std::vector<Measurement>& rows, const Measurement& like) {
  Group group{frame, {}};
  for (std::size_t i = 0; i < like.variables.size(); ++i) {
    Variable variable = like.variables[i];
    variable.axes.emplace(variable.axes.begin(), step_axis);
    std::visit(
        [&](auto& values) {
          values.clear();
          for (const Measurement& row : rows) {
            const auto& more = std::get<std::decay_t<decltype(values)>>(row.variables[i].values);
            values.insert(values.end(), more.begin(), more.end());
          }
        },
        variable.values);
    group.variables.push_back(std::move(variable));
  }
  std::ranges::sort(group.variables, {}, &Variable::name);
  return group;
}

inline Series whole_series(const std::vector<std::int64_t>& steps = {0, 1, 2, 5, 10}, std::size_t pairs = 6) {
  Series series;
  series.attributes = example_attributes();
  std::vector<Measurement> uas;
  std::vector<Measurement> pll;
  for (const std::int64_t step : steps) {
    series.steps.push_back(example_step(step));
    uas.push_back(uas_measurement(step));
    pll.push_back(pll_measurement(step, pairs));
  }
  series.groups["uas"] = stacked(uas_frame(), uas, uas_measurement(0));
  series.groups["pll"] = stacked(pll_frame(pairs), pll, pll_measurement(0, pairs));
  return series;
}

}  // namespace onset
