#include "onset/model/recorded_forward.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <filesystem>

#include "onset/model/encoder.h"
#include "onset/model/mlm_head.h"

namespace onset {
namespace {

class RecordedForwardOf : public testing::TestWithParam<const char*> {};

TEST_P(RecordedForwardOf, GivesTheModelsLogits) {
  const Bert bert = load_bert(Checkpoint::open(std::filesystem::path(ONSET_FIXTURES) / GetParam()));
  const std::vector<std::int32_t> first = {2, 9, 8, 7, 3};
  const std::vector<std::int32_t> second = {2, 11, 4, 3};
  const std::vector<std::span<const std::int32_t>> sequences = {first, second};
  const PackedBatch batch = pack(sequences, torch::kCPU);
  const RecordedForward record = record_forward(bert, batch, {1, 7});
  const torch::NoGradGuard no_grad;
  const torch::Tensor expected =
      mlm_logits(bert, encode(bert, batch).hidden).index_select(0, torch::tensor({1, 7}));
  EXPECT_TRUE(torch::allclose(record.logits, expected, 0, 1e-5));
  // LayerNorm of the embeddings; four products and two LayerNorms a layer; the head's product and LayerNorm.
  EXPECT_EQ(record.uses.size(), static_cast<std::size_t>(1 + 6 * bert.config.layers + 2));
  EXPECT_EQ(record.uses.back().group, bert.config.layers + 1);
}

INSTANTIATE_TEST_SUITE_P(Configurations, RecordedForwardOf,
                         testing::Values("plain", "gelu_new", "relu", "odd", "untied"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace onset
