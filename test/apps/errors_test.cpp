// Words that make no sense, inputs that are not there or are broken: one line on stderr, the contract's exit
// code, no file left.
#include <gtest/gtest.h>

#include <algorithm>

#include "program.h"

namespace onset {
namespace {

struct Case {
  std::string name;
  std::string words;  ///< @RUN, @CORPUS and @TMP stand for the folders
  int code;
  std::string message;  ///< part of the one line
};

std::string fill(std::string words, const TemporaryFolder& folder) {
  const auto replace = [&](const std::string& what, const std::string& with) {
    for (std::size_t at = 0; (at = words.find(what, at)) != std::string::npos;)
      words.replace(at, what.size(), with);
  };
  replace("@RUN", small_series().run());
  replace("@CORPUS", small_series().corpus());
  replace("@TMP", folder.path().string());
  return words;
}

class Refusal : public testing::TestWithParam<Case> {};

TEST_P(Refusal, OneLineAndTheContractsCode) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "empty.conllu", "");
  write_file_atomically(
      folder / "cycle.conllu",
      "1\ta\t_\t_\t_\t_\t2\tdet\t_\t_\n2\tb\t_\t_\t_\t_\t1\tdet\t_\t_\n3\tc\t_\t_\t_\t_\t0\troot\t_\t_\n\n");
  write_file_atomically(folder / "empty.jsonl", "");
  write_file_atomically(folder / "bad.jsonl", "{\"sentence_good\": \"a\"}\n");
  write_file_atomically(folder / "latin1.txt", "caf\xe9\n");
  write_file_atomically(folder / "not.h5", "this is no HDF5 file");
  write_file_atomically(folder / "bad.ini", "nonsense = 1\n");
  const Outcome outcome = run_program(fill(GetParam().words, folder), folder);
  EXPECT_EQ(outcome.code, GetParam().code) << outcome.err;
  EXPECT_NE(outcome.err.find(GetParam().message), std::string::npos) << outcome.err;
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder / "s.h5"));
}

const std::string to = " -o @TMP/s.h5 ";
const Case cases[] = {
    {"UnknownCommand", "analyse", 64, "there is no command \"analyse\""},
    {"UnknownOption", "analyze @RUN" + to + "--pares x", 64, "pares"},
    {"NoCheckpoint", "analyze" + to + "--parses @CORPUS/dev.conllu", 64, "CHECKPOINT_DIR"},
    {"NoOutput", "analyze @RUN --parses @CORPUS/dev.conllu", 64, "--output is required"},
    {"OutputIsNoSeries", "analyze @RUN -o @TMP/not.h5 --parses @CORPUS/dev.conllu", 64,
     "not.h5 is there and no series file: name another file, or remove it"},
    {"MergedOutputIsNoSeries", "merge @TMP/empty.jsonl -o @TMP/not.h5", 64, "is there and no series file"},
    {"LongRegex", "analyze @RUN" + to + "--parses @CORPUS/dev.conllu --step-regex " + std::string(1001, 'x'),
     64, "--step-regex: expected at most 1000 bytes, found 1001"},
    {"NothingToMeasure", "analyze @RUN" + to, 64, "nothing to measure"},
    {"UnknownProbe", "analyze @RUN" + to + "--parses @CORPUS/dev.conllu --probes uas,syntax", 64,
     "there is no probe \"syntax\""},
    {"ProbeWithoutInput", "analyze @RUN" + to + "--parses @CORPUS/dev.conllu --probes pll", 66,
     "--probes pll needs --pairs"},
    {"MissingRun", "analyze @TMP/nowhere" + to + "--parses @CORPUS/dev.conllu", 66, "nowhere"},
    {"MissingParses", "analyze @RUN" + to + "--parses @TMP/nowhere.conllu --shard 9/2", 66, "nowhere.conllu"},
    {"EmptyFolder", "analyze @CORPUS/pairs" + to + "--parses @CORPUS/dev.conllu", 66, "pairs"},
    {"BadShard", "analyze @RUN" + to + "--parses @CORPUS/dev.conllu --shard 2/2", 64, "--shard"},
    {"BadSteps", "analyze @RUN" + to + "--parses @CORPUS/dev.conllu --steps a:b", 64, "steps"},
    {"StepNotThere", "analyze @RUN" + to + "--parses @CORPUS/dev.conllu --steps 150", 66, "150"},
    {"ManifestAndRegex",
     "analyze @RUN --manifest @CORPUS/vocab.txt --step-regex '(1)'" + to + "--parses @CORPUS/dev.conllu", 64,
     "--manifest and --step-regex: a manifest states the steps already"},
    {"WatchAndDetect", "analyze @RUN" + to + "--parses @CORPUS/dev.conllu --watch --detect", 64,
     "--detect: --watch never comes to an end"},
    {"WatchSecondsAlone", "analyze @RUN" + to + "--parses @CORPUS/dev.conllu --watch-seconds 3", 64,
     "--watch-seconds: only with --watch"},
    {"AxisOfNothing", "analyze @RUN" + to + "--parses @CORPUS/dev.conllu --axis log", 64,
     "--axis: only with --adaptive or --detect"},
    {"SpacingOfNothing", "analyze @RUN" + to + "--parses @CORPUS/dev.conllu --spacing 5", 64,
     "--spacing: only with --adaptive or --detect"},
    {"BadRegex", "analyze @RUN" + to + "--parses @CORPUS/dev.conllu --step-regex '('", 64, "step-regex"},
    {"BadScoring", "analyze @RUN" + to + "--pairs @CORPUS/pairs --scoring best", 64, "--scoring"},
    {"BadDevice", "analyze @RUN" + to + "--pairs @CORPUS/pairs --device tpu", 64, "--device"},
    {"BadNumber", "analyze @RUN" + to + "--parses @CORPUS/dev.conllu --max-sentences 0", 64,
     "--max-sentences: 0 is below 1"},
    {"RareRelations", "analyze @RUN" + to + "--parses @CORPUS/dev.conllu --min-relation 100000", 65,
     "lower --min-relation"},
    {"EmptyParses", "analyze @RUN" + to + "--parses @TMP/empty.conllu", 65, "empty.conllu: 0 sentences"},
    {"Cycle", "analyze @RUN" + to + "--parses @TMP/cycle.conllu", 65, "cycle.conllu:1: "},
    {"EmptyPairs", "analyze @RUN" + to + "--pairs @TMP/empty.jsonl", 65, "0 items"},
    {"PairWithoutField", "analyze @RUN" + to + "--pairs @TMP/bad.jsonl", 65, "bad.jsonl:1: "},
    {"TextNotUtf8", "analyze @RUN" + to + "--text @TMP/latin1.txt", 65, "latin1.txt:@3"},
    {"BadVocabulary", "analyze @RUN" + to + "--pairs @CORPUS/pairs --vocab @TMP/latin1.txt", 65,
     "latin1.txt"},
    {"BadIni", "analyze @RUN --options @TMP/bad.ini", 78, "bad.ini"},
    {"ExportNotHdf5", "export @TMP/not.h5 -o @TMP/s.csv", 65, "not.h5"},
    {"ExportMissing", "export @TMP/none.h5 -o @TMP/s.csv", 66, "none.h5"},
    {"MergeMissing", "merge @TMP/none.h5" + to, 66, "none.h5"},
    {"RunNotUtf8", "analyze @RUN" + to + "--parses @CORPUS/dev.conllu --run 'a\xff'", 64,
     "--run: expected UTF-8, found \"a\\xff\""},
    {"TokenizeFolder", "tokenize --vocab @CORPUS/vocab.txt @CORPUS", 74, "cannot read: Is a directory"},
    {"InspectMissing", "inspect @TMP/none", 66, "none"},
    {"TokenizeNoVocabulary", "tokenize", 64, "--vocab is required"},
    {"InputBeforeOptions", "export @TMP/none.h5", 66, "none.h5"},
};
INSTANTIATE_TEST_SUITE_P(Words, Refusal, testing::ValuesIn(cases),
                         [](const auto& info) { return info.param.name; });

TEST(Program, HelpAndVersionSucceed) {
  const TemporaryFolder folder;
  EXPECT_EQ(run_program("--help", folder).code, 0);
  for (const char* const command : {"analyze", "compare", "detect", "export", "finetune", "grammar",
                                    "inspect", "merge", "sweep", "tokenize", "train"}) {
    const Outcome help = run_program(std::string(command) + " --help", folder);
    EXPECT_EQ(help.code, 0);
    EXPECT_NE(help.out.find("Example:"), std::string::npos) << command;
  }
  const std::string version = run_program("--version", folder).out;
  for (const char* const of :
       {"onset ", "LibTorch ", "BLAS ", "HDF5 ", "ICU ", "Boost ", "compiler ", "device "})
    EXPECT_NE(version.find(of), std::string::npos) << of;
}

TEST(Program, TokenizesLinesAsTheyCome) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "v.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ncat\n##s\n");
  const std::string words =
      "tokenize --vocab " + (folder / "v.txt").string() + " " + (folder / "t.txt").string();
  write_file_atomically(folder / "t.txt", "Cats cat\n\ndog [MASK]\n");
  EXPECT_EQ(run_program(words, folder).out, "2 5 6 5 3\n2 3\n2 1 4 3\n");
  EXPECT_EQ(run_program(words + " --ordinary", folder).out, "2 5 6 5 3\n2 3\n2 1 1 1 1 3\n");
  std::string many;
  for (int line = 1; line < 20'000; ++line) many += "cat\n";
  write_file_atomically(folder / "t.txt", many + "ca\xff\n");
  const Outcome bad = run_program(words, folder);
  EXPECT_EQ(bad.code, 65);
  EXPECT_NE(bad.err.find("t.txt: line 20000: text:@2: "), std::string::npos) << bad.err;
}

}  // namespace
}  // namespace onset
