#include "onset/text/glue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Glue : public testing::Test {
 protected:
  std::filesystem::path write(std::string_view text) const {
    std::filesystem::path file = folder_ / "table.tsv";
    write_file_atomically(file, text);
    return file;
  }

  std::vector<GlueExample> read(std::string_view task, std::string_view text) {
    return read_glue(glue_task(task), write(text),
                     [this](const std::string& warning) { warnings_.push_back(warning); });
  }

  /// Of the error that reading this gives: its text, the file's path taken off, for kind bad_data.
  std::string bad_data(std::string_view task, std::string_view text) {
    try {
      read(task, text);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_data);
      const std::string message = error.what();
      const std::string file = (folder_ / "table.tsv").string();
      EXPECT_TRUE(message.starts_with(file)) << message;
      return message.substr(file.size());
    }
    return "no error";
  }

  TemporaryFolder folder_;
  std::vector<std::string> warnings_;
};

TEST_F(Glue, NineTasksByAnySpelling) {
  std::vector<std::string> names;
  for (const GlueTask& task : glue_tasks()) names.push_back(task.name);
  EXPECT_THAT(names, ElementsAre("cola", "sst-2", "mrpc", "qqp", "sts-b", "mnli", "qnli", "rte", "wnli"));
  EXPECT_EQ(glue_task("SST2").name, "sst-2");
  EXPECT_EQ(glue_task("sst-2").name, "sst-2");
  EXPECT_EQ(glue_task("STS_B").name, "sts-b");
  EXPECT_EQ(glue_task("CoLA").folder, "CoLA");
  try {
    glue_task("squad");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_STREQ(
        error.what(),
        "task: expected one of cola, sst-2, mrpc, qqp, sts-b, mnli, qnli, rte, wnli, found \"squad\"");
  }
}

TEST_F(Glue, ColaHasNoHeader) {
  const auto examples = read("cola", "gj04\t1\t\tThey drank the pub dry.\ngj04\t0\t*\tThey drank the pub.\n");
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[0].first, "They drank the pub dry.");
  EXPECT_EQ(examples[0].second, "");
  EXPECT_EQ(examples[0].label, 1);
  EXPECT_EQ(examples[0].line, 1);
  EXPECT_EQ(examples[1].label, 0);
  EXPECT_EQ(examples[1].line, 2);
  EXPECT_FALSE(glue_task("cola").pair());
}

TEST_F(Glue, Sst2) {
  const auto examples = read("sst-2", "sentence\tlabel\nit 's a charming journey . \t1\n");
  ASSERT_EQ(examples.size(), 1U);
  EXPECT_EQ(examples[0].first, "it 's a charming journey . ");
  EXPECT_EQ(examples[0].label, 1);
  EXPECT_EQ(examples[0].line, 2);
}

TEST_F(Glue, MrpcWithMarkWindowsLineEndsAndQuotes) {
  const auto examples = read("mrpc",
                             "\xef\xbb\xbfQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n"
                             "1\t70\t71\t\" Quotes are literal .\tHe said \"\"so\"\" .\r\n"
                             "0\t72\t73\tcaf\xc3\xa9 'x'\t\"\r\n");
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[0].first, "\" Quotes are literal .");
  EXPECT_EQ(examples[0].second, "He said \"\"so\"\" .");
  EXPECT_EQ(examples[0].label, 1);
  EXPECT_EQ(examples[1].first, "caf\xc3\xa9 'x'");
  EXPECT_EQ(examples[1].second, "\"");
}

TEST_F(Glue, QqpLeavesOutBrokenLinesAndSaysSo) {
  const auto examples = read("qqp",
                             "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n"
                             "0\t1\t2\tHow?\tWhy?\t0\n"
                             "1\t3\t4\t\"Was he real?\n"
                             "\tWas he a real figure?\t0\n"
                             "2\t5\t6\tWho?\tWho is it?\t1");
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[1].second, "Who is it?");
  EXPECT_EQ(examples[1].label, 1);
  EXPECT_EQ(examples[1].line, 5);
  EXPECT_THAT(warnings_, ElementsAre((folder_ / "table.tsv").string() +
                                     ":3: 2 lines left out, this the first: fewer than 6 columns"));
  EXPECT_EQ(bad_data("qqp", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n0\t1\t2\tA\tB\tC\t0\n"),
            ":2: expected 6 columns of qqp, found 7");
}

TEST_F(Glue, StsbIsAScore) {
  const std::string header =
      "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n";
  const auto examples =
      read("sts-b", header + "0\tg\tf\t2012\t1\tnone\tnone\tA plane.\tAn air plane.\t4.750\n" +
                        "1\tg\tf\t2012\t1\tnone\tnone\tA.\tB.\t0\n");
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_TRUE(glue_task("sts-b").regression());
  EXPECT_EQ(examples[0].second, "An air plane.");
  EXPECT_FLOAT_EQ(examples[0].label, 4.75F);
  EXPECT_FLOAT_EQ(examples[1].label, 0);
  for (const char* score : {"5.1", "-1", "nan", "4.0x", "", "five"}) {
    EXPECT_EQ(bad_data("sts-b", header + "0\tg\tf\t2012\t1\tnone\tnone\tA.\tB.\t" + score + "\n"),
              ":2: score: expected a number from 0 to 5, found \"" + std::string(score) + "\"");
  }
}

TEST_F(Glue, MnliTrainAndDevDifferInColumns) {
  const std::string common =
      "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\t"
      "sentence2_parse\tsentence1\tsentence2\t";
  const auto train =
      read("mnli", common + "label1\tgold_label\n0\t1\t2\tg\ta\tb\tc\td\tP\tH\tneutral\tneutral\n");
  ASSERT_EQ(train.size(), 1U);
  EXPECT_EQ(train[0].first, "P");
  EXPECT_EQ(train[0].second, "H");
  EXPECT_EQ(train[0].label, 1);
  const auto dev = read("mnli", common +
                                    "label1\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label\n"
                                    "0\t1\t2\tg\ta\tb\tc\td\tP\tH\tneutral\tn\tn\tn\tn\tcontradiction\n");
  ASSERT_EQ(dev.size(), 1U);
  EXPECT_EQ(dev[0].label, 2);
  EXPECT_EQ(bad_data("mnli", common + "label1\tgold_label\n0\t1\t2\tg\ta\tb\tc\td\tP\tH\t-\t-\n"),
            ":2: gold_label: expected a label of mnli (entailment, neutral, contradiction), found \"-\"");
}

TEST_F(Glue, QnliRteAndWnli) {
  const auto qnli = read("qnli", "index\tquestion\tsentence\tlabel\n0\tWhat?\tThat.\tnot_entailment\n");
  ASSERT_EQ(qnli.size(), 1U);
  EXPECT_EQ(qnli[0].first, "What?");
  EXPECT_EQ(qnli[0].second, "That.");
  EXPECT_EQ(qnli[0].label, 1);
  const auto rte = read("rte", "index\tsentence1\tsentence2\tlabel\n0\tA\tB\tentailment\n");
  EXPECT_EQ(rte.at(0).label, 0);
  const auto wnli = read("wnli", "index\tsentence1\tsentence2\tlabel\n0\tA\tB\t1\n");
  EXPECT_EQ(wnli.at(0).label, 1);
}

TEST_F(Glue, ErrorsNameTheLineAndWhatWasExpected) {
  const std::string rte = "index\tsentence1\tsentence2\tlabel\n";
  EXPECT_EQ(bad_data("rte", rte + "0\tA\tB\tentailment\n1\tA\tB\n"),
            ":3: expected 4 columns of rte, found 3");
  EXPECT_EQ(bad_data("rte", rte + "0\tA\tB\tC\tentailment\n"), ":2: expected 4 columns of rte, found 5");
  EXPECT_EQ(bad_data("rte", rte + "0\tA\tB\tentailment\n\n"), ":3: expected 4 columns of rte, found 1");
  EXPECT_EQ(bad_data("rte", rte + "0\tA\tB\tmaybe\x1b[31m\n"),
            ":2: label: expected a label of rte (entailment, not_entailment), found \"maybe\\x1b[31m\"");
  EXPECT_EQ(bad_data("wnli", rte + "0\tA\tB\tentailment\n"),
            ":2: label: expected a label of wnli (0, 1), found \"entailment\"");
  EXPECT_EQ(bad_data("cola", "sentence\tlabel\nfine\t1\n"), ":1: expected 4 columns of cola, found 2");
  EXPECT_EQ(bad_data("cola", "gj04\tyes\t\tFine.\n"),
            ":1: label: expected a label of cola (0, 1), found \"yes\"");
}

TEST_F(Glue, AnotherTasksTableIsNamed) {
  EXPECT_EQ(
      bad_data("mrpc", "sentence\tlabel\nfine\t1\n"),
      ":1: header: expected a column '#1 String' of mrpc, found \"sentence\\x09label\", the header of sst-2");
  EXPECT_EQ(bad_data("rte", "gj04\t1\t\tFine.\n"),
            ":1: header: expected a column 'sentence1' of rte, found \"gj04\\x091\\x09\\x09Fine.\"");
  EXPECT_EQ(bad_data("rte", "index\tsentence1\tsentence2\n0\tA\tB\n"),
            ":1: header: expected a column 'label' of rte, found \"index\\x09sentence1\\x09sentence2\"; a "
            "test split "
            "without labels cannot be used");
}

TEST_F(Glue, TablesWithoutExamplesAreRefused) {
  EXPECT_EQ(bad_data("cola", ""), ": 0 examples; expected a table of cola");
  EXPECT_EQ(bad_data("rte", ""), ": 0 examples; expected a table of rte");
  EXPECT_EQ(bad_data("rte", "index\tsentence1\tsentence2\tlabel\n"), ": 0 examples; expected a table of rte");
}

TEST_F(Glue, BytesThatAreNotUtf8AreRefusedAtTheirPlace) {
  // 28 bytes of header, newline included; then "0", tab, and the byte at 28 + 2.
  EXPECT_THAT(bad_data("rte", "index\tsentence1\tsentence2\tlabel\n0\t\xff\tB\tentailment\n"),
              testing::StartsWith(":@34: "));
  EXPECT_THAT(bad_data("sst-2", std::string("sentence\tlabel\nA\0\t1\n", 20)), testing::StartsWith(":@16: "));
}

TEST_F(Glue, FileIsFoundInItsFolderOrInTheFolderOfAll) {
  const std::filesystem::path all = folder_.path();
  std::filesystem::create_directories(all / "MNLI");
  write_file_atomically(all / "MNLI/train.tsv", "x");
  write_file_atomically(all / "MNLI/dev_matched.tsv", "x");
  const GlueTask& mnli = glue_task("mnli");
  EXPECT_THAT(mnli.dev_splits, ElementsAre("dev_matched", "dev_mismatched"));
  EXPECT_EQ(glue_file(mnli, all, "train"), all / "MNLI/train.tsv");
  EXPECT_EQ(glue_file(mnli, all / "MNLI", "dev_matched"), all / "MNLI/dev_matched.tsv");
  try {
    glue_file(mnli, all, "dev_mismatched");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::missing_input);
    EXPECT_EQ(std::string(error.what()),
              all.string() +
                  ": expected dev_mismatched.tsv or MNLI/dev_mismatched.tsv in this folder, found neither");
  }
  try {
    glue_file(mnli, all, "dev");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_STREQ(error.what(),
                 "split of mnli: expected one of train, dev_matched, dev_mismatched, found \"dev\"");
  }
  try {
    read_glue(mnli, all / "absent.tsv");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::missing_input);
  }
}

TEST_F(Glue, RealTables) {
  const std::filesystem::path data = std::filesystem::path(ONSET_SHARED_DATA) / "glue";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no shared GLUE data";
  struct Expected {
    const char* task;
    const char* split;
    std::size_t examples;
    int positive;  // examples of class 1
  };
  // Lines less the header, and lines by label, as counted with awk.
  const std::vector<Expected> tables = {
      {"cola", "train", 8551, 6023}, {"cola", "dev", 1043, 721},    {"sst-2", "train", 67349, 37569},
      {"sst-2", "dev", 872, 444},    {"mrpc", "train", 3667, 2473}, {"mrpc", "dev", 408, 279},
      {"rte", "train", 2490, 1241},  {"rte", "dev", 277, 131},
  };
  const Warn warn = [this](const std::string& warning) { warnings_.push_back(warning); };
  for (const Expected& expected : tables) {
    const GlueTask& task = glue_task(expected.task);
    const auto examples = read_glue(task, glue_file(task, data, expected.split), warn);
    int positive = 0;
    for (const GlueExample& example : examples) positive += example.label == 1 ? 1 : 0;
    EXPECT_EQ(examples.size(), expected.examples) << expected.task << " " << expected.split;
    EXPECT_EQ(positive, expected.positive) << expected.task << " " << expected.split;
  }
  EXPECT_THAT(warnings_, IsEmpty());
}

}  // namespace
}  // namespace onset
