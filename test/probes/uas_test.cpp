#include "onset/probes/uas.h"

#include <gtest/gtest.h>

#include <cmath>

#include "onset/base/error.h"

namespace onset {
namespace {

WordPiece tiny_wordpiece() {
  return WordPiece(std::make_shared<Vocabulary>(std::vector<std::string>{
      "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sle", "##eps", "boss", "'", "s"}));
}

/// "the cat sleeps": the -> cat (det), cat -> sleeps (nsubj), sleeps root; sleeps is two subwords.
ParsedSentence cat_sentence() {
  return {"1", 1, {"the", "cat", "sleeps"}, {2, 3, 0}, {"det", "nsubj", "root"}};
}

UasOptions any_relation() { return {.max_tokens = 128, .min_relation = 1}; }

/// A model shape with one layer and one head.
BertConfig one_head() {
  BertConfig config;
  config.layers = 1;
  config.heads = 1;
  config.hidden = 4;
  return config;
}

// Tokens: [CLS] the cat sle ##eps [SEP].
constexpr float map_values[6][6] = {
    {.5F, .1F, .1F, .1F, .1F, .1F},  //
    {.1F, .1F, .3F, .1F, .2F, .2F},  // the:    the .1, cat .3, sleeps .1 + .2 = .3 -> first of equals: cat
    {.0F, .4F, .1F, .2F, .1F, .2F},  // cat:    the .4, sleeps .3
    {.0F, .2F, .6F, .1F, .1F, .0F},  // sle     the .2, cat .6
    {.0F, .4F, .2F, .2F, .2F, .0F},  // ##eps   the .4, cat .2   -> sleeps: the .3, cat .4
    {.0F, .0F, .0F, .0F, .0F, 1.0F},
};
const AttentionMap map{0, 0, 0, 6, &map_values[0][0], 6};

TEST(Uas, PoolsColumnsBySumAndRowsByMean) {
  const UasData data =
      prepare_uas(std::vector<ParsedSentence>{cat_sentence()}, tiny_wordpiece(), any_relation());
  const std::vector<float> w = word_attention(map, data.sentences[0].words);
  const std::vector<float> expected = {0, .3F, .3F, .4F, 0, .3F, .3F, .4F, 0};
  for (std::size_t i = 0; i < w.size(); ++i) EXPECT_NEAR(w[i], expected[i], 1e-6) << i;
}

TEST(Uas, CountsBothDirectionsByHand) {
  const UasData data =
      prepare_uas(std::vector<ParsedSentence>{cat_sentence()}, tiny_wordpiece(), any_relation());
  ASSERT_EQ(data.relations, (std::vector<std::string>{"all", "det", "nsubj", "root"}));
  EXPECT_EQ(data.total, (std::vector<std::int64_t>{3, 1, 1, 1}));
  UasScorer scorer(data, one_head());
  scorer.read(0, map);
  const UasScores scores = scorer.scores({{.replicates = 3}, ItemKind::sentence, data.content});
  // dep->head: the -> cat (right), cat -> the (wrong: sleeps), sleeps -> cat (root: wrong).
  // head<-dep: columns: the: cat .4 (right); cat: sleeps .4 (right); sleeps: the .3 = cat .3, first: the
  // (wrong).
  EXPECT_EQ(scores.correct, (std::vector<std::int64_t>{1, 1, 0, 0, 2, 1, 1, 0}));
  // Reported: det and nsubj (root never). Best heads: det 1/1, nsubj 1/1.
  EXPECT_EQ(scores.micro, 1.0);
  EXPECT_EQ(scores.macro, 1.0);
  EXPECT_NEAR(scores.best_all, 2.0 / 3, 1e-12);
  // Weight on gold, dep->head: det w[the, cat] = .3; nsubj w[cat, sleeps] = .3; all = mean .3. head<-dep:
  // w[cat, the] = .4, w[sleeps, cat] = .4.
  const double expected[] = {.3, .3, .3, NAN, .4, .4, .4, NAN};
  for (int i = 0; i < 8; ++i) {
    if (std::isnan(expected[i])) {
      EXPECT_TRUE(std::isnan(scores.weight[i]));
    } else {
      EXPECT_NEAR(scores.weight[i], expected[i], 1e-7) << i;
    }
  }
  ASSERT_EQ(scores.micro_replicates.size(), 3U);
  for (const float replicate : scores.micro_replicates)
    EXPECT_TRUE(replicate == 1.0F || std::isnan(replicate));
}

/// Reads a map in which nobody attends to a word but for the links {from, to} of words (0.6; what is left,
/// 0.4 or all, goes to [CLS]). A word without a link so predicts the first word, with a weight of 0.
void read_links(UasScorer& scorer, const UasData& data, std::int64_t sentence, std::int64_t head,
                const std::vector<std::pair<int, int>>& links) {
  const std::vector<TokenSpan>& words = data.sentences[sentence].words;
  const auto tokens = static_cast<int>(data.ids[sentence].size());
  std::vector<float> values(static_cast<std::size_t>(tokens) * tokens, 0.0F);
  for (int token = 0; token < tokens; ++token) values[token * tokens] = 1.0F;
  for (const auto& [from, to] : links) {
    for (std::int32_t query = words[from].begin; query < words[from].end; ++query) {
      values[query * tokens] = 0.4F;
      values[query * tokens + words[to].begin] = 0.6F;
    }
  }
  scorer.read(sentence, {0, sentence, head, tokens, values.data(), tokens});
}

TEST(Uas, CurvesOfSeveralRelationsByHand) {
  const ParsedSentence the_cat = cat_sentence();
  const ParsedSentence boss{"", 1, {"boss", "sleeps"}, {2, 0}, {"nsubj", "root"}};
  const ParsedSentence cat_end{"", 1, {"cat", "sleeps", "'"}, {2, 0, 2}, {"nsubj", "root", "punct"}};
  const ParsedSentence the_cat_end{
      "", 1, {"the", "cat", "sleeps", "'"}, {2, 3, 0, 3}, {"det", "nsubj", "root", "punct"}};
  UasData data =
      prepare_uas(std::vector<ParsedSentence>{the_cat_end, the_cat, boss, the_cat, cat_end, the_cat, boss},
                  tiny_wordpiece(), any_relation());
  ASSERT_EQ(data.relations, (std::vector<std::string>{"all", "det", "nsubj", "punct", "root"}));
  EXPECT_EQ(data.total, (std::vector<std::int64_t>{20, 4, 7, 2, 7}));
  EXPECT_EQ(data.reported, (std::vector<bool>{false, true, true, false, false}));
  // Even: sentences 0, 2, 5 (2 det, 3 nsubj). Odd: 1, 3, 4, 6 (2 det, 4 nsubj).
  data.content = {2, 3, 4, 5, 7, 6, 9};

  // Head 0 attends from words to their heads, head 1 from heads to their words: in the other direction either
  // is always wrong (a link to the gold head says nothing of who attends to the word, and without a link the
  // first word is predicted, which is nobody's head).
  BertConfig config = one_head();
  config.heads = 2;
  UasScorer scorer(data, config);
  using Links = std::vector<std::pair<int, int>>;
  const Links head_0[] = {{{0, 1}, {1, 2}, {3, 2}}, {{0, 1}, {1, 2}}, {}, {{1, 2}},
                          {{0, 1}, {2, 1}},         {{0, 1}},         {}};
  const Links head_1[] = {{{2, 1}}, {{1, 0}}, {{1, 0}}, {{1, 0}}, {{1, 0}}, {{2, 1}}, {{1, 0}}};
  for (std::int64_t s = 0; s < 7; ++s) {
    read_links(scorer, data, s, 0, head_0[s]);
    read_links(scorer, data, s, 1, head_1[s]);
  }
  const BootstrapWeights weights({.replicates = 200}, ItemKind::sentence, data.content);
  const UasScores scores = scorer.scores(weights);

  // Right in dep->head, head 0: det in 0, 5 | 1; nsubj in 0 | 1, 3, 4; punct in 0 | 4 (even | odd).
  // Right in head<-dep, head 1: det in - | 1, 3; nsubj in 0, 2, 5 | 4, 6.
  EXPECT_EQ(scores.correct, (std::vector<std::int64_t>{9, 3, 4, 2, 0,     // dep->head, head 0
                                                       0, 0, 0, 0, 0,     // dep->head, head 1
                                                       0, 0, 0, 0, 0,     // head<-dep, head 0
                                                       7, 2, 5, 0, 0}));  // head<-dep, head 1
  // Best: det head 0 with 3 of 4, nsubj head 1 with 5 of 7, all words head 0 with 9 of 20.
  EXPECT_NEAR(scores.micro, (3.0 + 5.0) / (4 + 7), 1e-12);
  EXPECT_NEAR(scores.macro, (3.0 / 4 + 5.0 / 7) / 2, 1e-12);
  EXPECT_NEAR(scores.best_all, 9.0 / 20, 1e-12);
  // Chosen on the even half: det head 0 (2 to 0), right once on the odd; nsubj head 1 (3 to 1), right twice.
  // Chosen on the odd half: det head 1 (2 to 1), never right on the even; nsubj head 0 (3 to 2), right once.
  EXPECT_NEAR(scores.micro_crossfit, (1.0 + 2 + 0 + 1) / (4 + 7), 1e-12);

  // Replicates from the weights: what each sentence has of a relation, and what its best head gets right.
  const int det[] = {1, 1, 0, 1, 0, 1, 0};
  const int det_right[] = {1, 1, 0, 0, 0, 1, 0};
  const int nsubj_right[] = {1, 0, 1, 0, 1, 1, 1};  // each sentence has one nsubj
  ASSERT_EQ(scores.micro_replicates.size(), 200U);
  ASSERT_EQ(scores.macro_replicates.size(), 200U);
  int without_det = 0;
  for (int b = 0; b < 200; ++b) {
    double dets = 0, dets_right = 0, nsubjs = 0, nsubjs_right = 0;
    for (int s = 0; s < 7; ++s) {
      dets += weights(b, s) * det[s];
      dets_right += weights(b, s) * det_right[s];
      nsubjs += weights(b, s);
      nsubjs_right += weights(b, s) * nsubj_right[s];
    }
    if (nsubjs == 0) {  // no sentence was drawn
      EXPECT_TRUE(std::isnan(scores.micro_replicates[b])) << b;
      EXPECT_TRUE(std::isnan(scores.macro_replicates[b])) << b;
      continue;
    }
    EXPECT_NEAR(scores.micro_replicates[b], (dets_right + nsubjs_right) / (dets + nsubjs), 1e-6) << b;
    // The mean over the relations that were drawn.
    without_det += dets == 0 ? 1 : 0;
    const double macro = dets == 0 ? nsubjs_right / nsubjs : (dets_right / dets + nsubjs_right / nsubjs) / 2;
    EXPECT_NEAR(scores.macro_replicates[b], macro, 1e-6) << b;
  }
  // Four sentences have a det: exp(-4), or 3.7 of 200, are without.
  EXPECT_GT(without_det, 0);
}

TEST(Uas, SomeSentencesKeepTheRelationsOfAll) {
  const ParsedSentence boss{"2", 5, {"boss", "'s", "cat"}, {3, 1, 0}, {"poss", "possessive", "root"}};
  const UasData all = prepare_uas(std::vector<ParsedSentence>{cat_sentence(), boss, cat_sentence()},
                                  tiny_wordpiece(), any_relation());
  const UasData last = take_sentences(all, std::vector<std::size_t>{1, 2});
  EXPECT_EQ(last.relations, all.relations);  // all, det, nsubj, poss, possessive, root
  EXPECT_EQ(last.total, (std::vector<std::int64_t>{6, 1, 1, 1, 1, 2}));
  EXPECT_EQ(last.source, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(last.content, (std::vector<std::uint64_t>{all.content[1], all.content[2]}));
  EXPECT_EQ(last.judged, (std::vector<std::int32_t>{1, 1, 2, 3, 4, 5}));  // the boss's word is 's
  EXPECT_EQ(last.sentences[1].first_word, 3);
  // Without the second sentence its relations have no word, and nothing is reported of them.
  const UasData cats = take_sentences(all, std::vector<std::size_t>{0, 2});
  EXPECT_EQ(cats.total, (std::vector<std::int64_t>{6, 2, 2, 0, 0, 2}));
  EXPECT_EQ(cats.reported, (std::vector<bool>{false, true, true, false, false, false}));
  EXPECT_TRUE(std::isnan(cats.baseline[3]));
  EXPECT_EQ(cats.baseline[1], 1.0);  // det: the next word
  UasScorer scorer(cats, one_head());
  for (const std::int64_t sentence : {0, 1}) scorer.read(sentence, map);
  const UasScores scores = scorer.scores({{.replicates = 2}, ItemKind::sentence, cats.content});
  EXPECT_EQ(scores.micro, 1.0);
  EXPECT_EQ(scores.macro, 1.0);
}

TEST(Uas, AHeadThatIsNotANumberHasNoScore) {
  const UasData data = prepare_uas(std::vector<ParsedSentence>{cat_sentence(), cat_sentence()},
                                   tiny_wordpiece(), any_relation());
  BertConfig config = one_head();
  config.heads = 2;
  UasScorer scorer(data, config);
  float spoilt[6][6];
  std::copy(&map_values[0][0], &map_values[0][0] + 36, &spoilt[0][0]);
  spoilt[1][2] = NAN;  // the -> cat
  for (const std::int64_t sentence : {0, 1}) {
    scorer.read(sentence, map);
    scorer.read(sentence, {0, 0, 1, 6, sentence == 0 ? &map_values[0][0] : &spoilt[0][0], 6});
  }
  const UasScores scores = scorer.scores({{.replicates = 2}, ItemKind::sentence, data.content});
  // [direction, head, relation]: head 0 as in one sentence, twice; head 1 is lost by its second sentence.
  EXPECT_EQ(scores.correct,
            (std::vector<std::int64_t>{2, 2, 0, 0, -1, -1, -1, -1, 4, 2, 2, 0, -1, -1, -1, -1}));
  EXPECT_NEAR(scores.weight[0], .3, 1e-7);
  EXPECT_NEAR(scores.weight[8], .4, 1e-7);
  for (const std::size_t lost : {4U, 5U, 6U, 12U, 13U, 14U})
    EXPECT_TRUE(std::isnan(scores.weight[lost])) << lost;
  for (const double curve : {scores.micro, scores.macro, scores.best_all, scores.micro_crossfit}) {
    EXPECT_TRUE(std::isnan(curve));
  }
  ASSERT_EQ(scores.micro_replicates.size(), 2U);
  ASSERT_EQ(scores.macro_replicates.size(), 2U);
  for (const float replicate : scores.micro_replicates) EXPECT_TRUE(std::isnan(replicate));
  for (const float replicate : scores.macro_replicates) EXPECT_TRUE(std::isnan(replicate));
}

TEST(Uas, WhatIsNotANumberBesideTheWordsIsNoMatter) {
  // The rows of [CLS] and [SEP] and what words give them are dropped.
  const UasData data =
      prepare_uas(std::vector<ParsedSentence>{cat_sentence()}, tiny_wordpiece(), any_relation());
  float spoilt[6][6];
  std::copy(&map_values[0][0], &map_values[0][0] + 36, &spoilt[0][0]);
  spoilt[0][2] = spoilt[5][5] = spoilt[2][0] = NAN;
  UasScorer scorer(data, one_head());
  scorer.read(0, {0, 0, 0, 6, &spoilt[0][0], 6});
  const UasScores scores = scorer.scores({{.replicates = 0}, ItemKind::sentence, data.content});
  EXPECT_EQ(scores.correct, (std::vector<std::int64_t>{1, 1, 0, 0, 2, 1, 1, 0}));
  EXPECT_EQ(scores.micro, 1.0);
}

TEST(Uas, BaselineIsTheBestFixedOffset) {
  // Heads 2, 3, 0: offset +1 predicts 2, 3, 3 (clipped to n): det and nsubj right. Offset -3 predicts 0, 0,
  // 0: the root right.
  const UasData data =
      prepare_uas(std::vector<ParsedSentence>{cat_sentence()}, tiny_wordpiece(), any_relation());
  EXPECT_NEAR(data.baseline[0], 2.0 / 3, 1e-12);
  EXPECT_EQ(data.baseline[1], 1.0);
  EXPECT_EQ(data.baseline[3], 1.0);
}

TEST(Uas, GenitiveTakesTheNextWordsPrediction) {
  // "boss 's cat": boss -> cat (poss), 's -> boss (case), cat root. Judged by the prediction of 's.
  const ParsedSentence sentence{"1", 1, {"boss", "'s", "cat"}, {3, 1, 0}, {"poss", "case", "root"}};
  const UasData data = prepare_uas(std::vector<ParsedSentence>{sentence}, tiny_wordpiece(), any_relation());
  EXPECT_EQ(data.judged, (std::vector<std::int32_t>{1, 1, 2}));
}

TEST(Uas, LeavesOutLongSentencesAndWordsWithoutSubwords) {
  ParsedSentence blank = cat_sentence();
  blank.words[1] = "\u00ad";  // a soft hyphen: cleaned away
  UasOptions options = any_relation();
  options.max_tokens = 6;
  const UasData data =
      prepare_uas(std::vector<ParsedSentence>{blank, cat_sentence()}, tiny_wordpiece(), options);
  EXPECT_EQ(data.without_subword, 1);
  EXPECT_EQ(data.source, (std::vector<std::int64_t>{1}));
  options.max_tokens = 5;
  try {
    prepare_uas(std::vector<ParsedSentence>{cat_sentence()}, tiny_wordpiece(), options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_data);
    EXPECT_STREQ(error.what(),
                 "no sentence of the parses is left: 1 longer than --max-tokens 5, 0 with a word that yields "
                 "no subword");
  }
}

TEST(Uas, SaysWhichOptionToLowerWhereNoRelationIsLeft) {
  try {
    prepare_uas(std::vector<ParsedSentence>{cat_sentence()}, tiny_wordpiece(), {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_data);
    EXPECT_STREQ(error.what(),
                 "no relation of the parses is seen 100 times (the commonest 1): lower --min-relation");
  }
}

}  // namespace
}  // namespace onset
