#include "onset/probes/pll.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>

#include "onset/model/mlm_head.h"

namespace onset {
namespace {

BertConfig pll_config() {
  BertConfig config;
  config.layers = 2;
  config.hidden = 16;
  config.heads = 2;
  config.ffn = 24;
  config.vocab_size = 40;
  config.positions = 12;
  config.initializer_range = 0.5;
  return config;
}

constexpr std::int32_t mask = 4;

PllTokens tiny_tokens(PllScoring scoring) {
  PllTokens tokens{mask, std::vector<bool>(40, false), scoring};
  for (int id = 30; id < 40; ++id) tokens.continues[id] = true;
  return tokens;
}

/// The definition, one masked input at a time and with every logit.
double plain_score(const Bert& bert, const TokenIds& ids, const PllTokens& tokens) {
  const c10::InferenceMode inference;
  double score = 0;
  for (std::size_t t = 1; t + 1 < ids.size(); ++t) {
    TokenIds masked = ids;
    masked[t] = mask;
    for (std::size_t u = t + 1;
         tokens.scoring == PllScoring::word_l2r && u + 1 < ids.size() && tokens.continues[ids[u]]; ++u)
      masked[u] = mask;
    const std::vector<std::span<const std::int32_t>> one = {masked};
    const torch::Tensor logits = mlm_logits(bert, encode(bert, pack(one, torch::kCPU)).hidden);
    score += torch::log_softmax(logits[static_cast<std::int64_t>(t)].to(torch::kFloat64), 0)[ids[t]]
                 .item<double>();
  }
  return score;
}

const std::vector<TokenIds> sentences = {{2, 10, 11, 12, 3},
                                         {2, 10, 13, 12, 3},
                                         {2, 20, 31, 32, 21, 3},
                                         {2, 10, 11, 12, 3},
                                         {2, 3},
                                         TokenIds(13, 9),
                                         {2, 10, 10, 3},
                                         {2, 4, 12, 3},
                                         {2, 11, 4, 3}};  // hold [MASK]: both become {2, 4, 4, 3}, asked at
                                                          // place 2 and then at place 1

class Scoring : public testing::TestWithParam<PllScoring> {};

TEST_P(Scoring, EqualsTheDefinitionWhateverTheBatch) {
  const Bert bert = initial_bert(pll_config(), 5);
  const PllTokens tokens = tiny_tokens(GetParam());
  for (const std::int64_t batch_tokens : {1, 17, 1000}) {
    PassOptions options;
    options.batch_tokens = batch_tokens;
    const std::vector<double> scores = pseudo_log_likelihoods(bert, sentences, tokens, options);
    for (const std::size_t s : {0U, 1U, 2U, 3U, 6U, 7U, 8U}) {
      EXPECT_NEAR(scores[s], plain_score(bert, sentences[s], tokens), 1e-4)
          << s << " in batches of " << batch_tokens;
    }
    EXPECT_EQ(scores[0], scores[3]);     // the same sentence
    EXPECT_EQ(scores[4], 0.0);           // nothing to mask
    EXPECT_TRUE(std::isnan(scores[5]));  // longer than the positions
  }
}

INSTANTIATE_TEST_SUITE_P(Both, Scoring, testing::Values(PllScoring::original, PllScoring::word_l2r));

// One logit that is no number spoils the sum over the vocabulary, wherever its word lies: the vocabulary is
// gone through in tiles of 2048 words.
TEST(Pll, ALogitThatIsNotANumberMakesScoresNaN) {
  BertConfig config = pll_config();
  config.vocab_size = 5000;
  const Bert sound = initial_bert(config, 5);
  for (const std::int64_t word : {0, 39, 2047, 2048, 4999}) {
    Bert bert = sound;
    bert.mlm->bias = sound.mlm->bias.clone();
    bert.mlm->bias[word] = NAN;
    const std::vector<double> scores =
        pseudo_log_likelihoods(bert, sentences, tiny_tokens(PllScoring::original), {});
    EXPECT_TRUE(std::isnan(scores[0])) << word;
    EXPECT_TRUE(std::isnan(scores[2])) << word;
    EXPECT_EQ(scores[4], 0.0) << "nothing to mask";
  }
}

TEST(Pll, SummaryByHand) {
  PairData data;
  data.names = {"a:0", "a:1", "b:0", "b:1"};
  data.paradigm = {0, 0, 1, 1};
  data.paradigms = {"a", "b"};
  data.phenomenon = {1, 0};
  data.phenomena = {"p", "q"};
  data.content = {1, 2, 3, 4};
  PllScores scores;
  scores.score = {-1, -2, -3, -3, -5, -4, NAN, -1};  // a: right, equal = wrong; b: wrong, not scored
  summarise_pairs(data, {{.replicates = 50}, ItemKind::pair, data.content}, scores);
  EXPECT_EQ(scores.accuracy, (std::vector<double>{0.5, 0.0}));
  EXPECT_EQ(scores.phenomenon_accuracy, (std::vector<double>{0.0, 0.5}));
  EXPECT_EQ(scores.overall, 0.25);
  // Replicates by hand from the weights: paradigm b counts (as 0) only where b:0 is drawn.
  const BootstrapWeights weights({.replicates = 50}, ItemKind::pair, data.content);
  for (int b = 0; b < 50; ++b) {
    const int a0 = weights(b, 0);
    const int a1 = weights(b, 1);
    const int b0 = weights(b, 2);
    double sum = 0;
    int present = 0;
    if (a0 + a1 > 0) {
      sum += double(a0) / (a0 + a1);
      ++present;
    }
    if (b0 > 0) ++present;
    if (present == 0) {
      EXPECT_TRUE(std::isnan(scores.overall_replicates[b]));
    } else {
      EXPECT_NEAR(scores.overall_replicates[b], sum / present, 1e-6);
    }
  }
}

}  // namespace
}  // namespace onset
