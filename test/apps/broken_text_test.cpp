// Parses, pairs and texts that are broken or only unusual, seen from outside. What the readers refuse in
// detail is tested in test/text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "onset/series/hdf5_file.h"
#include "program.h"
#include "test/edited_text.h"

namespace onset {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A line of CoNLL-U: ID, FORM, HEAD, DEPREL and what is not read.
std::string row(const std::string& id, const std::string& form, const std::string& head,
                const std::string& relation) {
  return id + "\t" + form + "\t_\t_\t_\t_\t" + head + "\t" + relation + "\t_\t_\n";
}

/// "the dogs see cats" with its tree, and `middle` between its second and third word.
std::string sentence(const std::string& middle = "", const std::string& third_head = "0") {
  return "# sent_id = s\n" + row("1", "the", "2", "det") + row("2", "dogs", "3", "nsubj") + middle +
         row("3", "see", third_head, "root") + row("4", "cats", "3", "obj") + "\n";
}

std::string pair(const std::string& good, const std::string& bad, const std::string& id = "0") {
  return R"({"sentence_good": )" + good + R"(, "sentence_bad": )" + bad +
         R"(, "UID": "agreement", "pairID": ")" + id + R"(", "linguistics_term": "agreement"})" + "\n";
}

class BrokenText : public testing::Test {
 protected:
  Outcome analyze(const std::string& option, const std::string& file, const std::string& bytes,
                  const std::string& more = "") const {
    write_text(folder_ / file, bytes);
    return run_program("analyze " + small_series().run() + " --steps 300 -o " + series().string() + " " +
                           option + " " + (folder_ / file).string() +
                           " --min-relation 1 --replicates 2 --threads 1 " + more,
                       folder_);
  }
  void expect_refused(const std::string& option, const std::string& file, const std::string& bytes,
                      const std::string& message) const {
    const Outcome outcome = analyze(option, file, bytes);
    EXPECT_EQ(outcome.code, 65) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr((folder_ / file).string() + ":" + message));
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_FALSE(fs::exists(series()));
  }
  void expect_parses_refused(const std::string& bytes, const std::string& message) const {
    expect_refused("--parses", "p.conllu", bytes, message);
  }
  void expect_pairs_refused(const std::string& bytes, const std::string& message) const {
    expect_refused("--pairs", "p.jsonl", bytes, message);
  }
  fs::path series() const { return folder_ / "s.h5"; }
  std::vector<std::int64_t> correct() const {
    return std::get<std::vector<std::int64_t>>(find_curve(read_series(series()), "uas/correct")->values);
  }

  TemporaryFolder folder_;
};

TEST_F(BrokenText, F21RangesAndEmptyNodesAreCheckedAndLeftOut) {
  ASSERT_EQ(analyze("--parses", "p.conllu", sentence(), "--probes uas").code, 0);
  const std::vector<std::int64_t> plain = correct();
  const std::string more = row("2.1", "which", "_", "_") + row("3-4", "seecats", "_", "_");
  ASSERT_EQ(analyze("--parses", "p.conllu", sentence(more), "--probes uas").code, 0);
  EXPECT_EQ(correct(), plain);
}

TEST_F(BrokenText, F21RangesAndEmptyNodesOutOfPlace) {
  expect_parses_refused(sentence(row("4-3", "x", "_", "_")), "4: ID: range \"4-3\" is not first-last");
  expect_parses_refused(sentence(row("3-9", "x", "_", "_")), "4: ID: range 3-9 in a sentence of 4 words");
  expect_parses_refused(sentence(row("2-3", "x", "_", "_")), "4: ID: range \"2-3\" where word 3 comes next");
  expect_parses_refused(sentence(row("3-4", "x", "_", "_") + row("3-4", "x", "_", "_")),
                        "5: ID: range \"3-4\" overlaps the one on line 4");
  expect_parses_refused(sentence(row("3.1", "x", "_", "_")), "4: ID: empty node \"3.1\" where 2.1 should be");
}

TEST_F(BrokenText, F22ParsesThatAreNoTree) {
  expect_parses_refused(sentence("", "4"), "2: HEAD: no word of the sentence is its root (0)");
  expect_parses_refused(sentence("", "3"), "4: HEAD: word 3 is its own head");
  expect_parses_refused(sentence("", "5"), "4: HEAD: 5 in a sentence of 4 words (sentence \"s\")");
  expect_parses_refused(row("1", "a", "0", "root") + row("2", "b", "0", "root") + "\n",
                        "2: HEAD: word 2 is a second root after word 1");
  expect_parses_refused(
      row("1", "a", "0", "root") + row("2", "b", "3", "det") + row("3", "c", "2", "det") + "\n",
      "2: HEAD: going up from word 2 leads back to it");
  expect_parses_refused(row("1", "a", "0", "root") + row("3", "b", "1", "det") + "\n",
                        "2: ID: \"3\" where word 2 should be");
}

TEST_F(BrokenText, F23WindowsLineEndsAndAByteOrderMarkChangeNothing) {
  ASSERT_EQ(analyze("--parses", "p.conllu", sentence()).code, 0);
  const std::map<std::string, Group> plain = read_series(series()).groups;
  std::string windows = "\xef\xbb\xbf";
  for (const char c : sentence()) windows += c == '\n' ? "\r\n" : std::string(1, c);
  fs::remove(series());
  ASSERT_EQ(analyze("--parses", "p.conllu", windows).code, 0);
  for (const auto& [name, group] : read_series(series()).groups)
    EXPECT_EQ(group.variables, plain.at(name).variables) << name;
}

TEST_F(BrokenText, F24BytesThatAreNoText) {
  // "# sent_id = s\n" has 14 bytes and "1\t" two
  std::string bytes = sentence();
  bytes[16] = '\xff';
  expect_parses_refused(bytes, "@16: ");
  bytes[16] = '\0';
  expect_parses_refused(bytes, "@16: a NUL in a text file");
  expect_pairs_refused(pair("\"a \xff\"", "\"b\""), "@");
  expect_refused("--text", "t.txt", "caf\xe9 au lait\n", "@3: ");
  expect_refused("--text", "t.txt", std::string("a\0b\n", 4), "@1: a NUL in a text file");
}

TEST_F(BrokenText, F25ColumnsAndTheLastLineEnd) {
  expect_parses_refused("1\ta\t0\troot\n\n", "1: 4 tab-separated columns, not 10");
  std::string bytes = sentence();
  bytes.resize(bytes.size() - 2);  // the empty line and the end of the one before
  const Outcome outcome = analyze("--parses", "p.conllu", bytes);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("p.conllu:5: no newline at the end of the file"));
}

TEST_F(BrokenText, F26SentencesTooLongAreCountedAndNeverCut) {
  std::string longer = "# sent_id = long\n" + row("1", "dogs", "0", "root");
  for (int word = 2; word <= 70; ++word) longer += row(std::to_string(word), "dogs", "1", "obj");
  const Outcome outcome = analyze("--parses", "p.conllu", sentence() + longer + "\n");  // 64 positions
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("1 of 2 sentences left out (1 "));
  std::string many = "\"dogs";
  for (int word = 2; word <= 70; ++word) many += " dogs";
  ASSERT_EQ(
      analyze("--pairs", "p.jsonl", pair("\"the dogs\"", "\"dogs the\"") + pair(many + "\"", "\"dogs\"", "1"))
          .code,
      0);
  EXPECT_THAT(read_file(folder_ / "err"),
              HasSubstr("p.jsonl: 1 of 2 pairs left out (over the model's 64 positions)"));
  const Series found = read_series(series());
  const auto& total = std::get<std::vector<std::int64_t>>(find_constant(found, "pll/total")->values);
  EXPECT_EQ(total, (std::vector<std::int64_t>{1}));
  const auto& scores = std::get<std::vector<float>>(find_curve(found, "pll/score")->values);
  ASSERT_EQ(scores.size(), 4U);
  EXPECT_TRUE(std::isfinite(scores[0]) && std::isfinite(scores[1]));
  EXPECT_TRUE(std::isnan(scores[2]));
}

TEST_F(BrokenText, F27AWordOverAHundredCharactersIsUnknownAndKeepsItsPlace) {
  ASSERT_EQ(analyze("--parses", "p.conllu", sentence(), "--probes uas").code, 0);
  std::string bytes = sentence();
  bytes = replaced(bytes, "cats", std::string(101, 'q'));
  const Outcome outcome = analyze("--parses", "p.conllu", bytes, "--probes uas");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const Series found = read_series(series());
  const auto& total = std::get<std::vector<std::int64_t>>(find_constant(found, "uas/total")->values);
  EXPECT_EQ(total.at(0), 4);  // of all relations: every word is still there
}

TEST_F(BrokenText, F28FieldsOfPairs) {
  expect_pairs_refused("{\"sentence_good\": \"a\"}\n", "1: ");
  expect_pairs_refused(pair("\"a\"", "\"b\"") + pair("7", "\"b\"", "1"), "2: sentence_good: ");
  expect_pairs_refused(pair("\"a\"", "\"b\"") + "not JSON\n", "2: ");
  expect_pairs_refused(pair("\"a\"", "\"b\"") + pair("\"c\"", "\"d\""), "2: pairID: \"0\" of UID");
}

TEST_F(BrokenText, F28APairOfEqualSentencesIsScoredAndNeverRight) {
  const Outcome outcome = analyze("--pairs", "p.jsonl", pair("\"the dogs\"", "\"the dogs\""));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("p.jsonl:1: sentence_good and sentence_bad are the same"));
  const Series found = read_series(series());
  EXPECT_EQ(std::get<std::vector<double>>(find_curve(found, "pll/overall")->values).at(0), 0.0);
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(find_constant(found, "pll/total")->values).at(0), 1);
}

TEST_F(BrokenText, F29NothingInIt) {
  expect_parses_refused("", " 0 sentences");
  expect_parses_refused("# only a comment\n\n", " 0 sentences");
  expect_pairs_refused("", " 0 items");
  expect_pairs_refused("\n\n", " 0 items");
  expect_refused("--text", "t.txt", "", " 0 lines");
}

TEST_F(BrokenText, F30TablesOfGlue) {
  const auto finetune = [&](const std::string& task, const std::string& train) {
    write_text(folder_ / "train.tsv", train);
    write_text(folder_ / "dev.tsv", train);
    return run_program("finetune " + small_series().run() + " --steps 0 -o " + series().string() +
                           " --task " + task + " --data " + folder_.path().string() +
                           " --epochs 1 --seeds 1 --threads 1",
                       folder_);
  };
  const std::string good = "s\t1\t\tthe \"dogs see cats\ns\t0\t*\tthe dog see \"\" cats\n";
  EXPECT_EQ(finetune("cola", good).code, 0) << "quotes are characters like others";
  const auto expect_refused = [&](const std::string& task, const std::string& train,
                                  const std::string& message) {
    const Outcome outcome = finetune(task, train);
    EXPECT_EQ(outcome.code, 65) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("train.tsv:" + message));
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  };
  expect_refused("cola", good + "s\tyes\t\tdogs\n",
                 "3: label: expected a label of cola (0, 1), found \"yes\"");
  expect_refused("cola", good + "s\t1\tdogs\n", "3: ");
  expect_refused("mrpc", good, "1: header: expected a column");
  expect_refused("cola", "", " ");
}

}  // namespace
}  // namespace onset
