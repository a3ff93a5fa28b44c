#include "onset/training/finetune.h"

#include <gtest/gtest.h>

#include <cmath>

#include "onset/base/error.h"
#include "onset/base/stop.h"

namespace onset {
namespace {

Bert tiny_bert() {
  BertConfig config;
  config.layers = 1;
  config.hidden = 16;
  config.heads = 2;
  config.ffn = 16;
  config.vocab_size = 20;
  config.positions = 8;
  config.initializer_range = 0.2;
  return initial_bert(config, 1);
}

/// The class is 1 where word 7 is in the line.
EncodedGlue lines_with_and_without(std::int64_t count, std::int32_t salt) {
  EncodedGlue out;
  for (std::int32_t i = 0; i < count; ++i) {
    const std::int32_t other = 8 + (i * 5 + salt) % 12;
    const bool has = i % 2 == 0;
    out.ids.push_back({2, other, has ? 7 : 6, other, 3});
    out.second.push_back(5);
    out.labels.push_back(has ? 1.0F : 0.0F);
  }
  return out;
}

FinetuneData easy_task(const char* task = "cola") {
  FinetuneData data{glue_task(task), lines_with_and_without(64, 1), {}};
  for (std::size_t i = 0; i < data.task.dev_splits.size(); ++i)
    data.dev.push_back(lines_with_and_without(20, 3));
  return data;
}

FinetuneSettings quick() {
  FinetuneSettings settings;
  settings.epochs = 6;
  settings.batch = 10;
  settings.lr = 5e-3;
  return settings;
}

TEST(Finetune, LearnsWhatIsEasy) {
  const FinetuneScores scores = finetune(tiny_bert(), easy_task(), quick(), 1, {});
  EXPECT_EQ(scores.metrics, std::vector<double>{1.0});
  EXPECT_LT(scores.dev_loss, 0.2);
  EXPECT_EQ(scores.epochs, 6);
}

TEST(Finetune, LearnsAScoreToo) {
  FinetuneData data = easy_task("sts-b");
  data.dev.front().labels[0] = 5;  // the rest stay 0 and 1
  const FinetuneScores scores = finetune(tiny_bert(), data, quick(), 1, {});
  ASSERT_EQ(scores.metrics.size(), 2U);
  EXPECT_GT(scores.metrics[1], 0.8);  // spearman
}

TEST(Finetune, IsAFunctionOfTheSeedAndLeavesTheStartAsItWas) {
  const Bert start = tiny_bert();
  const FinetuneScores once = finetune(start, easy_task(), quick(), 1, {});
  EXPECT_EQ(finetune(start, easy_task(), quick(), 1, {}).dev_loss, once.dev_loss);
  EXPECT_NE(finetune(start, easy_task(), quick(), 2, {}).dev_loss, once.dev_loss);
  EXPECT_TRUE(torch::equal(start.word_embeddings, tiny_bert().word_embeddings));
}

TEST(Finetune, PatienceEndsAndReportsTheBest) {
  FinetuneSettings settings = quick();
  settings.lr = 0;  // nothing changes: no epoch is better than the first
  std::int64_t updates = 0;
  const FinetuneHooks count{[&](const ProgressUpdate& update) { updates = update.done; }, {}};
  settings.patience = 2;
  EXPECT_EQ(finetune(tiny_bert(), easy_task(), settings, 1, count).epochs, 1);
  EXPECT_EQ(updates, 3 * 7);  // 64 examples are seven batches; two epochs more were waited for
  settings.patience = 0;
  EXPECT_EQ(finetune(tiny_bert(), easy_task(), settings, 1, count).epochs, 6);
  EXPECT_EQ(updates, 6 * 7);
}

TEST(Finetune, PatienceWaitsWhileItGetsBetter) {
  std::int64_t updates = 0;
  const FinetuneHooks count{[&](const ProgressUpdate& update) { updates = update.done; }, {}};
  FinetuneSettings settings = quick();
  settings.epochs = 12;
  settings.patience = 12;  // to the end, and the best of all
  const FinetuneScores best = finetune(tiny_bert(), easy_task(), settings, 1, count);
  EXPECT_EQ(updates, 12 * 7);
  EXPECT_EQ(best.metrics, std::vector<double>{1.0});
  ASSERT_GT(best.epochs, 1);  // it was not right from the first
  ASSERT_LT(best.epochs, 10);
  settings.patience = 2;
  const FinetuneScores found = finetune(tiny_bert(), easy_task(), settings, 1, count);
  EXPECT_EQ(found.epochs, best.epochs);
  EXPECT_EQ(found.dev_loss, best.dev_loss);  // the best epoch's, not the last's
  EXPECT_EQ(updates, (best.epochs + 2) * 7);
}

TEST(Finetune, MnliIsScoredOnBothTables) {
  EXPECT_EQ(finetune_metrics(glue_task("mnli")),
            (std::vector<std::string>{"accuracy_matched", "accuracy_mismatched"}));
  EXPECT_EQ(finetune_metrics(glue_task("mrpc")), (std::vector<std::string>{"accuracy", "f1"}));
  FinetuneData data = easy_task("mnli");
  for (float& label : data.dev[1].labels) label = 2;  // a class never seen in training
  const FinetuneScores scores = finetune(tiny_bert(), data, quick(), 1, {});
  EXPECT_EQ(scores.metrics, (std::vector<double>{1.0, 0.0}));
}

TEST(Finetune, ALossThatIsNoNumberNamesItsStep) {
  Bert start = tiny_bert();
  start.word_embeddings[7].fill_(NAN);
  FinetuneData data = easy_task();
  try {
    finetune(start, data, quick(), 3, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bug);
    EXPECT_STREQ(error.what(), "seed 3: step 1: the loss is NaN; lower --lr");
  }
}

TEST(Finetune, StopsWhenAsked) {
  std::stop_source stop;
  const FinetuneHooks hooks{[&](const ProgressUpdate& update) {
                              if (update.done == 3) stop.request_stop();
                            },
                            stop.get_token()};
  EXPECT_THROW(finetune(tiny_bert(), easy_task(), quick(), 1, hooks), Interrupted);
}

}  // namespace
}  // namespace onset
