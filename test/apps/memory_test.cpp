// Peak memory does not grow with the number or the length of sentences: what `analyze` needs beyond a handful
// of short sentences stays within the bound of ARCHITECTURE.md; `train` keeps no attention map and no text.
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

/// Lines of so many words, each a token of the grammar's vocabulary.
std::string lines(int count, int words) {
  static const char* const word[] = {"the", "mothers", "beside", "several", "fathers"};
  std::string line;
  for (int w = 0; w < words; ++w) line += std::string(w == 0 ? "" : " ") + word[w % 5];
  std::string out;
  out.reserve(static_cast<std::size_t>(count) * (line.size() + 1));
  for (int i = 0; i < count; ++i) out.append(line).push_back('\n');
  return out;
}

/// What a step of `onset train` is asked to do; all but the name goes into its train.json.
struct Training {
  std::string name, data, sizes, lambda;
  int batch = 1;
};

/// Its peak, in MiB. Writes NAME.json, the run NAME and the token cache into `folder`.
double training_peak(const Training& run, const TemporaryFolder& folder) {
  const std::string config = (folder / (run.name + ".json")).string();
  write_file_atomically(config, R"({"model": {"heads": 16, )" + run.sizes + R"(, "vocab": ")" +
                                    small_series().corpus() + R"(/vocab.txt"}, "data": {)" + run.data +
                                    R"(}, "objective": {"reduction": "mean", "lambda": )" + run.lambda +
                                    R"(}, "steps": 1, "batch": )" + std::to_string(run.batch) +
                                    R"(, "save": {"log_per_decade": 0, "every": 0}})");
  return peak_mebibytes("train --config " + config + " -o " + (folder / run.name).string() + " --threads 1",
                        folder);
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

// A step of 16 sequences of 256 tokens, 4 layers of 16 heads. All maps of the step would be
// 16 * 4 * 16 * 256^2 * 4 bytes = 256 MiB, one layer's 64 MiB. Everything else of a plain step is the
// activations of 4,096 tokens: some 12 vectors of 32 floats a layer, 4096 * 4 * 12 * 32 * 4 bytes = 24 MiB.
TEST(Memory, TrainingKeepsNoAttentionMap) {
  const TemporaryFolder folder;
  const std::string sizes = R"("layers": 4, "hidden": 32, "ffn": 32, "positions": 256)";
  write_file_atomically(folder / "parsed.conllu", chains(16, 254));
  write_file_atomically(folder / "long.txt", lines(16, 254));
  write_file_atomically(folder / "short.txt", lines(256, 14));
  const double with_regulariser =
      training_peak({"with", R"("parsed": ["parsed.conllu"], "max_tokens": 256)", sizes, "0.01", 16}, folder);
  ASSERT_GT(with_regulariser, 0) << read_file(folder / "err");
  const double plain =
      training_peak({"plain", R"("text": ["long.txt"], "max_tokens": 256)", sizes, "0", 16}, folder);
  ASSERT_GT(plain, 0) << read_file(folder / "err");
  // The same 4,096 tokens as 256 sequences of 16, whose maps are a sixteenth.
  const double short_sequences =
      training_peak({"short", R"("text": ["short.txt"], "max_tokens": 256)", sizes, "0", 256}, folder);
  ASSERT_GT(short_sequences, 0) << read_file(folder / "err");
  // The probabilities of the arcs and their gradients: 16 heads * 4,096 tokens * 2 * 4 bytes = 0.5 MiB a
  // layer, 2 MiB in all, a few times over.
  EXPECT_LT(with_regulariser - plain, 24) << "peak " << with_regulariser << " MiB against " << plain;
  // One thread's map, its gradient and their copies for the products: 4 * 256^2 * 4 bytes = 1 MiB.
  EXPECT_LT(plain - short_sequences, 24) << "peak " << plain << " MiB against " << short_sequences;
}

// 40,000 and 320,000 lines of 20 words, 0.8 and 6.4 million words: texts of 40,000 * 140 bytes = 5.3 MiB and
// 42.7 MiB, whose tokens with heads and offsets take 40,000 * (22 * 6 + 8) bytes = 5.3 MiB and 42.7 MiB on
// disk. Either, mapped and read whole, would add 37 MiB.
TEST(Memory, TrainingDoesNotGrowWithItsText) {
  const TemporaryFolder folder;
  const auto peak = [&](const std::string& name, int count) {
    write_file_atomically(folder / (name + ".txt"), lines(count, 20));
    return training_peak({name, R"("text": [")" + name + R"(.txt"], "max_tokens": 64)",
                          R"("layers": 1, "hidden": 32, "ffn": 32, "positions": 64)", "0", 2},
                         folder);
  };
  const double little = peak("little", 40'000);
  ASSERT_GT(little, 0) << read_file(folder / "err");
  const double much = peak("much", 320'000);
  ASSERT_GT(much, 0) << read_file(folder / "err");
  // Both are tokenised 4,096 lines at a time and train on 2 sequences; what is left is a window of a file
  // while it is hashed, and what the allocator leaves about.
  EXPECT_LT(much - little, 8) << "peak " << much << " MiB against " << little << " MiB";
}

}  // namespace
}  // namespace onset
