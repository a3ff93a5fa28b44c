#include "onset/probes/sentence_vectors.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <set>

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
}

TEST(SentenceVectors, DimensionsAreThoseOfClsAndOfTheMeanOverWordsOfEachLayer) {
  constexpr std::int64_t width = 3;
  BertConfig config;
  config.layers = 2;
  config.hidden = width;
  // Fifteen sentences of 1, 2 or 4 words: states that are whole numbers have exact means. One comes twice.
  std::vector<TokenIds> sentences;
  for (int i = 0; i < 15; ++i) {
    TokenIds ids = {2};
    for (int word = 0; word < 1 << i % 3; ++word) ids.push_back(10 + i + word);
    ids.push_back(3);
    sentences.push_back(ids);
  }
  sentences.push_back(sentences[4]);
  const auto tokens_of = [&](std::int64_t s) { return static_cast<std::int64_t>(sentences[s].size()); };

  SentenceVectors vectors(sentences, config);
  torch::manual_seed(1);
  std::vector<TwoNn> expected;
  for (std::int64_t layer = 0; layer < 3; ++layer) {
    // [CLS] and [SEP] have states as unlike as words, and each layer has its own.
    std::vector<torch::Tensor> states;
    for (std::int64_t s = 0; s < 16; ++s)
      states.push_back(s == 15 ? states[4]
                               : torch::randint(-1000, 1001, {tokens_of(s), width}, torch::kFloat32));
    // In two batches, as a pass gives them: in no order of the sentences.
    for (const std::vector<std::int64_t>& items :
         {std::vector<std::int64_t>{14, 2, 9, 5, 0, 12, 7}, {15, 1, 3, 13, 4, 6, 8, 11, 10}}) {
      std::vector<std::int64_t> offsets = {0};
      std::vector<torch::Tensor> rows;
      for (const std::int64_t item : items) {
        offsets.push_back(offsets.back() + tokens_of(item));
        rows.push_back(states[item]);
      }
      vectors.read({layer, items, offsets, torch::cat(rows)});
    }
    std::vector<torch::Tensor> cls;
    std::vector<torch::Tensor> mean;
    for (std::int64_t s = 0; s < 15; ++s) {
      cls.push_back(states[s][0]);
      mean.push_back(states[s].slice(0, 1, tokens_of(s) - 1).mean(0));
    }
    expected.push_back(twonn(torch::stack(cls)));
    expected.push_back(twonn(torch::stack(mean)));
  }

  const std::vector<TwoNn> found = vectors.dimensions();
  ASSERT_EQ(found.size(), 6U);  // [layer, pooling]
  std::set<double> different;
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(found[i].dimension, expected[i].dimension) << "layer " << i / 2 << ' ' << poolings[i % 2];
    EXPECT_EQ(found[i].points, 15);
    EXPECT_EQ(found[i].duplicates, 1);
    different.insert(expected[i].dimension);
  }
  EXPECT_EQ(different.size(), 6U) << "one mistaken for another would not be seen";
}

}  // namespace
}  // namespace onset
