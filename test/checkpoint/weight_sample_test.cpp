#include "onset/checkpoint/weight_sample.h"

#include <gtest/gtest.h>

#include <cmath>

#include "onset/checkpoint/safetensors.h"
#include "onset/checkpoint/tensor_names.h"
#include "test/checkpoint/folders.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

/// A checkpoint without heads whose weights count 0, 1, 2, ... through all tensors in the order of their
/// names, so that a weight's value says its place. Up to 2^24 a float holds them exactly.
Checkpoint counting(const TemporaryFolder& folder, std::int64_t vocabulary) {
  BertConfig config;
  config.layers = 1;
  config.hidden = 16;
  config.heads = 2;
  config.ffn = 12;
  config.positions = 10;
  config.vocab_size = vocabulary;
  write_text(folder / "config.json", config_json(config));
  std::vector<ExpectedTensor> expected = encoder_tensors(config);
  std::sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::vector<std::pair<std::string, torch::Tensor>> tensors;
  std::int64_t next = 0;
  for (const ExpectedTensor& one : expected) {
    std::int64_t count = 1;
    for (const std::int64_t size : one.shape) count *= size;
    tensors.emplace_back(one.name, torch::arange(next, next + count, torch::kFloat32).view(one.shape));
    next += count;
  }
  write_safetensors(folder / "model.safetensors", tensors, {});
  return Checkpoint::open(folder.path());
}

// Beside the word embedding: positions 10 * 16, segments 2 * 16, their norm 2 * 16 = 224; the layer: four
// times 16 * 16 + 16 = 1088, two norms 64, 16 * 12 + 12 = 204 and 12 * 16 + 16 = 208: 1564. 1788 together.

TEST(WeightSample, SmallModelsAreTakenWhole) {
  const TemporaryFolder folder;
  const WeightSample sample = sample_weights(counting(folder, 20));
  EXPECT_EQ(sample.parameters, 1788 + 20 * 16);
  ASSERT_EQ(sample.values.size(), 2108U);
  for (std::size_t i = 0; i < sample.values.size(); ++i) ASSERT_EQ(sample.values[i], static_cast<float>(i));
}

TEST(WeightSample, LargeModelsAreTakenEvenly) {
  const TemporaryFolder folder;
  const WeightSample sample = sample_weights(counting(folder, 140'000));
  EXPECT_EQ(sample.parameters, 2'241'788);    // 1788 + 140000 * 16: more than twice 2^20, so every third
  ASSERT_EQ(sample.values.size(), 747'263U);  // 2241788 / 3 = 747262.7
  for (std::size_t i = 0; i < sample.values.size(); ++i) {
    ASSERT_EQ(sample.values[i], static_cast<float>(3 * i));
  }
}

TEST(WeightSample, Distance) {
  EXPECT_EQ(sample_distance({{0, 0}, 2}, {{3, -4}, 2}), 5);
  EXPECT_EQ(sample_distance({{}, 0}, {{}, 0}), 0);
  EXPECT_TRUE(std::isnan(sample_distance({{0, 0}, 2}, {{0, 0, 0}, 3})));
  EXPECT_TRUE(std::isnan(sample_distance({{0}, 1}, {{NAN}, 1})));
  // what a float could not square
  EXPECT_EQ(sample_distance({{-0x1p100F}, 1}, {{0x1p100F}, 1}), 0x1p101);
}

/// Steps 1, 2, 3, ... whose samples are these.
std::vector<Detour> detours_of(const std::vector<std::vector<float>>& path) {
  DetourMeter meter;
  std::int64_t step = 0;
  for (const auto& values : path) meter.add(++step, {values, static_cast<std::int64_t>(values.size())});
  return meter.detours();
}

TEST(DetourMeter, RatiosByHand) {
  EXPECT_TRUE(detours_of({}).empty());
  EXPECT_TRUE(detours_of({{0}, {1}}).empty());
  const auto straight = detours_of({{0}, {1}, {3}});
  ASSERT_EQ(straight.size(), 1U);
  EXPECT_EQ(straight[0].before, 1);
  EXPECT_EQ(straight[0].step, 2);
  EXPECT_EQ(straight[0].after, 3);
  EXPECT_EQ(straight[0].ratio, 1);
  // 0 -> 3 -> 1 -> 2: (3 + 2) / 1, (2 + 1) / 1
  const auto swapped = detours_of({{0}, {3}, {1}, {2}});
  ASSERT_EQ(swapped.size(), 2U);
  EXPECT_EQ(swapped[0].ratio, 5);
  EXPECT_EQ(swapped[1].ratio, 3);
  EXPECT_EQ(swapped[1].before, 2);
  EXPECT_EQ(swapped[1].after, 4);
  // two sides of 5 over a base of 6
  EXPECT_EQ(detours_of({{0, 0}, {3, 4}, {6, 0}}).at(0).ratio, 10.0 / 6.0);
}

TEST(DetourMeter, WhatHasNoRatioIsLeftOut) {
  EXPECT_TRUE(detours_of({{0}, {1}, {0}}).empty()) << "equal neighbours";
  EXPECT_TRUE(detours_of({{0}, {0}, {0}}).empty());
  EXPECT_TRUE(detours_of({{0}, {NAN}, {1}}).empty());
  EXPECT_TRUE(detours_of({{0}, {1, 2}, {1}}).empty()) << "another size";
  // after the odd one out the measuring goes on
  const auto later = detours_of({{0}, {NAN}, {1}, {2}, {3}});
  ASSERT_EQ(later.size(), 1U);
  EXPECT_EQ(later[0].step, 4);
}

}  // namespace
}  // namespace onset
