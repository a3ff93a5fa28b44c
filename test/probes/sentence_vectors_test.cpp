#include "onset/probes/sentence_vectors.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

namespace onset {
namespace {

TEST(SentenceVectors, CountsSentencesWithTheSameTokensOnce) {
  BertConfig config;
  config.layers = 1;
  config.hidden = 2;
  std::vector<TokenIds> sentences;
  for (int i = 0; i < 12; ++i) sentences.push_back({2, i + 5, i + 6, 3});
  sentences.push_back(sentences[0]);
  SentenceVectors vectors(sentences, config);
  std::vector<std::int64_t> items;
  std::vector<std::int64_t> offsets = {0};
  for (int i = 0; i < 13; ++i) {
    items.push_back(i);
    offsets.push_back(offsets.back() + 4);
  }
  // [CLS] is the same for every sentence; the words' states differ.
  torch::Tensor hidden = torch::zeros({52, 2});
  torch::manual_seed(1);
  for (int i = 0; i < 12; ++i) hidden.narrow(0, i * 4 + 1, 2).copy_(torch::randn({2, 2}));
  hidden.narrow(0, 49, 2).copy_(hidden.narrow(0, 1, 2));
  for (const std::int64_t layer : {0, 1}) vectors.read({layer, items, offsets, hidden});
  const std::vector<TwoNn> found = vectors.dimensions();
  ASSERT_EQ(found.size(), 4U);         // [layer, pooling]
  EXPECT_EQ(found[0].points, 1);       // cls
  EXPECT_EQ(found[0].duplicates, 12);  // eleven equal vectors and one repeated sentence
  EXPECT_EQ(found[1].points, 12);      // mean
  EXPECT_EQ(found[1].duplicates, 1);
  EXPECT_GT(found[1].dimension, 0.0);
}

}  // namespace
}  // namespace onset
