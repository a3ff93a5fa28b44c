#include "onset/checkpoint/series.h"

#include <gtest/gtest.h>

#include "test/checkpoint/expect_error.h"
#include "test/checkpoint/folders.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

namespace fs = std::filesystem;

TEST(StepOfName, TheNamesTheContractKnows) {
  EXPECT_EQ(step_of_name("checkpoint-0"), 0);
  EXPECT_EQ(step_of_name("checkpoint-1200"), 1200);
  EXPECT_EQ(step_of_name("step_20"), 20);
  EXPECT_EQ(step_of_name("step_20k"), 20'000);
  EXPECT_EQ(step_of_name("step20"), 20);
  EXPECT_EQ(step_of_name("multiberts-seed_0-step_20k"), 20'000);
  EXPECT_EQ(step_of_name("multiberts-seed_0-step_2000k"), 2'000'000);
  EXPECT_EQ(step_of_name("seed_0-step_2M"), 2'000'000);
  EXPECT_EQ(step_of_name("a-step_1-step_2"), 2) << "the last one";
}

TEST(StepOfName, OtherNames) {
  for (const char* const name : {"",
                                 "checkpoint",
                                 "checkpoint-",
                                 "checkpoint-20k",
                                 "checkpoint-1.5",
                                 "checkpoint--1",
                                 "checkpoint-1-old",
                                 "my-checkpoint-1",
                                 "step",
                                 "step_",
                                 "step__1",
                                 "step-1",
                                 "steps1",
                                 "step_-1",
                                 "step_1.tmp",
                                 "footstep_1",
                                 "Step_1",
                                 "20",
                                 "x-step_",
                                 "checkpoint-9223372036854775808"}) {
    EXPECT_EQ(step_of_name(name), std::nullopt) << name;
  }
}

class FindSeries : public ::testing::Test {
 protected:
  /// A folder with a config.json, so that it looks like a checkpoint.
  fs::path checkpoint(const std::string& name) const {
    write_text(folder_ / name / "config.json", "{}");
    return folder_ / name;
  }
  fs::path bare(const std::string& name) const {
    fs::create_directories(folder_ / name);
    return folder_ / name;
  }
  SeriesListing find(const SeriesOptions& options = {}) const {
    return find_series({folder_.path()}, options);
  }
  /// "step name" of each entry, in order.
  static std::vector<std::string> shown(const SeriesListing& listing) {
    std::vector<std::string> out;
    for (const SeriesEntry& entry : listing.entries) {
      out.push_back(std::to_string(entry.step).append(" ").append(entry.folder.filename().string()));
    }
    return out;
  }
  void refused(ErrorKind kind, const std::string& message, const SeriesOptions& options = {}) const {
    expect_error(kind, message, [&] { find(options); });
  }
  static SeriesOptions by_regex(const std::string& regex) { return {{}, regex, {}}; }
  static SeriesOptions by_steps(const std::string& steps) { return {{}, {}, steps}; }
  SeriesOptions by_manifest(std::string_view text) const {
    write_text(folder_ / "steps.csv", text);
    return {folder_ / "steps.csv", {}, {}};
  }
  using Lines = std::vector<std::string>;

  TemporaryFolder folder_;
};

TEST_F(FindSeries, OrderIsThatOfTheNumbers) {
  for (const char* const name : {"checkpoint-100", "checkpoint-9", "step_20", "step8", "x-step_1k"}) {
    checkpoint(name);
  }
  const SeriesListing listing = find();
  EXPECT_EQ(shown(listing),
            (Lines{"8 step8", "9 checkpoint-9", "20 step_20", "100 checkpoint-100", "1000 x-step_1k"}));
  EXPECT_EQ(listing.notes, Lines{});
}

TEST_F(FindSeries, SeveralFoldersAreOneSeries) {
  checkpoint("a/checkpoint-2");
  checkpoint("b/checkpoint-1");
  const fs::path single = checkpoint("checkpoint-3");
  EXPECT_EQ(shown(find_series({folder_ / "a", folder_ / "b", single}, {})),
            (Lines{"1 checkpoint-1", "2 checkpoint-2", "3 checkpoint-3"}));
}

TEST_F(FindSeries, WhatIsNoCheckpointIsLeftOut) {
  checkpoint("checkpoint-1");
  checkpoint("checkpoint-2.tmp-77");
  checkpoint("best");
  bare("logs");
  write_text(folder_ / "checkpoint-9", "a file, no folder");
  const SeriesListing listing = find();
  EXPECT_EQ(shown(listing), Lines{"1 checkpoint-1"});
  EXPECT_EQ(listing.notes, Lines{(folder_ / "best").string() + ": left out, its name tells no step"});
}

TEST_F(FindSeries, AStepGivenTwice) {
  const fs::path one = checkpoint("checkpoint-1000");
  const fs::path other = checkpoint("step_1k");
  checkpoint("checkpoint-2000");
  refused(ErrorKind::bad_data, one.string() + ": step 1000 is also that of " + other.string());
}

TEST_F(FindSeries, AHalfWrittenCheckpointIsListed) {
  checkpoint("checkpoint-1");
  const fs::path young = bare("checkpoint-2");
  EXPECT_EQ(shown(find()), (Lines{"1 checkpoint-1", "2 checkpoint-2"}));
  EXPECT_EQ(shown(find_series({young}, {})), Lines{"2 checkpoint-2"});
}

TEST_F(FindSeries, FoldersWithoutACheckpoint) {
  bare("empty");
  expect_error(ErrorKind::missing_input,
               (folder_ / "empty").string() + ": no checkpoints: expected config.json",
               [&] { find_series({folder_ / "empty"}, {}); });
  expect_error(ErrorKind::missing_input, (folder_ / "nowhere").string() + ": no such folder",
               [&] { find_series({folder_ / "nowhere"}, {}); });
  write_text(folder_ / "file", "x");
  expect_error(ErrorKind::missing_input, (folder_ / "file").string() + ": no such folder",
               [&] { find_series({folder_ / "file"}, {}); });
}

TEST_F(FindSeries, ALoneCheckpointNeedsNoStep) {
  const fs::path one = checkpoint("model");
  const SeriesListing listing = find_series({one}, {});
  EXPECT_EQ(shown(listing), Lines{"0 model"});
  EXPECT_EQ(listing.notes,
            Lines{one.string() + ": neither its name nor trainer_state.json tells its step; taken as 0"});
  EXPECT_EQ(shown(find_series({checkpoint("checkpoint-7") / ""}, {})), Lines{"7 "}) << "a slash at the end";
  expect_error(ErrorKind::usage,
               one.string() + ": neither its name nor trainer_state.json tells its step; name the steps with",
               [&] {
                 find_series({one, folder_ / "checkpoint-7"}, {});
               });
}

TEST_F(FindSeries, TheTrainersStep) {
  const fs::path one = checkpoint("model");
  const auto with = [&](std::string_view state) {
    write_text(one / "trainer_state.json", state);
    return find_series({one}, {}).entries.at(0).step;
  };
  EXPECT_EQ(with(R"({"global_step": 300})"), 300);
  EXPECT_EQ(with(R"({"global_step": -3})"), 0);
  EXPECT_EQ(with(R"({"global_step": "300"})"), 0);
  EXPECT_EQ(with(R"({"global_step": 18446744073709551615})"), 0);
  EXPECT_EQ(with("[]"), 0);
  EXPECT_EQ(with("{\"global_st"), 0) << "half written";
}

TEST_F(FindSeries, ATrainerThatDisagreesIsNoted) {
  write_text(checkpoint("checkpoint-5") / "trainer_state.json", R"({"global_step": 6})");
  const SeriesListing listing = find();
  EXPECT_EQ(shown(listing), Lines{"5 checkpoint-5"});
  EXPECT_EQ(listing.notes,
            Lines{(folder_ / "checkpoint-5").string() + ": taken as step 5, but trainer_state.json says 6"});
}

TEST_F(FindSeries, AFolderThatIsBothCountsAsASeries) {
  checkpoint("run");
  checkpoint("run/checkpoint-1");
  const SeriesListing listing = find_series({folder_ / "run"}, {});
  EXPECT_EQ(shown(listing), Lines{"1 checkpoint-1"});
  EXPECT_EQ(listing.notes, Lines{(folder_ / "run").string() +
                                 ": holds a checkpoint itself, too, which is no part of the series"});
}

TEST_F(FindSeries, NamesByARegularExpression) {
  checkpoint("run-3-it20k");
  checkpoint("run-3-it5");
  checkpoint("checkpoint-1");
  checkpoint("run-3-itx");
  const SeriesListing listing = find(by_regex("-it(\\w+)$"));
  EXPECT_EQ(shown(listing), (Lines{"5 run-3-it5", "20000 run-3-it20k"}));
  EXPECT_EQ(listing.notes, (Lines{(folder_ / "checkpoint-1").string() + ": left out, its name tells no step",
                                  (folder_ / "run-3-itx").string() + ": left out, its name tells no step"}));
  refused(ErrorKind::usage,
          "--step-regex: expected an ECMAScript regular expression, found \"(\": ", by_regex("("));
  refused(ErrorKind::usage, "--step-regex: expected at most 1000 bytes, found 1001",
          by_regex("(" + std::string(999, 'x') + ")"));
  refused(ErrorKind::usage, "--step-regex: expected a group (...) around the step, found \"it\\x5cd+\"",
          by_regex("it\\d+"));
}

TEST_F(FindSeries, AManifestNamesThem) {
  checkpoint("b");
  checkpoint("a/deep");
  checkpoint("c,d");
  const SeriesListing listing =
      find_series({}, by_manifest("\xef\xbb\xbfstep,path\r\n2k,b\r\n\r\n10,a/deep\r\n3M,\"c,d\""));
  EXPECT_EQ(shown(listing), (Lines{"10 deep", "2000 b", "3000000 c,d"}));
  EXPECT_EQ(listing.notes, Lines{});
  checkpoint("checkpoint-1");
  EXPECT_EQ(find(by_manifest("step,path\n1,b\n")).notes,
            Lines{"the manifest names the checkpoints; the folders given are not searched"});
  EXPECT_EQ(shown(find_series({}, by_manifest("step,path\n7," + (folder_ / "b").string() + "\n"))),
            Lines{"7 b"});
}

TEST_F(FindSeries, ManifestsThatAreWrong) {
  checkpoint("b");
  const std::string place = (folder_ / "steps.csv").string();
  const auto wrong = [&](ErrorKind kind, std::string_view text, const std::string& what) {
    refused(kind, std::string(place).append(what), by_manifest(text));
  };
  wrong(ErrorKind::bad_data, "", ": no checkpoints: 0 lines after the header");
  wrong(ErrorKind::bad_data, "step,path\n\n", ": no checkpoints: 0 lines after the header");
  wrong(ErrorKind::bad_data, "1,b\n", ":1: expected the header step,path, found 1,b");
  wrong(ErrorKind::bad_data, "step,path\n1,b\nx,b\n",
        ":3: step: expected a whole number and a comma, found x,b");
  wrong(ErrorKind::bad_data, "step,path\n1\n", ":2: step: expected a whole number and a comma, found 1");
  wrong(ErrorKind::bad_data, "step,path\n1,\n", ":2: path: expected a folder, found \"\"");
  wrong(ErrorKind::bad_data, "step,path\n1,\"\"\n", ":2: path: expected a folder, found \"\"");
  wrong(ErrorKind::bad_data, std::string_view("step,path\n1,b\0\n", 15),
        ":2: path: expected a folder, found \"b\\x00\"");
  wrong(ErrorKind::missing_input, "step,path\n1,nowhere\n",
        std::string(":2: path: no such folder: ").append((folder_ / "nowhere").string()));
  const fs::path b = folder_ / "b";
  refused(ErrorKind::bad_data, b.string() + ": step 1 is also that of " + b.string(),
          by_manifest("step,path\n1,b\n1,b\n"));
  refused(ErrorKind::missing_input, (folder_ / "none.csv").string(), {folder_ / "none.csv", {}, {}});
}

TEST_F(FindSeries, SomeStepsOnly) {
  for (const char* const name : {"checkpoint-0", "checkpoint-100", "checkpoint-150", "checkpoint-200"}) {
    checkpoint(name);
  }
  EXPECT_EQ(shown(find(by_steps("0,150"))), (Lines{"0 checkpoint-0", "150 checkpoint-150"}));
  EXPECT_EQ(shown(find(by_steps("100::100"))), (Lines{"100 checkpoint-100", "200 checkpoint-200"}));
  refused(ErrorKind::missing_input, "--steps: step 120 is not among the 4 checkpoints (0 to 200)",
          by_steps("100,120"));
  refused(ErrorKind::missing_input, "--steps: \"300:400\" leaves none of the 4 checkpoints (0 to 200)",
          by_steps("300:400"));
  refused(ErrorKind::usage, "--steps: expected a step like 100 or 20k", by_steps("abc"));
}

}  // namespace
}  // namespace onset
