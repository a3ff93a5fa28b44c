// `onset analyze` end to end on six tiny checkpoints.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "onset/base/writer_lock.h"
#include "onset/series/hdf5_file.h"
#include "program.h"
#include "test/edited_text.h"

namespace onset {
namespace {

namespace fs = std::filesystem;

TEST(Analyze, MeasuresEveryProbeAtEveryStep) {
  const TemporaryFolder folder;
  const Outcome done = run_program(small_series().analyze(folder / "s.h5"), folder);
  ASSERT_EQ(done.code, 0) << done.err;
  const Series series = read_series(folder / "s.h5");
  ASSERT_EQ(series.steps.size(), 6U);
  EXPECT_EQ(series.steps[2].step, 200);
  EXPECT_EQ(series.steps[2].checkpoint, "checkpoint-200");
  for (const char* const curve :
       {"uas/micro", "uas/macro", "uas/best_all", "uas/micro_crossfit", "pll/overall", "loss/mlm"}) {
    const Variable* const variable = find_curve(series, curve);
    ASSERT_NE(variable, nullptr) << curve;
    for (const double value : std::get<std::vector<double>>(variable->values))
      EXPECT_TRUE(std::isfinite(value)) << curve;
  }
  EXPECT_NE(find_curve(series, "twonn/dimension"), nullptr);
  // micro is what correct, total and reported say: best head of each reported relation.
  const auto& correct = std::get<std::vector<std::int64_t>>(find_curve(series, "uas/correct")->values);
  const auto& total = std::get<std::vector<std::int64_t>>(find_constant(series, "uas/total")->values);
  const auto& reported = std::get<std::vector<std::int64_t>>(find_constant(series, "uas/reported")->values);
  const std::size_t heads = correct.size() / series.steps.size() / total.size();
  std::int64_t top = 0;
  std::int64_t bottom = 0;
  for (std::size_t r = 0; r < total.size(); ++r) {
    if (reported[r] == 0) continue;
    std::int64_t best = 0;
    for (std::size_t h = 0; h < heads; ++h) best = std::max(best, correct[h * total.size() + r]);
    top += best;
    bottom += total[r];
  }
  EXPECT_EQ(std::get<std::vector<double>>(find_curve(series, "uas/micro")->values)[0],
            double(top) / double(bottom));
}

TEST(Analyze, FisherRunsByNameOnly) {
  const TemporaryFolder folder;
  ASSERT_EQ(
      run_program(small_series().analyze(folder / "s.h5") + " --probes fisher --steps 0,100", folder).code,
      0);
  const Series series = read_series(folder / "s.h5");
  EXPECT_EQ(series.groups.size(), 1U);
  const auto values = [&](const char* name) {
    return std::get<std::vector<double>>(find_curve(series, std::string("fisher/") + name)->values);
  };
  const std::vector<double> parts = values("group_trace");  // [step, group]
  const std::size_t groups = parts.size() / 2;
  for (std::size_t step = 0; step < 2; ++step) {
    double sum = 0;
    for (std::size_t group = 0; group < groups; ++group) sum += parts[step * groups + group];
    EXPECT_NEAR(values("trace")[step], sum, 1e-9 * sum);
    EXPECT_GT(values("trace_error")[step], 0);
  }
  EXPECT_NE(find_curve(series, "fisher/trace_replicates"), nullptr);
  ASSERT_EQ(run_program(small_series().analyze(folder / "all.h5") + " --steps 0", folder).code, 0);
  EXPECT_FALSE(read_series(folder / "all.h5").groups.contains("fisher"));
}

TEST(Analyze, AblationRunsByNameOnly) {
  const TemporaryFolder folder;
  const std::string words = small_series().analyze(folder / "s.h5") + " --steps 0 --probes pll,loss,ablation";
  ASSERT_EQ(run_program(words, folder).code, 0);
  const Series series = read_series(folder / "s.h5");
  const auto values = [&](const char* name) {
    return std::get<std::vector<double>>(find_curve(series, name)->values);
  };
  // The whole model is what the other probes measure.
  EXPECT_EQ(values("ablation/overall_intact"), values("pll/overall"));
  EXPECT_EQ(values("ablation/mlm_intact"), values("loss/mlm"));
  const std::vector<double> draws = values("ablation/mlm_random_draws");
  ASSERT_EQ(draws.size(), 3U);
  EXPECT_NEAR(values("ablation/mlm_random_heads")[0], (draws[0] + draws[1] + draws[2]) / 3, 1e-12);
  EXPECT_NE(values("ablation/mlm_uas_heads"), values("ablation/mlm_intact"));
  // Silenced by their mean the same heads cost something else.
  ASSERT_EQ(run_program(words + " --ablation-silence mean", folder).code, 0);
  const Series by_mean = read_series(folder / "s.h5");
  const auto loss = [](const Series& of) {
    return std::get<std::vector<double>>(find_curve(of, "ablation/mlm_uas_heads")->values)[0];
  };
  EXPECT_TRUE(std::isfinite(loss(by_mean)));
  EXPECT_NE(loss(by_mean), loss(series));
  EXPECT_EQ(run_program(words + " --ablation-silence half", folder).code, 64);
  EXPECT_EQ(run_program("analyze " + small_series().run() + " -o " + (folder / "n.h5").string() +
                            " --probes ablation --parses " + small_series().corpus() + "/dev.conllu",
                        folder)
                .code,
            66);
}

TEST(Analyze, RunAgainComputesNothingAndGivesTheSameBytes) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_program(small_series().analyze(folder / "s.h5"), folder).code, 0);
  const std::string before = read_file(folder / "s.h5");
  const Outcome again = run_program(small_series().analyze(folder / "s.h5"), folder);
  EXPECT_EQ(again.code, 0);
  EXPECT_NE(again.err.find("0 checkpoints measured, 6 taken from rows"), std::string::npos) << again.err;
  EXPECT_EQ(read_file(folder / "s.h5"), before);
}

TEST(Analyze, RowsOfAnotherConfigurationAreNotTaken) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "run");
  fs::copy(fs::path(small_series().run()) / "checkpoint-300", folder / "run" / "checkpoint-300");
  const std::string words = "analyze " + (folder / "run").string() + " -o " + (folder / "s.h5").string() +
                            " --parses " + small_series().corpus() + "/dev.conllu --probes loss";
  ASSERT_EQ(run_program(words, folder).code, 0);
  const auto loss = [&] {
    return std::get<std::vector<double>>(find_curve(read_series(folder / "s.h5"), "loss/mlm")->values).at(0);
  };
  const double with_gelu = loss();
  const fs::path config = folder / "run" / "checkpoint-300" / "config.json";
  write_file_atomically(config, replaced(read_file(config), "\"gelu\"", "\"relu\""));
  ASSERT_EQ(run_program(words, folder).code, 0);
  EXPECT_NE(loss(), with_gelu);
}

TEST(Analyze, SeriesMayShareTheirRows) {
  const TemporaryFolder folder;
  const std::string rows = " --rows " + (folder / "rows").string();
  ASSERT_EQ(run_program(small_series().analyze(folder / "alone.h5"), folder).code, 0);
  ASSERT_EQ(run_program(small_series().analyze(folder / "few.h5") + rows + " --steps 0,100", folder).code, 0);
  const Outcome all = run_program(small_series().analyze(folder / "all.h5") + rows, folder);
  ASSERT_EQ(all.code, 0);
  EXPECT_NE(all.err.find("4 checkpoints measured, 2 taken from rows"), std::string::npos) << all.err;
  EXPECT_EQ(read_file(folder / "all.h5"), read_file(folder / "alone.h5"));
  EXPECT_FALSE(fs::exists(folder / "all.h5.rows"));
}

TEST(Analyze, ShardsMergedEqualTheWhole) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_program(small_series().analyze(folder / "whole.h5") + " --threads 1", folder).code, 0);
  ASSERT_EQ(run_program(small_series().analyze(folder / "a.h5") + " --shard 0/2 --threads 2", folder).code,
            0);
  ASSERT_EQ(run_program(small_series().analyze(folder / "b.h5") + " --shard 1/2 --threads 1", folder).code,
            0);
  const std::string parts = (folder / "b.h5").string() + " " + (folder / "a.h5").string();
  ASSERT_EQ(run_program("merge " + parts + " -o " + (folder / "merged.h5").string(), folder).code, 0);
  EXPECT_EQ(read_file(folder / "merged.h5"), read_file(folder / "whole.h5"));
}

TEST(Analyze, KilledAtAnyInstantItGoesOnToTheSameBytes) {
  const TemporaryFolder folder;
  ASSERT_EQ(run_program(small_series().analyze(folder / "calm.h5"), folder).code, 0);
  const std::string command = small_series().analyze(folder / "s.h5");
  for (const int milliseconds : {30, 80, 150, 250, 400, 600}) {
    run_program("timeout -s KILL " + std::to_string(milliseconds / 1000.0) + " " ONSET_BINARY " " + command,
                folder, "");
  }
  const Outcome last = run_program(command, folder);
  ASSERT_EQ(last.code, 0) << last.err;
  EXPECT_EQ(read_file(folder / "s.h5"), read_file(folder / "calm.h5"));
}

TEST(Analyze, AddingAProbeComputesThatProbeOnly) {
  const TemporaryFolder folder;
  const std::string command = small_series().analyze(folder / "s.h5");
  ASSERT_EQ(run_program(command + " --probes uas", folder).code, 0);
  const auto rows = [&] { return std::distance(fs::directory_iterator(folder / "s.h5.rows"), {}); };
  EXPECT_EQ(rows(), 6);
  ASSERT_EQ(run_program(command + " --probes uas,twonn", folder).code, 0);
  EXPECT_EQ(rows(), 12);
}

TEST(Analyze, ABrokenCheckpointIsNamedAndDoesNotStopTheOthers) {
  const TemporaryFolder folder;
  fs::copy(small_series().run(), folder / "run", fs::copy_options::recursive);
  fs::resize_file(folder / "run" / "checkpoint-300" / "model.safetensors", 1000);
  const std::string words = "analyze " + (folder / "run").string() + " -o " + (folder / "s.h5").string() +
                            " --parses " + small_series().corpus() +
                            "/dev.conllu --min-relation 5 --probes uas";
  const Outcome done = run_program(words, folder);
  EXPECT_EQ(done.code, 3);
  EXPECT_NE(done.err.find("checkpoint-300/model.safetensors"), std::string::npos) << done.err;
  const Series series = read_series(folder / "s.h5");
  EXPECT_EQ(series.steps.size(), 5U);
}

TEST(Analyze, NamesThatAreNotUtf8AreStoredAsText) {
  const TemporaryFolder folder;
  const std::filesystem::path run = folder / "n\xff";
  std::filesystem::create_directory(run);
  std::size_t checkpoints = 0;
  for (const auto& entry : std::filesystem::directory_iterator(small_series().run())) {
    ++checkpoints;
    std::filesystem::create_directory_symlink(entry.path(),
                                              run / (entry.path().filename().string() + "\xfe"));
  }
  const Outcome outcome = run_program("analyze " + run.string() + " -o " + (folder / "s.h5").string() +
                                          " --probes uas --parses " + small_series().corpus() +
                                          "/dev.conllu --min-relation 5 --step-regex '([0-9]+)'",
                                      folder);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const Series series = read_series(folder / "s.h5");
  EXPECT_EQ(series.attributes.at("run"), Attribute(std::string("n\ufffd")));
  EXPECT_EQ(series.steps.size(), checkpoints);
  for (const StepInfo& step : series.steps)
    EXPECT_TRUE(step.checkpoint.ends_with("\ufffd")) << step.checkpoint;
}

TEST(Analyze, StepsChooseTheCheckpoints) {
  const TemporaryFolder folder;
  ASSERT_EQ(
      run_program(small_series().analyze(folder / "s.h5") + " --probes uas --steps 100:400:200", folder).code,
      0);
  const Series series = read_series(folder / "s.h5");
  ASSERT_EQ(series.steps.size(), 2U);
  EXPECT_EQ(series.steps[0].step, 100);
  EXPECT_EQ(series.steps[1].step, 300);
}

TEST(Analyze, ASecondWriterOfTheSameSeriesIsTurnedAway) {
  const TemporaryFolder folder;
  const std::string command = small_series().analyze(folder / "s.h5") + " --steps 0 --probes uas";
  {
    const WriterLock first(folder / "s.h5");
    const Outcome second = run_program(command, folder);
    EXPECT_EQ(second.code, 75) << second.err;
    EXPECT_FALSE(fs::exists(folder / "s.h5"));
  }
  EXPECT_EQ(run_program(command, folder).code, 0);
}

/// A run of checkpoint-0 and checkpoint-300, the last weight of which is NaN.
fs::path run_with_a_nan(const TemporaryFolder& folder) {
  for (const char* const step : {"checkpoint-0", "checkpoint-300"})
    fs::copy(fs::path(small_series().run()) / step, folder / "run" / step, fs::copy_options::recursive);
  const fs::path weights = folder / "run/checkpoint-300/model.safetensors";
  std::string bytes = read_file(weights);
  bytes.replace(bytes.size() - 4, 4, std::string("\0\0\xc0\x7f", 4));
  write_file_atomically(weights, bytes);
  return folder / "run";
}

TEST(Analyze, StrictRefusesValuesThatAreNotFiniteWhetherMeasuredBeforeOrNot) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "run");
  const std::string run = run_with_a_nan(folder).string();
  const auto analyze = [&](const std::string& checkpoints, const std::string& more) {
    return run_program("analyze " + checkpoints + " -o " + (folder / "s.h5").string() + " --parses " +
                           small_series().corpus() + "/dev.conllu --min-relation 5 --probes uas " + more,
                       folder);
  };
  const std::string what = run + "/checkpoint-300: 1 tensors with values that are not finite, first ";
  for (const char* const measured : {"2 checkpoints measured, 0 taken", "0 checkpoints measured, 2 taken"}) {
    const Outcome warned = analyze(run, "");
    EXPECT_EQ(warned.code, 0);
    EXPECT_NE(warned.err.find("onset: warning: " + what), std::string::npos) << warned.err;
    EXPECT_NE(warned.err.find(measured), std::string::npos) << warned.err;
  }
  const Outcome some = analyze(run, "--strict");
  EXPECT_EQ(some.code, 3);
  EXPECT_NE(some.err.find("failed: " + what), std::string::npos) << some.err;
  EXPECT_EQ(read_series(folder / "s.h5").steps.size(), 1U);
  const Outcome alone = analyze(run + "/checkpoint-300", "--strict");
  EXPECT_EQ(alone.code, 65);
  EXPECT_NE(alone.err.find(what), std::string::npos) << alone.err;
}

TEST(Analyze, WithoutAnMlmHeadThereAreUasAndTwoNn) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "run");
  fs::copy(fs::path(small_series().run()) / "checkpoint-300", folder / "run/checkpoint-300");
  const fs::path weights = folder / "run/checkpoint-300/model.safetensors";
  std::string bytes = read_file(weights);
  for (std::size_t at = 0; (at = bytes.find("\"cls.", at)) != std::string::npos;)
    bytes.replace(at, 5, "\"xls.");
  write_file_atomically(weights, bytes);
  const Outcome done =
      run_program("analyze " + (folder / "run").string() + " -o " + (folder / "s.h5").string() +
                      " --parses " + small_series().corpus() + "/dev.conllu --pairs " +
                      small_series().corpus() + "/pairs --min-relation 5",
                  folder);
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_NE(done.err.find("no MLM head: pll is left out"), std::string::npos) << done.err;
  const Series series = read_series(folder / "s.h5");
  EXPECT_NE(find_curve(series, "uas/micro"), nullptr);
  EXPECT_NE(find_curve(series, "twonn/dimension"), nullptr);
  EXPECT_EQ(find_curve(series, "pll/overall"), nullptr);
  EXPECT_EQ(find_curve(series, "loss/mlm"), nullptr);
}

TEST(Analyze, OptionsOfAFileHoldWhereTheCommandLineSaysNothing) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "o.ini",
                        "probes = uas,pll\nsteps = 0,100\nscoring = word-l2r\nrun = named\n");
  const std::string command =
      small_series().analyze(folder / "s.h5") + " --options " + (folder / "o.ini").string();
  ASSERT_EQ(run_program(command, folder).code, 0);
  const Series by_file = read_series(folder / "s.h5");
  EXPECT_EQ(by_file.groups.size(), 2U);
  EXPECT_EQ(by_file.steps.size(), 2U);
  EXPECT_EQ(std::get<std::string>(by_file.attributes.at("run")), "named");
  EXPECT_EQ(std::get<std::string>(by_file.groups.at("pll").frame.attributes.at("scoring")), "word-l2r");
  ASSERT_EQ(run_program(command + " --steps 200 --probes uas --run given", folder).code, 0);
  const Series by_both = read_series(folder / "s.h5");
  EXPECT_EQ(by_both.groups.size(), 1U);
  ASSERT_EQ(by_both.steps.size(), 1U);
  EXPECT_EQ(by_both.steps[0].step, 200);
  EXPECT_EQ(std::get<std::string>(by_both.attributes.at("run")), "given");
}

TEST(Analyze, AManifestNamesTheSteps) {
  const TemporaryFolder folder;
  const std::string run = small_series().run();
  write_file_atomically(folder / "m.csv",
                        "step,path\n7," + run + "/checkpoint-300\n5," + run + "/checkpoint-100\n");
  const std::string command = "analyze " + run + " --manifest " + (folder / "m.csv").string() + " -o " +
                              (folder / "s.h5").string() + " --parses " + small_series().corpus() +
                              "/dev.conllu --min-relation 5 --probes uas";
  const Outcome done = run_program(command, folder);
  ASSERT_EQ(done.code, 0) << done.err;
  const Series series = read_series(folder / "s.h5");
  ASSERT_EQ(series.steps.size(), 2U);
  EXPECT_EQ(series.steps[0].step, 5);
  EXPECT_EQ(series.steps[0].checkpoint, "checkpoint-100");
  EXPECT_EQ(series.steps[1].step, 7);
}

TEST(Analyze, BFloat16IsMeasuredAsSuch) {
  const TemporaryFolder folder;
  const std::string words = " --probes loss --steps 300";
  ASSERT_EQ(run_program(small_series().analyze(folder / "a.h5") + words, folder).code, 0);
  ASSERT_EQ(run_program(small_series().analyze(folder / "b.h5") + words + " --dtype bfloat16", folder).code,
            0);
  const auto loss = [&](const char* file) {
    return std::get<std::vector<double>>(find_curve(read_series(folder / file), "loss/mlm")->values).at(0);
  };
  EXPECT_NE(loss("a.h5"), loss("b.h5"));
  EXPECT_NEAR(loss("a.h5"), loss("b.h5"), 0.03);  // eight bits of mantissa
}

TEST(Analyze, AHalfWrittenCheckpointWaitsUntilItIsWhole) {
  const TemporaryFolder folder;
  fs::copy(small_series().run(), folder / "run", fs::copy_options::recursive);
  const fs::path weights = folder / "run" / "checkpoint-300" / "model.safetensors";
  const std::string whole = read_file(weights);
  fs::resize_file(weights, whole.size() / 2);
  const std::string words = "analyze " + (folder / "run").string() + " -o " + (folder / "s.h5").string() +
                            " --parses " + small_series().corpus() +
                            "/dev.conllu --min-relation 5 --probes uas --watch --watch-seconds 0.1";
  const TemporaryFolder scratch;
  std::jthread watching([&] { run_until(words, (folder / "stop").string(), "TERM", scratch); });
  const auto steps = [&] { return read_series(folder / "s.h5").steps.size(); };
  const auto wait_for = [&](std::size_t count) {
    for (int i = 0; i < 180; ++i) {
      if (fs::exists(folder / "s.h5") && steps() == count) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  };
  EXPECT_TRUE(wait_for(5)) << "all but the half-written one";
  const std::string said = "; looked at 3 times and again from now on\n";
  const auto text = [&] { return read_file(scratch / "err"); };
  for (int i = 0; i < 100 && text().find(said) == std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const std::string warning = text();
  EXPECT_EQ(warning.find("onset: warning: " + weights.string()), 0U) << warning;
  EXPECT_EQ(warning.find(said), warning.rfind(said)) << warning;
  write_file_atomically(weights, whole);
  EXPECT_TRUE(wait_for(6));
  write_file_atomically(folder / "stop", "");
}

TEST(Analyze, ACheckpointRewrittenWhileItIsMeasuredIsNotBelieved) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "run");
  fs::copy(fs::path(small_series().run()) / "checkpoint-300", folder / "run" / "checkpoint-300");
  const fs::path weights = folder / "run" / "checkpoint-300" / "model.safetensors";
  const std::string bytes = read_file(weights);
  std::jthread writing([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      write_file_atomically(weights, bytes);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  const std::string words = "analyze " + (folder / "run").string() + " -o " + (folder / "s.h5").string() +
                            " --parses " + small_series().corpus() + "/dev.conllu --pairs " +
                            small_series().corpus() + "/pairs --min-relation 5";
  const Outcome outcome = run_program(words, folder);
  EXPECT_EQ(outcome.code, 75);
  EXPECT_NE(outcome.err.find("changed while it was"), std::string::npos) << outcome.err;
  EXPECT_FALSE(fs::exists(folder / "s.h5"));
  // Among others it is named, they are kept, and the code still says to try again.
  fs::copy(fs::path(small_series().run()) / "checkpoint-0", folder / "run" / "checkpoint-0");
  const Outcome both = run_program(words, folder);
  EXPECT_EQ(both.code, 75);
  EXPECT_NE(both.err.find("failed: " + (folder / "run/checkpoint-300").string()), std::string::npos)
      << both.err;
  EXPECT_EQ(read_series(folder / "s.h5").steps.size(), 1U);
}

}  // namespace
}  // namespace onset
