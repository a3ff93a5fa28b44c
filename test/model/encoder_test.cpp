// Parity with Hugging Face, part by part (fixtures/make_fixtures.py): every hidden state, every attention
// map, the logits.
#include "onset/model/encoder.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <mutex>

#include "onset/base/error.h"
#include "onset/checkpoint/safetensors.h"
#include "onset/model/mlm_head.h"

namespace onset {
namespace {

constexpr double tolerance = 1e-4;

std::vector<std::int32_t> ids_of(const SafetensorsFile& expected, int sequence) {
  const torch::Tensor ids = expected.tensor("ids_" + std::to_string(sequence)).to(torch::kInt32).contiguous();
  return {ids.data_ptr<std::int32_t>(), ids.data_ptr<std::int32_t>() + ids.numel()};
}

class Parity : public testing::TestWithParam<std::string> {
 protected:
  const std::filesystem::path folder_ = std::filesystem::path(ONSET_FIXTURES) / GetParam();
  const SafetensorsFile expected_{folder_ / "expected.safetensors"};
  const std::vector<std::int32_t> first_ = ids_of(expected_, 0), second_ = ids_of(expected_, 1);
  const std::vector<std::span<const std::int32_t>> sequences_ = {first_, second_};

  torch::Tensor expected(const std::string& what) const {  // both sequences, end to end
    return torch::cat({expected_.tensor(what + "_0"), expected_.tensor(what + "_1")});
  }
};

TEST_P(Parity, HiddenStatesAndLogits) {
  const c10::InferenceMode inference;
  const Bert bert = load_bert(Checkpoint::open(folder_));
  EncoderOptions options;
  std::int64_t layers = 0;
  options.hidden = [&](std::int64_t layer, const torch::Tensor& hidden) {
    EXPECT_TRUE(torch::allclose(hidden, expected("hidden_" + std::to_string(layer)), 0, tolerance))
        << "layer " << layer;
    ++layers;
  };
  const Encoded out = encode(bert, pack(sequences_, torch::kCPU), options);
  EXPECT_EQ(layers, bert.config.layers + 1);
  EXPECT_TRUE(torch::allclose(mlm_logits(bert, out.hidden), expected("logits"), 0, tolerance));
}

TEST_P(Parity, AttentionMaps) {
  const c10::InferenceMode inference;
  const Bert bert = load_bert(Checkpoint::open(folder_));
  std::mutex mutex;
  std::int64_t maps = 0;
  double worst = 0;
  EncoderOptions options;
  options.attention = [&](const AttentionMap& map) {
    const std::scoped_lock lock(mutex);
    const torch::Tensor gold =
        expected_
            .tensor("attention_" + std::to_string(map.layer) + "_" + std::to_string(map.sequence))[map.head]
            .contiguous();
    for (int query = 0; query < map.tokens; ++query) {
      for (int key = 0; key < map.tokens; ++key) {
        worst = std::max(worst, std::abs(double(map.row(query)[key]) - gold[query][key].item<double>()));
      }
    }
    ++maps;
  };
  encode(bert, pack(sequences_, torch::kCPU), options);
  EXPECT_EQ(maps, bert.config.layers * bert.config.heads * 2);
  EXPECT_LT(worst, tolerance);
}

TEST_P(Parity, TheTensorPathAgreesWithTheKernel) {  // double goes through LibTorch's operations, as CUDA does
  const c10::InferenceMode inference;
  const Bert bert = load_bert(Checkpoint::open(folder_), {torch::kCPU, torch::kFloat64});
  const Encoded out = encode(bert, pack(sequences_, torch::kCPU));
  const std::string last = "hidden_" + std::to_string(bert.config.layers);
  EXPECT_TRUE(torch::allclose(out.hidden.to(torch::kFloat32), expected(last), 0, tolerance));
}

TEST_P(Parity, SelectedRowsAreTheSameRows) {
  const c10::InferenceMode inference;
  const Bert bert = load_bert(Checkpoint::open(folder_));
  const PackedBatch batch = pack(sequences_, torch::kCPU);
  EncoderOptions options;
  options.rows = {1, 5, 8};
  const torch::Tensor some = encode(bert, batch, options).hidden;
  const torch::Tensor all = encode(bert, batch).hidden.index_select(0, torch::tensor({1, 5, 8}));
  EXPECT_TRUE(torch::allclose(some, all, 0, 1e-5));
}

// Inputs of equal tokens at equal places share the first layer's products: here the first sequence and two
// copies of it that differ in one token each.
TEST_P(Parity, SelectedRowsOfAlikeSequencesAreTheSameRows) {
  const c10::InferenceMode inference;
  const Bert bert = load_bert(Checkpoint::open(folder_));
  std::vector<std::int32_t> other = first_;
  other[1] = first_[2];
  std::vector<std::int32_t> third = first_;
  third[2] = first_[1];
  const auto length = static_cast<std::int64_t>(first_.size());
  const std::vector<std::span<const std::int32_t>> alike = {first_, other, third};
  EncoderOptions options;
  for (std::int64_t row = 0; row < 3 * length; ++row) options.rows.push_back(row);
  const torch::Tensor together = encode(bert, pack(alike, torch::kCPU), options).hidden;
  for (std::size_t s = 0; s < alike.size(); ++s) {
    const torch::Tensor alone = encode(bert, pack({&alike[s], 1}, torch::kCPU)).hidden;
    const auto first = static_cast<std::int64_t>(s) * length;
    EXPECT_TRUE(torch::allclose(together.narrow(0, first, length), alone, 0, 1e-5)) << "sequence " << s;
  }
}

TEST_P(Parity, LogProbabilitiesAreTheLogSoftmaxOfTheLogits) {
  const c10::InferenceMode inference;
  const Bert bert = load_bert(Checkpoint::open(folder_));
  const torch::Tensor hidden = encode(bert, pack(sequences_, torch::kCPU)).hidden;
  const torch::Tensor targets = torch::arange(hidden.size(0), torch::kInt64);
  const torch::Tensor gold =
      torch::log_softmax(expected("logits"), -1).gather(1, targets.unsqueeze(1)).squeeze(1);
  EXPECT_TRUE(torch::allclose(mlm_log_probabilities(bert, hidden, targets), gold, 0, tolerance));
}

INSTANTIATE_TEST_SUITE_P(Configurations, Parity,
                         testing::Values("plain", "gelu_new", "relu", "odd", "untied"),
                         [](const auto& info) { return info.param; });

TEST(Encoder, RefusesWhatTheModelHasNoPlaceFor) {
  const Bert bert = load_bert(Checkpoint::open(std::filesystem::path(ONSET_FIXTURES) / "plain"));
  const std::vector<std::int32_t> too_long(17, 1);
  const std::vector<std::int32_t> unknown = {1, 61};
  const auto message = [&](std::span<const std::int32_t> ids) -> std::string {
    const std::vector<std::span<const std::int32_t>> sequences = {ids};
    try {
      encode(bert, pack(sequences, torch::kCPU));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_data);
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(too_long), "a sequence of 17 tokens exceeds the model's 16 positions");
  EXPECT_EQ(message(unknown), "token id 61 exceeds the model's vocabulary of 61");
}

TEST(InitialBert, IsAFunctionOfTheSeed) {
  BertConfig config;
  config.layers = 1;
  config.hidden = 8;
  config.heads = 2;
  config.ffn = 16;
  config.vocab_size = 500;
  config.positions = 8;
  const Bert first = initial_bert(config, 3);
  EXPECT_TRUE(torch::equal(first.layers[0].qkv.weight, initial_bert(config, 3).layers[0].qkv.weight));
  EXPECT_FALSE(torch::equal(first.layers[0].qkv.weight, initial_bert(config, 4).layers[0].qkv.weight));
  // 4,000 draws of standard deviation 0.02: the estimate's standard error is 0.02 / sqrt(8000) = 0.0002.
  EXPECT_NEAR(first.word_embeddings.std().item<double>(), 0.02, 0.001);
  EXPECT_EQ(first.word_embeddings[config.pad_token_id].abs().sum().item<double>(), 0.0);
}

}  // namespace
}  // namespace onset
