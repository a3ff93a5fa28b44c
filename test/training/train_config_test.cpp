#include "onset/training/train_config.h"

#include <gtest/gtest.h>

#include "onset/base/file.h"
#include "onset/training/json_section.h"
#include "test/checkpoint/expect_error.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

const std::string smallest = R"({"model": {}, "data": {"text": ["a.txt"]}, "steps": 10})";

TrainConfig parse(const std::string& text) { return parse_train_config(text, "folder/train.json"); }

TEST(TrainConfig, WhatIsNotSaidIsAsTheDesignSays) {
  const TrainConfig config = parse(smallest);
  const BertConfig shape = model_shape(config.model, 30522);
  EXPECT_EQ(shape, BertConfig{});  // BERT-base
  EXPECT_EQ(config.model.vocab, "folder/vocab.txt");
  EXPECT_EQ(config.data.text, std::vector<std::filesystem::path>{"folder/a.txt"});
  EXPECT_EQ(longest_sequence(config, 512), 128);
  EXPECT_EQ(longest_sequence(config, 64), 64);
  EXPECT_EQ(config.data.packing, Packing::sentence);
  EXPECT_EQ(config.objective.mask, 0.15);
  EXPECT_EQ(config.objective.regulariser.kind, RegulariserKind::uniform);
  EXPECT_EQ(config.objective.regulariser.p, 1);
  EXPECT_EQ(config.objective.regulariser.terms, RegulariserTerms::both);
  EXPECT_EQ(config.objective.regulariser.reduction, Reduction::sum);
  ASSERT_EQ(config.objective.lambda.size(), 1U);
  EXPECT_EQ(config.objective.lambda[0].value, 0);
  EXPECT_EQ(config.optimiser.lr, 1e-4);
  EXPECT_EQ(config.optimiser.warmup, 10'000);
  EXPECT_EQ(config.optimiser.horizon, 1'000'000);
  EXPECT_EQ(config.optimiser.weight_decay, 0.01);
  EXPECT_EQ(config.optimiser.clip, 1.0);
  EXPECT_EQ(config.batch, 256);
  EXPECT_EQ(config.accumulate, 1);
  EXPECT_EQ(config.seed, 1U);
  EXPECT_EQ(config.save.log_per_decade, 10);
  EXPECT_EQ(config.save.every, 5'000);
  EXPECT_TRUE(config.save.at.empty());
  EXPECT_FALSE(config.live.has_value());
}

TEST(TrainConfig, LiveProbesAreAsAnalyzesOptionsUnlessTheFileSaysOtherwise) {
  const auto live = [](const std::string& section) {
    return *parse(R"({"model": {}, "data": {"text": ["a.txt"]}, "steps": 10, "live": )" + section + "}").live;
  };
  const LiveSettings plain = live("{}");
  const ProbeOptions defaults;
  EXPECT_TRUE(plain.probes.probes.empty());
  EXPECT_TRUE(plain.probes.parses.empty());
  EXPECT_EQ(plain.probes.max_sentences, defaults.max_sentences);
  EXPECT_EQ(plain.probes.uas.max_tokens, defaults.uas.max_tokens);
  EXPECT_EQ(plain.probes.bootstrap.replicates, 200);
  EXPECT_EQ(plain.steps.log_per_decade, 10);
  EXPECT_EQ(plain.steps.every, 5'000);
  EXPECT_FALSE(plain.densify.has_value());
  EXPECT_EQ(live(R"({"densify": {}})").densify->every, 25);
  EXPECT_FALSE(live(R"({"densify": {}})").densify->threshold.has_value());
  const LiveSettings all = live(R"({"probes": ["uas", "loss"], "parses": "p.conllu", "pairs": "/pairs",
    "text": "../t.txt", "max_sentences": 1, "pairs_per_paradigm": 2, "max_tokens": 3, "min_relation": 4,
    "replicates": 0, "log_per_decade": 5, "every": 6, "at": [7],
    "densify": {"every": 8, "threshold": 2.5, "hold": 0}})");
  EXPECT_EQ(all.probes.probes, (std::vector<std::string>{"uas", "loss"}));
  EXPECT_EQ(all.probes.parses, "folder/p.conllu");
  EXPECT_EQ(all.probes.pairs, "/pairs");
  EXPECT_EQ(all.probes.text, "folder/../t.txt");
  EXPECT_EQ(all.probes.max_sentences, 1);
  EXPECT_EQ(all.probes.pairs_per_paradigm, 2);
  EXPECT_EQ(all.probes.uas.max_tokens, 3);
  EXPECT_EQ(all.probes.uas.min_relation, 4);
  EXPECT_EQ(all.probes.bootstrap.replicates, 0);
  EXPECT_EQ(all.steps.log_per_decade, 5);
  EXPECT_EQ(all.steps.every, 6);
  EXPECT_EQ(all.steps.at, std::vector<std::int64_t>{7});
  EXPECT_EQ(all.densify->every, 8);
  EXPECT_EQ(all.densify->threshold, 2.5);
  EXPECT_EQ(all.densify->hold, 0);
}

TEST(TrainConfig, EveryKeyIsRead) {
  const TrainConfig config = parse(R"({
    "model": {"layers": 3, "hidden": 64, "heads": 4, "ffn": 256, "positions": 64, "dropout": 0.2, "vocab": "/v.txt"},
    "init": "../other/checkpoint-7",
    "data": {"parsed": ["p.conllu"], "text": ["a.txt", "/b.txt"], "dev": "d.conllu", "max_tokens": 32, "packing": "block"},
    "objective": {"mask": 0.2, "regulariser": "uniform", "p": 2, "terms": "children", "reduction": "mean",
                  "lambda": [[0, 0.01], [3000, 0]]},
    "optimiser": {"lr": 1e-3, "warmup": 5, "horizon": 50, "weight_decay": 0, "betas": [0.8, 0.9], "eps": 1e-6, "clip": 0},
    "steps": 20, "batch": 8, "accumulate": 2, "seed": 9, "device": "cpu", "dtype": "bfloat16",
    "save": {"log_per_decade": 0, "every": 7, "at": [1, 2]}})");
  EXPECT_EQ(config.model.vocab, "/v.txt");
  EXPECT_EQ(config.init, "folder/../other/checkpoint-7");
  EXPECT_EQ(config.data.text[1], "/b.txt");
  EXPECT_EQ(config.data.dev, "folder/d.conllu");
  EXPECT_EQ(longest_sequence(config, 64), 32);
  EXPECT_EQ(config.data.packing, Packing::block);
  EXPECT_EQ(config.objective.regulariser.p, 2);
  EXPECT_EQ(config.objective.regulariser.terms, RegulariserTerms::children);
  EXPECT_EQ(config.objective.regulariser.reduction, Reduction::mean);
  ASSERT_EQ(config.objective.lambda.size(), 2U);
  EXPECT_EQ(config.objective.lambda[1].from, 3000);
  EXPECT_EQ(config.optimiser.beta1, 0.8);
  EXPECT_EQ(config.optimiser.beta2, 0.9);
  EXPECT_EQ(config.accumulate, 2);
  EXPECT_EQ(config.dtype, Dtype::bfloat16);
  EXPECT_EQ(config.device, DeviceChoice::cpu);
  EXPECT_EQ(config.save.at, (std::vector<std::int64_t>{1, 2}));
  BertConfig found = model_shape(config.model, 100);
  EXPECT_EQ(model_shape_of(config.model, found, "f").hidden_dropout, 0.2);
  found.hidden = 32;
  expect_error(ErrorKind::configuration, "f: model.hidden: expected that of init, 32, found 64",
               [&] { model_shape_of(config.model, found, "f"); });
}

TEST(TrainConfig, EqualSettingsHaveOneText) {
  const TrainConfig config = parse(smallest);
  const BertConfig shape = model_shape(config.model, 50);
  const std::string text = canonical_settings(config, shape);
  const TrainConfig spelled = parse(
      R"({"steps": 10, "batch": 256, "data": {"packing": "sentence", "max_tokens": 128, "text": ["b.txt"]}, "model": {"layers": 12}})");
  EXPECT_EQ(canonical_settings(spelled, shape), text);  // files count by content, which is not asked here
  const TrainConfig watched =
      parse(R"({"model": {}, "data": {"text": ["a.txt"]}, "steps": 10, "live": {"every": 3}})");
  EXPECT_EQ(canonical_settings(watched, shape), text);  // measuring changes no weight
  for (const char* const other : {R"("batch": 255)", R"("seed": 2)", R"("objective": {"lambda": 1e-9})",
                                  R"("optimiser": {"eps": 1e-9})", R"("save": {"at": [3]})",
                                  R"("accumulate": 2)", R"("objective": {"terms": "heads"})"}) {
    const TrainConfig changed =
        parse(R"({"model": {}, "data": {"text": ["a.txt"]}, "steps": 10, )" + std::string(other) + "}");
    EXPECT_NE(canonical_settings(changed, shape), text) << other;
  }
}

struct Wrong {
  std::string text, message;
};

TEST(TrainConfig, RefusesWithTheKeysPlace) {
  const auto with = [](const std::string& more) {
    return R"({"model": {}, "data": {"text": ["a.txt"]}, "steps": 10, )" + more + "}";
  };
  const Wrong wrong[] = {
      {with(R"("stepps": 3)"), "stepps: no such key; did you mean steps?"},
      {with(R"("optimiser": {"warm_up": 3})"), "optimiser.warm_up: no such key; did you mean warmup?"},
      {with(R"("objective": {"zzzzzzzzzz": 3})"), "objective.zzzzzzzzzz: no such key"},
      {with(R"("batch": "8")"), "batch: expected a whole number, found the text \"8\""},
      {with(R"("batch": 8.5)"), "batch: expected a whole number"},
      {with(R"("batch": 0)"), "batch: expected 1 to 1000000, found 0"},
      {with(R"("objective": {"mask": 0})"), "objective.mask: expected above 0.0 and at most 1.0, found 0"},
      {with(R"("objective": {"p": 0})"), "objective.p: expected above 0.0"},
      {with(R"("objective": {"regulariser": "max", "p": 2})"),
       "objective.p: expected 1 with regulariser max"},
      {with(R"("objective": {"terms": "parents"})"),
       "objective.terms: expected one of both, heads, children, found \"parents\""},
      {with(R"("objective": {"lambda": [[5, 1]]})"),
       "objective.lambda: expected the first stage from step 0"},
      {with(R"("objective": {"lambda": [[0, 1], [0, 2]]})"),
       "objective.lambda: expected ascending steps, found 0 after 0"},
      {with(R"("objective": {"lambda": [1, 2]})"),
       "objective.lambda: expected a number or a list of [step, value]"},
      {with(R"("optimiser": {"betas": [0.9, 1]})"),
       "optimiser.betas: expected at least 0.0 and below 1.0, found 1"},
      {with(R"("optimiser": {"warmup": 50, "horizon": 50})"),
       "optimiser.warmup: expected below optimiser.horizon 50, found 50"},
      {with(R"("save": {"at": 3})"), "save.at: expected a list of steps"},
      {with(R"("save": 3)"), "save: expected an object, found 3"},
      {with(R"("live": {"max_sentence": 3})"), "live.max_sentence: no such key; did you mean max_sentences?"},
      {with(R"("live": {"max_sentences": 0})"), "live.max_sentences: expected 1 to 2147483647, found 0"},
      {with(R"("live": {"max_tokens": 2})"), "live.max_tokens: expected 3 to"},
      {with(R"("live": {"probes": "uas"})"), "live.probes: expected a list of texts, found the text"},
      {with(R"("live": {"parses": 3})"), "live.parses: expected text, found 3"},
      {with(R"("live": {"at": [-1]})"), "live.at: expected 0 to"},
      {with(R"("live": {"densify": {"every": 0}})"), "live.densify.every: expected 1 to"},
      {with(R"("live": {"densify": {"threshold": 0}})"), "live.densify.threshold: expected above 0"},
      {with(R"("live": {"densify": {"hold": 1.5}})"), "live.densify.hold: expected a whole number"},
      {with(R"("live": {"densify": {"steps": 1}})"), "live.densify.steps: no such key"},
      {R"({"data": {"text": ["a"]}, "steps": 1})", "model: missing"},
      {R"({"model": {}, "steps": 1})", "data: missing"},
      {R"({"model": {}, "data": {}, "steps": 1})", "data: 0 files to train on"},
      {R"({"model": {}, "data": {"text": ["a"]}})", "steps: missing"},
      {R"({"model": {"hidden": 10, "heads": 3}, "data": {"text": ["a"]}, "steps": 1})",
       "model.heads: expected a divisor of model.hidden 10, found 3"},
      {R"({"model": {"positions": 64}, "data": {"text": ["a"], "max_tokens": 65}, "steps": 1})",
       "data.max_tokens: expected at most the model's positions 64, found 65"},
  };
  for (const Wrong& one : wrong)
    expect_error(ErrorKind::configuration, "folder/train.json: " + one.message, [&] { parse(one.text); });
  expect_error(ErrorKind::bad_data, "folder/train.json", [] { parse("{"); });
  expect_error(ErrorKind::bad_data, "steps", [&] { parse(R"({"steps": 1, "steps": 2})"); });
}

TEST(TrainConfig, FilesThatAreNotThereAreMissingInput) {
  const TemporaryFolder folder;
  expect_error(ErrorKind::missing_input, "train.json", [&] { read_train_config(folder / "train.json"); });
  write_file_atomically(folder / "train.json", smallest);
  expect_error(ErrorKind::missing_input, "a.txt: no such file",
               [&] { read_train_config(folder / "train.json"); });
  write_file_atomically(folder / "a.txt", "a\n");
  expect_error(ErrorKind::missing_input, "vocab.txt: no such file",
               [&] { read_train_config(folder / "train.json"); });
  write_file_atomically(folder / "vocab.txt", "a\n");
  EXPECT_EQ(read_train_config(folder / "train.json").steps, 10);
  for (const char* const key : {"parses", "pairs", "text"}) {
    write_file_atomically(folder / "live.json",
                          R"({"model": {}, "data": {"text": ["a.txt"]}, "steps": 10, "live": {")" +
                              std::string(key) + R"(": "later"}})");
    expect_error(ErrorKind::missing_input, "later: no such file",
                 [&] { read_train_config(folder / "live.json"); });
  }
}

TEST(TrainConfig, TheExamplesAreInOrder) {
  // Their corpora are not here; all else is read as it stands.
  int count = 0;
  for (const char* const folder : {ONSET_EXAMPLES, ONSET_EXAMPLES "/demo"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".json" || entry.path().filename() == "sweep.json") continue;
      EXPECT_GT(parse_train_config(read_file(entry.path()), entry.path()).steps, 0) << entry.path();
      ++count;
    }
  }
  EXPECT_GE(count, 7);
  const std::filesystem::path file = ONSET_EXAMPLES "/demo/live.json";
  const TrainConfig live = parse_train_config(read_file(file), file);
  ASSERT_TRUE(live.live && live.live->densify);
  // It is the base run, watched.
  const std::filesystem::path base = ONSET_EXAMPLES "/demo/base.json";
  const BertConfig shape = model_shape(live.model, 100);
  TrainConfig same = live;
  same.save = parse_train_config(read_file(base), base).save;
  EXPECT_EQ(canonical_settings(same, shape),
            canonical_settings(parse_train_config(read_file(base), base), shape));
}

TEST(NearestWord, TakesTheFewestEdits) {
  EXPECT_EQ(nearest_word("warm_up", {"warmth", "warmup", "up"}), "warmup");
  EXPECT_EQ(nearest_word("lerning", {"learning", "burning"}), "learning");
  EXPECT_EQ(nearest_word("qqqq", {"steps", "batch"}), "");
}

}  // namespace
}  // namespace onset
