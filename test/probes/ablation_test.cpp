#include "onset/probes/ablation.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <limits>
#include <set>

#include "onset/model/mlm_head.h"
#include "onset/probes/mlm_loss.h"

namespace onset {
namespace {

BertConfig ablation_config() {
  BertConfig config;
  config.layers = 2;
  config.hidden = 12;
  config.heads = 3;
  config.ffn = 12;
  config.vocab_size = 20;
  config.positions = 10;
  config.initializer_range = 0.5;
  return config;
}

TEST(ParseHeads, AreTheBestOfEachReportedRelationOnce) {
  UasData data;
  data.reported = {false, true, true, false, true};
  UasScores scores;
  scores.layers = 2;
  scores.heads = 2;
  scores.relations = 5;
  scores.correct.assign(2 * 2 * 2 * 5, 0);
  const auto correct = [&](int direction, int layer, int head, int relation) -> std::int64_t& {
    return scores.correct[((direction * 2 + layer) * 2 + head) * 5 + relation];
  };
  correct(0, 1, 0, 1) = 7;  // relation 1: layer 1, head 0
  correct(1, 1, 0, 2) = 3;  // relation 2: the same head the other way round
  correct(0, 1, 1, 3) = 9;  // relation 3 is not reported
  correct(0, 0, 1, 4) = 5;  // relation 4: of two equals the first
  correct(1, 0, 0, 4) = 5;
  EXPECT_EQ(parse_heads(data, scores), (std::vector<HeadPlace>{{0, 1}, {1, 0}}));
}

TEST(RandomHeads, AreDistinctAndDrawnByCounter) {
  std::set<std::vector<HeadPlace>> seen;
  for (std::int64_t draw = 0; draw < 20; ++draw) {
    const std::vector<HeadPlace> heads = random_heads(ablation_config(), 3, 1, draw);
    EXPECT_EQ(std::set<HeadPlace>(heads.begin(), heads.end()).size(), 3U);
    for (const HeadPlace& place : heads) {
      EXPECT_TRUE(place.layer >= 0 && place.layer < 2 && place.head >= 0 && place.head < 3);
    }
    EXPECT_EQ(heads, random_heads(ablation_config(), 3, 1, draw));
    seen.insert(heads);
  }
  EXPECT_GT(seen.size(), 5U);  // there are 20 sets
  EXPECT_EQ(random_heads(ablation_config(), 6, 1, 0).size(), 6U);
}

TEST(WithoutHeads, ZeroesTheirShareOfTheOutput) {
  const c10::InferenceMode inference;
  const Bert bert = initial_bert(ablation_config(), 1);
  const std::vector<HeadPlace> heads = {{1, 2}};
  const Bert ablated = without_heads(bert, heads);
  EXPECT_TRUE(ablated.layers[0].qkv.weight.is_same(bert.layers[0].qkv.weight));
  // The same model by other means: the columns of the output product that read head 2 (features 8 … 11).
  Bert expected = bert;
  expected.layers[1].attention_output.weight = bert.layers[1].attention_output.weight.clone();
  expected.layers[1].attention_output.weight.narrow(1, 8, 4).zero_();
  const std::vector<std::int32_t> line = {2, 9, 8, 7, 3};
  const std::vector<std::span<const std::int32_t>> sequences = {line};
  const PackedBatch batch = pack(sequences, torch::kCPU);
  const torch::Tensor hidden = encode(ablated, batch).hidden;
  EXPECT_TRUE(torch::allclose(hidden, encode(expected, batch).hidden, 0, 1e-5));
  EXPECT_FALSE(torch::allclose(hidden, encode(bert, batch).hidden, 0, 1e-3));
}

// A head that hands on its mean changes nothing where all its tokens hand on the same: one token alone, whose
// context is its value.
TEST(HeadMeans, OfOneTokenAreItsValues) {
  const c10::InferenceMode inference;
  const Bert bert = initial_bert(ablation_config(), 1);
  const std::vector<TokenIds> sentences = {{7}};
  HeadMeans heads(bert);
  PassReaders readers;
  readers.hidden.emplace_back([&](const HiddenStates& states) { heads.read(states); });
  run_sentence_pass(bert, sentences, readers, {});
  const std::vector<HeadPlace> all = {{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}};
  const std::vector<std::span<const std::int32_t>> sequences = {sentences[0]};
  const PackedBatch batch = pack(sequences, torch::kCPU);
  const torch::Tensor intact = encode(bert, batch).hidden;
  EXPECT_TRUE(
      torch::allclose(encode(without_heads(bert, all, heads.means()), batch).hidden, intact, 0, 1e-4));
  EXPECT_FALSE(torch::allclose(encode(without_heads(bert, all), batch).hidden, intact, 0, 1e-3));
}

// Two sentences in two passes of one token each: the mean of layer 0 is that of the values W_v h + b_v,
// worked out here from the embeddings.
TEST(HeadMeans, AreOverAllTokensWhateverTheBatches) {
  const c10::InferenceMode inference;
  const Bert bert = initial_bert(ablation_config(), 1);
  const std::vector<TokenIds> sentences = {{7}, {9}};
  PassReaders readers;
  HeadMeans heads(bert);
  std::vector<torch::Tensor> embedded;
  readers.hidden.emplace_back([&](const HiddenStates& states) {
    heads.read(states);
    if (states.layer == 0) embedded.push_back(states.hidden.clone());
  });
  PassOptions options;
  options.batch_tokens = 1;
  const int threads = at::get_num_threads();
  at::set_num_threads(1);  // one that fills `embedded`
  run_sentence_pass(bert, sentences, readers, options);
  at::set_num_threads(threads);
  ASSERT_EQ(embedded.size(), 2U);
  const torch::Tensor values =
      torch::matmul(torch::cat(embedded), bert.layers[0].qkv.weight.narrow(0, 24, 12).t());
  const torch::Tensor expected = values.mean(0) + bert.layers[0].qkv.bias.narrow(0, 24, 12);
  EXPECT_TRUE(torch::allclose(heads.means()[0], expected, 0, 1e-6));
}

TEST(HeadMeans, WhatIsNoNumberIsUnknown) {
  const c10::InferenceMode inference;
  Bert bert = initial_bert(ablation_config(), 1);
  bert.layers[1].qkv.bias = bert.layers[1].qkv.bias.clone();
  bert.layers[1].qkv.bias[30] = std::numeric_limits<float>::infinity();  // a value of layer 1
  HeadMeans heads(bert);
  PassReaders readers;
  readers.hidden.emplace_back([&](const HiddenStates& states) { heads.read(states); });
  run_sentence_pass(bert, std::vector<TokenIds>{{7, 8}}, readers, {});
  EXPECT_TRUE(torch::isfinite(heads.means()[0]).all().item<bool>());
  EXPECT_TRUE(torch::isnan(heads.means()[1]).all().item<bool>());
}

TEST(AblationScore, IsPllAccuracyAndMaskedLoss) {
  const Bert bert = initial_bert(ablation_config(), 1);
  PairData pairs;
  pairs.sentences = {{2, 5, 6, 3}, {2, 6, 5, 3}, {2, 7, 8, 3}, {2, 8, 8, 3}};
  pairs.content = {1, 2};
  pairs.names = {"a:0", "b:0"};
  pairs.paradigm = {0, 1};
  pairs.paradigms = {"a", "b"};
  pairs.phenomenon = {0, 0};
  pairs.phenomena = {"p"};
  pairs.total = {1, 1};
  const PllTokens tokens{4, std::vector<bool>(20, false), PllScoring::original};
  const std::vector<MaskedLine> lines = {{{2, 4, 6, 3}, {1}, {5}}};
  const AblationScore score = ablation_score(bert, {pairs, tokens, lines}, {});
  const std::vector<double> pll = pseudo_log_likelihoods(bert, pairs.sentences, tokens, {});
  const double right = (pll[0] > pll[1] ? 1 : 0) + (pll[2] > pll[3] ? 1 : 0);
  EXPECT_EQ(score.overall, right / 2);
  EXPECT_EQ(score.mlm, mlm_loss(bert, lines, {}).loss);
}

}  // namespace
}  // namespace onset
