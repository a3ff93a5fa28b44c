// A small series with every kind of array the probes hand over, for the tests of this room.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "onset/series/table.h"

namespace onset {

inline constexpr double nan64 = std::numeric_limits<double>::quiet_NaN();
inline constexpr float nan32 = std::numeric_limits<float>::quiet_NaN();

/// `count` values first, first + 1, …
template <typename Number>
std::vector<Number> counting(std::size_t count, Number first) {
  std::vector<Number> out(count);
  std::iota(out.begin(), out.end(), first);
  return out;
}

inline std::vector<std::string> names(std::size_t count, const std::string& prefix) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(prefix + std::to_string(i));
  return out;
}

inline std::string fake_sha256(char digit) { return std::string(64, digit); }

inline StepInfo example_step(std::int64_t step) {
  return {step, "checkpoint-" + std::to_string(step), fake_sha256("0123456789abcdef"[step % 16])};
}

inline Frame uas_frame() {
  Frame frame;
  frame.group = "uas";
  frame.axes = {{"direction", std::vector<std::string>{"dep->head", "head<-dep"}},
                {"layer", std::vector<std::int64_t>{0, 1}},
                {"head", std::vector<std::int64_t>{0, 1, 2}},
                {"relation", std::vector<std::string>{"all", "nsubj", "acl:relcl", "obj"}},
                {"replicate", counting<std::int64_t>(5, 0)}};
  frame.constants = {
      {"total", {"relation"}, std::vector<std::int64_t>{40, 20, 0, 20}, "words", ""},
      {"baseline", {"relation"}, std::vector<double>{0.25, 0.5, nan64, 0.125}, "", "best fixed offset"}};
  frame.attributes = {{"max_tokens", std::int64_t{128}}, {"parses_sha256", "ab12"}, {"threshold", 0.5}};
  return frame;
}

/// What depends on nothing but `step`.
inline Measurement uas_measurement(std::int64_t step) {
  return {{{"correct",
            {"direction", "layer", "head", "relation"},
            counting<std::int64_t>(48, step % 7),
            "words",
            ""},
           {"weight",
            {"direction", "layer", "head", "relation"},
            counting<double>(48, 0.1 * static_cast<double>(step)),
            "",
            ""},
           {"micro",
            {},
            std::vector<double>{0.01 * static_cast<double>(step)},
            "",
            "share of words whose head is found"},
           {"micro_replicates", {"replicate"}, counting<float>(5, static_cast<float>(step)), "", ""}}};
}

inline Frame pll_frame(std::size_t pairs = 6) {
  Frame frame;
  frame.group = "pll";
  frame.axes = {{"pair", names(pairs, "agreement:")},
                {"sentence", std::vector<std::string>{"good", "bad"}},
                {"paradigm", std::vector<std::string>{"agreement", "npi, \"only\""}},
                {"replicate", counting<std::int64_t>(5, 0)}};
  frame.constants = {{"total", {"paradigm"}, std::vector<std::int64_t>{4, 2}, "pairs", ""}};
  frame.attributes = {{"scoring", "word-l2r"}};
  return frame;
}

inline Measurement pll_measurement(std::int64_t step, std::size_t pairs = 6) {
  std::vector<float> scores = counting<float>(2 * pairs, -static_cast<float>(step));
  scores[3] = nan32;
  return {
      {{"score", {"pair", "sentence"}, scores, "nats", ""},
       {"accuracy", {"paradigm"}, std::vector<double>{0.75, nan64}, "", ""},
       {"overall",
        {},
        std::vector<double>{0.5 + 0.001 * static_cast<double>(step)},
        "",
        "mean over paradigms"},
       {"overall_replicates", {"replicate"}, std::vector<float>{0.5F, nan32, 0.25F, 0.75F, 1.0F}, "", ""}}};
}

inline Attributes example_attributes() {
  return {{"run", "base"}, {"onset_version", "0.1.0"}, {"seed", std::int64_t{1}}};
}

}  // namespace onset
