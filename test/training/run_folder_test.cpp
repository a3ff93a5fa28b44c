#include "onset/training/run_folder.h"

#include <gtest/gtest.h>

#include "onset/base/file.h"
#include "test/checkpoint/expect_error.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

const std::string one = R"({"steps": 3, "data": {"sha256": "aa"}})";

TEST(RunFolder, HoldsOneRun) {
  const TemporaryFolder folder;
  {
    RunFolder run(folder / "run", false);
    EXPECT_FALSE(run.started());
    run.claim(one);
    expect_error(ErrorKind::try_again, "being written by", [&] { RunFolder(folder / "run", true); });
  }
  expect_error(ErrorKind::configuration, "holds a run already", [&] { RunFolder(folder / "run", false); });
  RunFolder again(folder / "run", true);
  EXPECT_TRUE(again.started());
  again.claim(one);
  expect_error(ErrorKind::configuration,
               "run.json: the run has another configuration: data/sha256 is \"aa\" there and \"bb\" here",
               [&] { again.claim(R"({"steps": 3, "data": {"sha256": "bb"}})"); });
  expect_error(ErrorKind::configuration, "steps is 3 there and 4 here",
               [&] { again.claim(R"({"steps": 4, "data": {"sha256": "aa"}})"); });
  expect_error(ErrorKind::configuration, "steps is there and not here",
               [&] { again.claim(R"({"data": {"sha256": "aa"}})"); });
}

TEST(RunFolder, FilesOfAnotherProgramsRunAreLeftAlone) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "run/checkpoint-5");
  for (const bool resume : {false, true})
    expect_error(ErrorKind::configuration, "holds checkpoint-5 of a run that was not started here",
                 [&] { RunFolder(folder / "run", resume); });
  std::filesystem::create_directories(folder / "notes");
  write_file_atomically(folder / "notes/readme.txt", "x");
  RunFolder(folder / "notes", false).claim(one);  // what is no run does not disturb
}

TEST(RunFolder, FindsTheNewestCompleteCheckpointAndClearsTheRest) {
  const TemporaryFolder folder;
  RunFolder run(folder / "run", false);
  run.claim(one);
  EXPECT_FALSE(run.last_checkpoint().has_value());
  for (const char* const name :
       {"checkpoint-0", "checkpoint-9", "checkpoint-10", "checkpoint-11.tmp-123", "checkpoint-x"})
    std::filesystem::create_directories(folder / "run" / name / "");
  EXPECT_EQ(run.last_checkpoint(), 10);
  EXPECT_EQ(checkpoint_steps(folder / "run"), (std::vector<std::int64_t>{0, 9, 10}));
  EXPECT_TRUE(checkpoint_steps(folder / "nowhere").empty());
  run.claim(one);
  EXPECT_FALSE(std::filesystem::exists(folder / "run/checkpoint-11.tmp-123"));
  EXPECT_TRUE(std::filesystem::exists(folder / "run/checkpoint-x"));
}

TEST(TrainingLog, HasEachStepOnce) {
  const TemporaryFolder folder;
  const auto file = folder / "log.csv";
  const std::string header = "step,loss,mlm_loss,regulariser,lambda,lr,grad_norm,tokens,seconds\n";
  {
    TrainingLog log(file, 0);
    for (int step = 1; step <= 4; ++step) log.add({step, 0.5 + step, 0.5, 0.25, -0.1, 1e-4, 2, 100, 0.125});
  }
  const std::string row = ",0.5,0.25,-0.1,0.0001,2,100,0.1250\n";
  EXPECT_EQ(read_file(file), header + "1,1.5" + row + "2,2.5" + row + "3,3.5" + row + "4,4.5" + row);
  // A kill left half a row; going on from step 2 takes steps 3 and 4 back.
  write_file_atomically(file, read_file(file) + "5,5.5,0");
  {
    TrainingLog log(file, 2);
    log.add({3, 7.5, 0.5, 0.25, -0.1, 1e-4, 2, 100, 0.125});
  }
  EXPECT_EQ(read_file(file), header + "1,1.5" + row + "2,2.5" + row + "3,7.5" + row);
  TrainingLog(file, 0);
  EXPECT_EQ(read_file(file), header);
}

}  // namespace
}  // namespace onset
