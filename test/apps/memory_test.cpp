// Peak memory does not grow with the number or the length of sentences: what `analyze` needs beyond a handful
// of short sentences stays within the bound of ARCHITECTURE.md.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sstream>
#include <string>

#include "onset/base/file.h"
#include "test/apps/program.h"

namespace onset {
namespace {

/// Peak resident memory of a run of the program, in MiB; -1 when it did not exit with 0.
double peak_mebibytes(const std::string& arguments, const TemporaryFolder& scratch) {
  const std::string command = std::string("exec ") + ONSET_BINARY + " " + arguments + " >" +
                              (scratch / "out").string() + " 2>" + (scratch / "err").string();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = -1;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  return status == 0 ? static_cast<double>(usage.ru_maxrss) / 1024 : -1;
}

/// Sentences of a chain: each word depends on the one before it.
std::string chains(int sentences, int words) {
  std::ostringstream out;
  for (int s = 0; s < sentences; ++s) {
    for (int w = 1; w <= words; ++w) {
      out << w << "\tthe\tthe\tX\t_\t_\t" << w - 1 << '\t' << (w == 1 ? "root" : "dep") << "\t_\t_\n";
    }
    out << '\n';
  }
  return out.str();
}

std::string pair(int words) {
  std::string good;
  for (int w = 1; w < words; ++w) good += "the ";
  return R"({"sentence_good": ")" + good + R"(a", "sentence_bad": "a )" + good +
         R"(", "UID": "long", "linguistics_term": "length", "pairID": "0"})" + "\n";
}

// 400 sentences of 250 words and a pair of 350 words, 4 layers of 12 heads. All maps of those sentences would
// be 400 * 4 * 12 * 252^2 * 4 bytes = 4.5 GiB, the pair's masked inputs 700 * 352 * 96 * 4 bytes = 90 MiB for
// every hidden state; a batch of 1,024 tokens is 4 * 1024 * (6 * 96 + 384) bytes = 4 MiB.
TEST(Memory, DoesNotGrowWithTheNumberAndLengthOfSentences) {
  const TemporaryFolder folder;
  const std::string corpus = small_series().corpus();
  const std::string run = (folder / "run").string();
  ASSERT_EQ(run_program(corpus + " " + run + " layers=4 hidden=96 heads=12 ffn=384 positions=512 last=0",
                        folder, MAKE_SERIES)
                .code,
            0);
  write_file_atomically(folder / "short.conllu", chains(10, 12));
  write_file_atomically(folder / "long.conllu", chains(400, 250));
  write_file_atomically(folder / "short.jsonl", pair(6));
  write_file_atomically(folder / "long.jsonl", pair(350));
  const auto analyze = [&](const std::string& size) {
    return "analyze " + run + " -o " + (folder / (size + ".h5")).string() + " --parses " +
           (folder / (size + ".conllu")).string() + " --pairs " + (folder / (size + ".jsonl")).string() +
           " --min-relation 5 --max-tokens 512 --threads 2";
  };
  const double little = peak_mebibytes(analyze("short"), folder);
  ASSERT_GT(little, 0) << read_file(folder / "err");
  const double much = peak_mebibytes(analyze("long"), folder);
  ASSERT_GT(much, 0) << read_file(folder / "err");
  // 100,000 words: 4 * 12 * 2 bytes a word for UAS (9 MiB), 32 bytes a word for the parse and its tokens (3
  // MiB), 9 * 200 bytes a sentence for the bootstrap, a batch, and what the allocator and two threads'
  // workspaces leave about.
  EXPECT_LT(much - little, 64) << "peak " << much << " MiB against " << little << " MiB";
  EXPECT_NE(read_file(folder / "err").find("1 checkpoints measured"), std::string::npos);
}

// Weights are in memory once: what is mapped for the hash and for copying is given back.
TEST(Memory, LoadingHoldsTheWeightsOnce) {
  const TemporaryFolder folder;
  const std::string corpus = small_series().corpus();
  const auto peak = [&](const std::string& name, const std::string& sizes) {
    const std::string run = (folder / name).string();
    EXPECT_EQ(
        run_program(corpus + " " + run + " heads=4 positions=64 last=0 " + sizes, folder, MAKE_SERIES).code,
        0);
    return peak_mebibytes("analyze " + run + " -o " + (folder / (name + ".h5")).string() + " --parses " +
                              corpus + "/dev.conllu --min-relation 5 --probes uas",
                          folder);
  };
  const double small = peak("small", "layers=1 hidden=64 ffn=256");
  const double large = peak("large", "layers=12 hidden=512 ffn=2048");
  ASSERT_GT(small, 0);
  // 12 * 12 * 512^2 * 4 bytes = 144 MiB of weights, one layer's queries, keys and values twice while they are
  // joined.
  EXPECT_GT(large - small, 120);
  EXPECT_LT(large - small, 144 * 1.35);
}

}  // namespace
}  // namespace onset
