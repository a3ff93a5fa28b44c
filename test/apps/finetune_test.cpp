// `onset finetune` from outside: exit codes and the line on stderr.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "onset/series/hdf5_file.h"
#include "program.h"

namespace onset {
namespace {

std::string table(const std::string& label) {
  return "s\t1\t\tthe dog sees the cats\ns\t" + label + "\t*\tthe dog see the cats\n";
}

class Finetune : public testing::Test {
 protected:
  Finetune() {
    write_file_atomically(folder_ / "train.tsv", table("0"));
    write_file_atomically(folder_ / "dev.tsv", table("0"));
  }

  Outcome run(const std::string& more) const { return finetune(small_series().run(), more); }

  Outcome finetune(const std::filesystem::path& checkpoints, const std::string& more) const {
    return run_program("finetune " + checkpoints.string() + " -o " + (folder_ / "glue.h5").string() +
                           " --data " + folder_.path().string() + " --epochs 1 --seeds 1 " + more,
                       folder_);
  }

  TemporaryFolder folder_;
};

TEST_F(Finetune, GivesASeries) {
  const Outcome done = run("--task cola --steps 0,200");
  ASSERT_EQ(done.code, 0) << done.err;
  EXPECT_NE(done.out.find("matthews"), std::string::npos);
  const Series series = read_series(folder_ / "glue.h5");
  EXPECT_EQ(series.steps.size(), 2U);
  EXPECT_NE(find_curve(series, "glue/cola/matthews_mean"), nullptr);
}

TEST_F(Finetune, ItsSeriesIsMergedDetectedInAndCompared) {
  ASSERT_EQ(run("--task cola --max-examples 1 --patience 1").code, 0);
  const std::string all = (folder_ / "all.h5").string(), glue = (folder_ / "glue.h5").string();
  ASSERT_EQ(run_program(small_series().analyze(folder_ / "uas.h5") + " --probes uas", folder_).code, 0);
  ASSERT_EQ(run_program("merge " + (folder_ / "uas.h5").string() + " " + glue + " -o " + all, folder_).code,
            0);
  const std::string curve = " --capability glue/cola/matthews_mean";
  const Outcome detected = run_program("detect " + all + curve + " --json", folder_);
  EXPECT_EQ(detected.code, 0) << detected.err;
  EXPECT_NE(detected.out.find("glue/cola/matthews_mean"), std::string::npos) << detected.out;
  const std::string csv = (folder_ / "c.csv").string();
  const Outcome compared = run_program("compare " + all + " " + all + " -o " + csv, folder_);
  ASSERT_EQ(compared.code, 0) << compared.err;
  EXPECT_NE(read_file(csv).find("glue/cola/loss[seed=mean]"), std::string::npos);
  // Of itself compare looks for UAS and minimal pairs; a file of nothing but GLUE needs its curve named.
  EXPECT_EQ(run_program("compare " + glue + " " + glue + " -o " + csv, folder_).code, 65);
  EXPECT_EQ(run_program("compare " + glue + " " + glue + " -o " + csv + curve, folder_).code, 0);
}

TEST_F(Finetune, InterruptedItSays75AndGoesOn) {
  std::string many;
  for (int i = 0; i < 400; ++i) many += table("0");
  write_file_atomically(folder_ / "train.tsv", many);
  const std::string words = "finetune " + small_series().run() + " -o " + (folder_ / "glue.h5").string() +
                            " --data " + folder_.path().string() +
                            " --task cola --epochs 2 --seeds 1 --threads 1";
  const Outcome stopped = run_until(words, (folder_ / "glue.h5.lock").string(), "USR1", folder_);
  EXPECT_EQ(stopped.code, 75) << stopped.err;
  EXPECT_NE(stopped.err.find("onset: interrupted"), std::string::npos) << stopped.err;
  ASSERT_EQ(run_program(words, folder_).code, 0);
  EXPECT_EQ(read_series(folder_ / "glue.h5").steps.size(), 6U);
}

TEST_F(Finetune, ADivergingCheckpointIsNamedAtTheEnd) {
  namespace fs = std::filesystem;
  fs::create_directory(folder_ / "run");
  for (const char* step : {"checkpoint-0", "checkpoint-200"})
    fs::copy(fs::path(small_series().run()) / step, folder_ / "run" / step, fs::copy_options::recursive);
  const fs::path weights = folder_ / "run/checkpoint-0/model.safetensors";
  std::string bytes = read_file(weights);
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  const float bad = NAN;
  std::memcpy(bytes.data() + sizeof header + header, &bad, sizeof bad);
  write_file_atomically(weights, bytes);
  const Outcome done = finetune(folder_ / "run", "--task cola");
  EXPECT_EQ(done.code, 70);
  EXPECT_NE(done.err.find("failed: " + (folder_ / "run/checkpoint-0").string() +
                          ": seed 1: step 1: the loss is NaN"),
            std::string::npos)
      << done.err;
  EXPECT_EQ(read_series(folder_ / "glue.h5").steps.size(), 1U);
}

TEST_F(Finetune, EachFaultHasItsCode) {
  EXPECT_EQ(run("--task nope").code, 64);
  EXPECT_EQ(run("").code, 64);
  EXPECT_EQ(run("--task cola --lr nan").code, 64);
  EXPECT_EQ(run("--task cola --max-tokens 4").code, 64);
  EXPECT_EQ(run("--task mnli").code, 66);  // no dev_matched.tsv
  const Outcome other = run("--task mrpc");
  EXPECT_EQ(other.code, 65);
  EXPECT_NE(other.err.find("train.tsv:1: header: expected a column"), std::string::npos) << other.err;
  write_file_atomically(folder_ / "dev.tsv", table("2"));
  const Outcome unknown = run("--task cola");
  EXPECT_EQ(unknown.code, 65);
  EXPECT_NE(unknown.err.find("dev.tsv:2: label: expected a label of cola (0, 1), found \"2\""),
            std::string::npos)
      << unknown.err;
  write_file_atomically(folder_ / "dev.tsv", "");
  EXPECT_EQ(run("--task cola").code, 65);
}

}  // namespace
}  // namespace onset
