#include "onset/training/batches.h"

#include <gtest/gtest.h>

#include <set>

#include "test/training/small_corpus.h"

namespace onset {
namespace {

TEST(Permutation, TakesEachPlaceOnce) {
  for (const std::int64_t size : {1, 2, 3, 4, 5, 63, 64, 65, 1000}) {
    const Permutation order(size, 7, 0);
    std::set<std::int64_t> seen;
    for (std::int64_t i = 0; i < size; ++i) {
      EXPECT_TRUE(order(i) >= 0 && order(i) < size);
      seen.insert(order(i));
    }
    EXPECT_EQ(static_cast<std::int64_t>(seen.size()), size);
  }
}

TEST(Permutation, IsAnotherOneEachEpochAndSeed) {
  const Permutation first(1000, 7, 0), second(1000, 7, 1), other(1000, 8, 0);
  int fixed = 0, same_epoch = 0, same_seed = 0;
  for (int i = 0; i < 1000; ++i) {
    fixed += first(i) == i ? 1 : 0;
    same_epoch += first(i) == second(i) ? 1 : 0;
    same_seed += first(i) == other(i) ? 1 : 0;
  }
  // Each is Poisson with mean 1 for random permutations: above 10 once in 10^8.
  EXPECT_LT(fixed, 10);
  EXPECT_LT(same_epoch, 10);
  EXPECT_LT(same_seed, 10);
}

TEST(Permutation, PlacesAreUniform) {
  // Where place 0 goes, over 6,000 epochs of 6 sequences: 1,000 each, standard deviation 29.
  std::vector<int> count(6, 0);
  for (std::uint64_t epoch = 0; epoch < 6000; ++epoch)
    ++count[static_cast<std::size_t>(Permutation(6, 1, epoch)(0))];
  for (const int c : count) EXPECT_NEAR(c, 1000, 150);
}

class BatchTest : public testing::Test {
 protected:
  BatchTest()
      : vocabulary_((write_small_corpus(folder_), Vocabulary::read(folder_ / "vocab.txt"))),
        wordpiece_(std::make_shared<const Vocabulary>(vocabulary_)),
        corpus_(Corpus::open(folder_ / "cache", {{folder_ / "train.conllu"}, {}}, wordpiece_,
                             {Packing::sentence, 16, 2, 3}, {})) {}

  TemporaryFolder folder_;
  Vocabulary vocabulary_;
  WordPiece wordpiece_;
  Corpus corpus_;
};

TEST_F(BatchTest, AnEpochTakesEachSequenceOnce) {
  // 40 sequences in batches of 5: 8 batches an epoch. Put back what the masks hid and count.
  std::multiset<std::vector<std::int64_t>> seen, all;
  for (std::int64_t s = 0; s < corpus_.size(); ++s)
    all.insert({corpus_[s].ids.begin(), corpus_[s].ids.end()});
  for (std::int64_t number = 8; number < 16; ++number) {  // the second epoch
    TrainingBatch batch = make_batch(corpus_, vocabulary_, number, {5, 0.15, 1});
    batch.packed.ids.index_put_({batch.chosen}, batch.targets);
    const auto* const ids = batch.packed.ids.data_ptr<std::int64_t>();
    for (std::int64_t s = 0; s < 5; ++s)
      seen.insert({ids + batch.packed.offsets[s], ids + batch.packed.offsets[s + 1]});
  }
  EXPECT_EQ(seen, all);
}

TEST_F(BatchTest, IsAFunctionOfItsNumberAndTheSeed) {
  const TrainingBatch batch = make_batch(corpus_, vocabulary_, 11, {5, 0.15, 1});
  make_batch(corpus_, vocabulary_, 3, {5, 0.15, 1});  // what else was drawn does not matter
  const TrainingBatch again = make_batch(corpus_, vocabulary_, 11, {5, 0.15, 1});
  EXPECT_TRUE(torch::equal(batch.packed.ids, again.packed.ids));
  EXPECT_TRUE(torch::equal(batch.chosen, again.chosen));
  EXPECT_FALSE(torch::equal(batch.packed.ids, make_batch(corpus_, vocabulary_, 11, {5, 0.15, 2}).packed.ids));
}

TEST_F(BatchTest, AStepsSequencesDoNotDependOnHowItIsDivided) {
  const TrainingBatch whole = make_batch(corpus_, vocabulary_, 3, {6, 0.15, 1});
  const TrainingBatch first = make_batch(corpus_, vocabulary_, 6, {3, 0.15, 1});
  const TrainingBatch second = make_batch(corpus_, vocabulary_, 7, {3, 0.15, 1});
  EXPECT_TRUE(torch::equal(whole.packed.ids, torch::cat({first.packed.ids, second.packed.ids})));
  EXPECT_TRUE(torch::equal(whole.targets, torch::cat({first.targets, second.targets})));
}

TEST_F(BatchTest, HeadsArePositionsInTheirSequence) {
  const TrainingBatch batch = make_batch(corpus_, vocabulary_, 0, {5, 0.15, 1});
  std::int64_t parsed = 0;
  for (std::int64_t s = 0; s < 5; ++s) {
    const std::int64_t tokens = batch.packed.offsets[s + 1] - batch.packed.offsets[s];
    int roots = 0;
    for (std::int64_t t = 0; t < tokens; ++t) {
      const auto head = batch.arcs[batch.packed.offsets[s] + t].item<std::int64_t>();
      EXPECT_LT(head, tokens);
      roots += head == 0 ? 1 : 0;
      parsed += head >= 0 ? 1 : 0;
    }
    EXPECT_EQ(roots, 1);
  }
  EXPECT_EQ(batch.parsed, parsed);
}

TEST_F(BatchTest, MasksAsBertDoes) {
  // 2,000 batches: of the ordinary tokens 15 % are chosen, of these 80 % [MASK], about 10 % random, the rest
  // as they were.
  std::int64_t ordinary = 0, chosen = 0, masked = 0, kept = 0;
  for (std::int64_t number = 0; number < 2000; ++number) {
    const TrainingBatch batch = make_batch(corpus_, vocabulary_, number, {5, 0.15, 1});
    ordinary += batch.packed.tokens() - 2 * 5;
    chosen += batch.chosen.numel();
    EXPECT_TRUE(batch.targets.gt(4).all().item<bool>());  // never a special token
    const torch::Tensor now = batch.packed.ids.index_select(0, batch.chosen);
    masked += now.eq(4).sum().item<std::int64_t>();
    kept += now.eq(batch.targets).sum().item<std::int64_t>();
  }
  const auto n = static_cast<double>(chosen);
  EXPECT_NEAR(n / static_cast<double>(ordinary), 0.15, 0.005);
  // A random token is [MASK] or the token itself in one of 15 cases each: 0.1 / 15.
  EXPECT_NEAR(static_cast<double>(masked) / n, 0.8 + 0.1 / 15, 0.02);
  EXPECT_NEAR(static_cast<double>(kept) / n, 0.1 + 0.1 / 15, 0.015);
}

TEST_F(BatchTest, UnknownTokensAreNotPredicted) {
  write_file_atomically(folder_ / "t.txt", "zzz zzz a zzz zzz zzz\n");
  const Corpus corpus = Corpus::open(folder_ / "cache", {{}, {folder_ / "t.txt"}}, wordpiece_,
                                     {Packing::sentence, 16, 2, 3}, {});
  const TrainingBatch batch = make_batch(corpus, vocabulary_, 0, {1, 1.0, 1});
  EXPECT_TRUE(torch::equal(batch.chosen, torch::tensor({3}, torch::kInt64)));
}

}  // namespace
}  // namespace onset
