// A series file whose onsets are known: flat, then rising in a straight line from the onset for 1,000 steps,
// then flat, measured every 100 steps from 0 to 3,900, with 50 replicates that differ from the curve by a
// constant.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "onset/series/hdf5_file.h"

namespace onset {

struct Planted {
  std::string run = "base";
  double structure_onset = 1000, capability_onset = 2000;
  double capability_rise = 0.4;  ///< 0: the curve is constant
  std::string parses = "ab12";   ///< hash of the parses
  bool with_pll = true;
  bool with_glue = false;
};

inline constexpr int planted_points = 40;
inline constexpr int planted_replicates = 50;

inline double planted_value(double step, double onset, double rise) {
  return 0.3 + rise * std::clamp((step - onset) / 1000, 0.0, 1.0);
}

/// Replicate b lies above the curve by (b - 24.5) / 10000.
inline float planted_replicate(double value, int b) { return static_cast<float>(value + (b - 24.5) / 10000); }

inline void add_curve(Group& group, const std::string& name, double onset, double rise) {
  std::vector<double> values;
  std::vector<float> replicates;
  for (int s = 0; s < planted_points; ++s) {
    values.push_back(planted_value(100.0 * s, onset, rise));
    for (int b = 0; b < planted_replicates; ++b) replicates.push_back(planted_replicate(values.back(), b));
  }
  group.variables.push_back({name, {"step"}, values, "", ""});
  group.variables.push_back({name + "_replicates", {"step", "replicate"}, replicates, "", ""});
}

inline Axis replicates_axis() {
  Axis axis{"replicate", std::vector<std::int64_t>(planted_replicates)};
  auto& labels = std::get<std::vector<std::int64_t>>(axis.labels);
  for (int b = 0; b < planted_replicates; ++b) labels[static_cast<std::size_t>(b)] = b;
  return axis;
}

/// uas/correct [step, direction 2, layer 2, head 2, relation 2]: direction 1, layer 0, head 1 has `step /
/// 100` correct words of relation "nsubj" (of 100), layer 1 has 5 everywhere, all others 0; "all" has 1
/// everywhere (of 200).
inline Group planted_uas(const Planted& plan) {
  Group group;
  group.frame = {"uas",
                 {{"direction", std::vector<std::string>{"dep->head", "head<-dep"}},
                  {"layer", std::vector<std::int64_t>{0, 1}},
                  {"head", std::vector<std::int64_t>{0, 1}},
                  {"relation", std::vector<std::string>{"all", "nsubj"}},
                  replicates_axis()},
                 {{"total", {"relation"}, std::vector<std::int64_t>{200, 100}, "words", ""}},
                 {{"parses_sha256", plan.parses}, {"min_relation", std::int64_t{100}}}};
  std::vector<std::int64_t> correct;
  for (int s = 0; s < planted_points; ++s) {
    for (int direction = 0; direction < 2; ++direction) {
      for (int layer = 0; layer < 2; ++layer) {
        for (int head = 0; head < 2; ++head) {
          correct.push_back(1);
          correct.push_back(layer == 1 ? 5 : direction == 1 && head == 1 ? s : 0);
        }
      }
    }
  }
  group.variables.push_back({"correct", {"step", "direction", "layer", "head", "relation"}, correct, "", ""});
  add_curve(group, "micro", plan.structure_onset, 0.5);
  return group;
}

inline Group planted_pll(const Planted& plan) {
  Group group;
  group.frame = {"pll",
                 {{"phenomenon", std::vector<std::string>{"agreement", "binding"}}, replicates_axis()},
                 {},
                 {{"pairs_sha256", std::string("cd34")}}};
  std::vector<double> phenomena;
  for (int s = 0; s < planted_points; ++s) {
    phenomena.push_back(planted_value(100.0 * s, plan.capability_onset, plan.capability_rise));
    phenomena.push_back(0.5);
  }
  group.variables.push_back({"phenomenon_accuracy", {"step", "phenomenon"}, phenomena, "", ""});
  add_curve(group, "overall", plan.capability_onset, plan.capability_rise);
  return group;
}

/// Loss stands at 5 until step 1,500, falls to 4 over 1,000 steps, stands again.
inline Group planted_loss() {
  constexpr double onset = 1500;
  Group group;
  group.frame.group = "loss";
  std::vector<double> loss;
  for (int s = 0; s < planted_points; ++s) loss.push_back(5 - (planted_value(100.0 * s, onset, 1) - 0.3));
  group.variables.push_back({"mlm", {"step"}, loss, "nats", ""});
  return group;
}

/// Two seeds of CoLA: matthews rises from step 2,000; the loss is 0.2 + |step - 1,200| / 1,000, least at
/// 1,200.
inline Group planted_glue() {
  Group group;
  group.frame.group = "glue/cola";
  group.frame.axes = {{"seed", std::vector<std::int64_t>{1, 2}}};
  std::vector<double> matthews, loss, epochs, mean, spread;
  for (int s = 0; s < planted_points; ++s) {
    mean.push_back(planted_value(100.0 * s, 2000, 0.4));
    spread.push_back(0.02);
    for (const double apart : {-0.01, 0.01}) {
      matthews.push_back(mean.back() + apart);
      loss.push_back(0.2 + std::abs(100.0 * s - 1200) / 1000 + apart);
      epochs.push_back(3);
    }
  }
  group.variables = {{"matthews", {"step", "seed"}, matthews, "", ""},
                     {"loss", {"step", "seed"}, loss, "nats", ""},
                     {"epochs", {"step", "seed"}, epochs, "", ""},
                     {"matthews_mean", {"step"}, mean, "", ""},
                     {"matthews_spread", {"step"}, spread, "", ""}};
  return group;
}

inline std::filesystem::path write_planted(const std::filesystem::path& path, const Planted& plan = {}) {
  Series series;
  series.attributes = {{"run", plan.run}};
  for (int s = 0; s < planted_points; ++s) {
    series.steps.push_back(
        {100 * s, "checkpoint-" + std::to_string(100 * s), std::string(64, static_cast<char>('a' + s % 6))});
  }
  series.groups = {{"uas", planted_uas(plan)}, {"loss", planted_loss()}};
  if (plan.with_pll) series.groups.emplace("pll", planted_pll(plan));
  if (plan.with_glue) series.groups.emplace("glue/cola", planted_glue());
  write_series(path, series);
  return path;
}

}  // namespace onset
