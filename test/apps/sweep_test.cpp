// `onset sweep` from outside: exit codes, what is printed, what is left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "program.h"
#include "test/sweep/small_sweep.h"

namespace onset {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class SweepProgram : public testing::Test {
 protected:
  SweepProgram() { write_small_sweep(folder_); }

  void configure(const std::string& text) { write_file_atomically(folder_ / "sweep.json", text); }
  Outcome sweep(const std::string& more) {
    return run_program("sweep " + path("sweep.json") + more, folder_);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void refused(const std::string& text, int code, const std::string& message) {
    configure(text);
    const Outcome outcome = sweep(" -o " + path("new"));
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(message));
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "new"));
  }

  TemporaryFolder folder_;
};

TEST_F(SweepProgram, MakesTheGridAndItsTables) {
  configure(small_sweep(R"("lambda": [0, 0.5], "release": [null, 7], "seed": [1, 2])"));
  const Outcome made = sweep(" --threads 1 -o " + path("swept"));
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, StartsWith("run  "));
  EXPECT_THAT(made.out, HasSubstr("lambda_0.5_release_7_seed_2"));
  EXPECT_THAT(made.out, HasSubstr("lambda_0.5_release_7, mean of 2"));
  // 12 for each base run and trunk, 5 for each branch.
  EXPECT_THAT(made.err, HasSubstr("6 runs, 58 updates made, "));
  EXPECT_THAT(made.err, HasSubstr("onset: lambda_0.5_release_7_seed_1: trained, steps 7 to 12\n"));
  const std::string csv = read_file(folder_ / "swept/sweep.csv");
  EXPECT_EQ(std::ranges::count(csv, '\n'), 1 + 6);
  EXPECT_THAT(read_file(folder_ / "swept/comparison.csv"), HasSubstr("lambda_0 (mean),lambda_0,2,"));
  // The run's file is one like any other.
  EXPECT_EQ(run_program("inspect " + path("swept/lambda_0.5_release_7_seed_1.h5"), folder_).code, 0);

  const Outcome again = sweep(" --threads 1 -o " + path("swept"));
  EXPECT_EQ(again.code, 0);
  EXPECT_EQ(again.out, made.out);
  EXPECT_THAT(again.err, HasSubstr("6 runs, 0 updates made, 0 checkpoints measured"));
}

TEST_F(SweepProgram, ARunThatDivergesIs3AndWhereAllDo70) {
  configure(small_sweep(R"("lambda": [1e39, 0.5])"));
  const Outcome some = sweep(" --threads 1 -o " + path("some"));
  EXPECT_EQ(some.code, 3) << some.err;
  EXPECT_THAT(some.err, HasSubstr("failed: lambda_1e+39_seed_1: " + path("some/lambda_1e+39_seed_1") +
                                  ": step 1: the norm of the gradient is NaN"));
  configure(small_sweep(R"("lambda": [1e39])"));
  EXPECT_EQ(sweep(" --threads 1 -o " + path("none")).code, 70);
}

TEST_F(SweepProgram, InterruptedItSays75AndGoesOn) {
  configure(small_sweep(R"("lambda": [0, 0.5], "release": [null, 7], "seed": [1, 2, 3, 4])"));
  const std::string words = "sweep " + path("sweep.json") + " --threads 1 -o " + path("swept");
  const Outcome stopped = run_until(words, path("swept/*/log.csv"), "USR1", folder_);
  EXPECT_EQ(stopped.code, 75) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("onset: interrupted"));
  const Outcome done = run_program(words, folder_);
  EXPECT_EQ(done.code, 0);
  EXPECT_THAT(done.err, HasSubstr("12 runs, "));
}

TEST_F(SweepProgram, DryRunSaysWhatIsTrainedAndWritesNothing) {
  configure(small_sweep(R"("lambda": [0, 0.5], "release": [4, 7])"));
  const Outcome plan = sweep(" --dry-run");
  EXPECT_EQ(plan.code, 0) << plan.err;
  EXPECT_EQ(plan.out,
            "group  run                                    trains steps  starts from\n"
            "    0  lambda_0_seed_1                             0 to 12  fresh weights\n"
            "    1  lambda_0.5_seed_1 (for branches only)        0 to 7  fresh weights\n"
            "    1  lambda_0.5_release_4_seed_1                 4 to 12  lambda_0.5_seed_1 at 4\n"
            "    1  lambda_0.5_release_7_seed_1                 7 to 12  lambda_0.5_seed_1 at 7\n"
            "\n"
            "3 runs, 3 checkpoints each; 32 updates instead of 36: 11 % saved by sharing\n");
  EXPECT_EQ(plan.err, "");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "token-cache"));
}

TEST_F(SweepProgram, ShardsWriteNoTable) {
  configure(small_sweep(R"("lambda": [0, 0.5])"));
  const Outcome part = sweep(" --shard 1/2 -o " + path("swept"));
  EXPECT_EQ(part.code, 0) << part.err;
  EXPECT_EQ(part.out, "");
  EXPECT_TRUE(std::filesystem::exists(folder_ / "swept/lambda_0.5_seed_1.h5"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "swept/lambda_0_seed_1.h5"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "swept/sweep.csv"));
}

TEST_F(SweepProgram, ARunThatFailsIsNamedAndSays3) {
  configure(small_sweep(R"("lambda": [1e39, 0])"));
  const Outcome outcome = sweep(" -o " + path("swept"));
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("onset: failed: lambda_1e+39_seed_1: "));
  EXPECT_THAT(outcome.out, HasSubstr("lambda_0_seed_1"));
}

TEST_F(SweepProgram, RefusesInOneLineWithTheContractsCode) {
  refused(small_sweep(R"("lambda": [0], "relase": [4])"), 78,
          "sweep.json: relase: no such key; did you mean release?");
  refused(small_sweep(R"("lambda": [0.5], "release": [12])"), 78, "release: expected 0 to 11, found 12");
  refused("{", 65, "sweep.json:@");
  refused(R"({"train": "none.json", "lambda": [0]})", 66, "none.json");
  refused(R"({"train": "train.json", "lambda": [0], "analyze": {"pairs": "none"}})", 66,
          "none: no such file");
  configure(small_sweep(R"("lambda": [0])"));
  EXPECT_EQ(sweep("").code, 64);  // no -o
  EXPECT_EQ(sweep(" -o x --shard 2/2").code, 64);
  EXPECT_EQ(sweep(" -o x --threads -1").code, 64);
  EXPECT_EQ(run_program("sweep -o x", folder_).code, 64);
  EXPECT_EQ(run_program("sweep " + path("none.json") + " -o x", folder_).code, 66);
}

}  // namespace
}  // namespace onset
