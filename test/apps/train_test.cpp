// `onset train` from outside: killed at any instant, stopped by signals, on a full disk, with bad input.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <set>
#include <sstream>
#include <thread>

#include "program.h"
#include "test/training/small_corpus.h"

namespace onset {
namespace {

class TrainTest : public testing::Test {
 protected:
  TrainTest() { write_small_corpus(folder_); }

  void configure(const std::string& text) { write_file_atomically(folder_ / "train.json", text); }
  std::string words(const std::string& run, bool resume = false) const {
    return "train --threads 1 --config " + path("train.json") + " -o " + path(run) +
           (resume ? " --resume" : "");
  }
  Outcome run(const std::string& name, bool resume = false) {
    return run_program(words(name, resume), folder_);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  /// Starts training in a process of its own.
  pid_t start(const std::string& name, bool resume) const {
    const pid_t child = ::fork();
    if (child == 0) {
      const int null = ::open("/dev/null", O_WRONLY);
      ::dup2(null, STDERR_FILENO);
      const std::string config = path("train.json"), output = path(name);
      ::execl(ONSET_BINARY, "onset", "train", "--threads", "1", "--config", config.c_str(), "-o",
              output.c_str(), resume ? "--resume" : nullptr, nullptr);
      ::_exit(127);
    }
    return child;
  }
  /// Waits until the log holds that many steps; false when the process ended before.
  bool wait_for_steps(const std::string& name, std::size_t steps, pid_t child) const {
    while (log(name).size() < steps + 1) {
      if (::waitpid(child, nullptr, WNOHANG) != 0) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
  }
  std::vector<std::string> log(const std::string& name) const {
    std::vector<std::string> out;
    if (!std::filesystem::exists(folder_ / name / "log.csv")) return out;
    std::istringstream stream(read_file(folder_ / name / "log.csv"));
    for (std::string line; std::getline(stream, line);) out.push_back(line.substr(0, line.rfind(',')));
    return out;
  }
  /// Kills the run when its log holds so many steps, and again at later ones, then lets it end.
  void run_with_kills(const std::string& name, std::size_t first) {
    int kills = 0;
    for (const std::size_t steps :
         {first, std::size_t{60}, std::size_t{61}, std::size_t{130}, std::size_t{250}, std::size_t{333}}) {
      const pid_t child = start(name, kills > 0);
      const bool running = wait_for_steps(name, steps, child);
      if (!running) break;
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
      ++kills;
    }
    EXPECT_GE(kills, 3);
    const Outcome last = run(name, true);
    EXPECT_EQ(last.code, 0) << last.err;
  }
  void expect_equal_runs(const std::string& a, const std::string& b, int step) const {
    const std::string checkpoint = "/checkpoint-" + std::to_string(step) + "/";
    for (const char* const file : {"model.safetensors", "optimizer.safetensors"})
      EXPECT_EQ(read_file(path(a + checkpoint + file)), read_file(path(b + checkpoint + file))) << file;
    EXPECT_EQ(log(a), log(b));
  }

  TemporaryFolder folder_;
};

/// Long enough to be killed several times, with a checkpoint every 25 steps.
std::string long_config() {
  std::string text = small_config();
  text.replace(text.find("\"steps\": 12"), 11, "\"steps\": 400");
  text.replace(text.find("\"every\": 0"), 10, "\"every\": 25");
  return text;
}

TEST_F(TrainTest, KilledAgainAndAgainItEndsAsIfItHadNotBeen) {
  configure(long_config());
  ASSERT_EQ(run("whole").code, 0);
  run_with_kills("killed", 3);
  expect_equal_runs("whole", "killed", 400);
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "killed"))
    EXPECT_EQ(entry.path().string().find(".tmp"), std::string::npos) << entry.path();
}

/// Measured every 10 steps, with suspicion so easily raised that it comes and goes.
std::string live_config() {
  std::string text = long_config();
  text.replace(text.find("\"every\": 25"), 11, "\"every\": 100");
  text.replace(text.find("\"horizon\": 100"), 14, "\"horizon\": 1000");
  const std::string live = R"(, "live": {"parses": "train.conllu", "min_relation": 1, "replicates": 10,
    "log_per_decade": 0, "every": 10, "densify": {"every": 5, "threshold": 1, "hold": 1}}})";
  return text.replace(text.rfind('}'), 1, live);
}

TEST_F(TrainTest, LiveProbesMeasureWhatAnalyzeWould) {
  configure(small_config());
  ASSERT_EQ(run("alone").code, 0);
  configure(small_config(R"(, "live": {"parses": "train.conllu", "min_relation": 1, "replicates": 5,
    "max_sentences": 30, "log_per_decade": 0, "every": 0, "at": [4]})"));
  const Outcome trained = run("run");
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_NE(trained.err.find("live probes at 3 steps, 0 of them taken from rows"), std::string::npos)
      << trained.err;
  expect_equal_runs("alone", "run", 12);
  const std::string analyze = "analyze " + path("run") + " --parses " + path("train.conllu") +
                              " --min-relation 1 --replicates 5 --max-sentences 30 --threads 2 -o ";
  ASSERT_EQ(run_program(analyze + path("s.h5"), folder_).code, 0);
  EXPECT_EQ(read_file(path("s.h5")), read_file(path("run/live.h5")));
  const Outcome rows = run_program(analyze + path("r.h5") + " --rows " + path("run/live.h5.rows"), folder_);
  EXPECT_NE(rows.err.find("0 checkpoints measured, 3 taken from rows"), std::string::npos) << rows.err;
  EXPECT_EQ(run_program("detect " + path("run/live.h5"), folder_).code, 0);
  EXPECT_EQ(run_program("inspect " + path("run"), folder_).code, 0);
  const std::string before = read_file(path("run/live.h5"));
  const Outcome again = run("run", true);
  EXPECT_NE(again.err.find("live probes at 1 steps, 1 of them taken from rows"), std::string::npos)
      << again.err;
  EXPECT_EQ(read_file(path("run/live.h5")), before);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/live.h5.lock"));
}

TEST_F(TrainTest, KilledWhileItIsMeasuredItEndsAsIfItHadNotBeen) {
  configure(live_config());
  const Outcome whole = run("whole");
  ASSERT_EQ(whole.code, 0) << whole.err;
  EXPECT_NE(whole.err.find("is suspected"), std::string::npos) << whole.err;
  EXPECT_NE(whole.err.find(": a checkpoint every 5 steps"), std::string::npos) << whole.err;
  const auto checkpoints = [&](const std::string& name) {
    std::set<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / name)) {
      if (entry.is_directory()) out.insert(entry.path().filename().string());
    }
    return out;
  };
  EXPECT_GT(checkpoints("whole").size(), 8U);  // 0, 4, 100, 200, 300, 400, the rows and some more
  run_with_kills("killed", 11);
  expect_equal_runs("whole", "killed", 400);
  EXPECT_EQ(checkpoints("killed"), checkpoints("whole"));
  // But for its name each series is the other.
  const std::string words = "export " + path("whole/live.h5") + " -o " + path("whole.csv");
  ASSERT_EQ(run_program(words, folder_).code, 0);
  ASSERT_EQ(run_program("export " + path("killed/live.h5") + " -o " + path("killed.csv"), folder_).code, 0);
  std::string killed = read_file(path("killed.csv"));
  for (std::size_t at = 0; (at = killed.find("killed,", at)) != std::string::npos;)
    killed.replace(at, 6, "whole");
  EXPECT_EQ(killed, read_file(path("whole.csv")));
}

TEST_F(TrainTest, SignalsSaveAndSay75) {
  configure(long_config());
  ASSERT_EQ(run("whole").code, 0);
  int stopped = 0;
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) {
    const std::size_t before = log("stopped").size();
    const pid_t child = start("stopped", stopped > 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    bool running = true;
    while (running && log("stopped").size() < before + 20) {
      int status = 0;
      running = ::waitpid(child, &status, WNOHANG) == 0;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    if (!running) break;
    ::kill(child, signal);
    if (signal != SIGINT) ::kill(child, signal);  // a second one changes nothing
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 0) break;  // it was done before it heard
    EXPECT_EQ(WEXITSTATUS(status), 75);
    const auto rows = log("stopped");
    EXPECT_TRUE(
        std::filesystem::exists(folder_ / "stopped" / ("checkpoint-" + std::to_string(rows.size() - 1))));
    ++stopped;
  }
  EXPECT_GE(stopped, 1);
  EXPECT_EQ(run("stopped", true).code, 0);
  expect_equal_runs("whole", "stopped", 400);
}

TEST_F(TrainTest, AFullDiskIs74AndLeavesThePreviousCheckpoint) {
  configure(small_config());
  ASSERT_EQ(run("run").code, 0);
  const std::string before = read_file(path("run/checkpoint-4/model.safetensors"));
  std::filesystem::remove_all(folder_ / "run/checkpoint-12");
  // A limit on the size of files fails the write of the weights as a full disk does.
  const Outcome full = run_program(words("run", true), folder_, "ulimit -f 20; " + std::string(ONSET_BINARY));
  EXPECT_EQ(full.code, 74) << full.err;
  EXPECT_EQ(std::ranges::count(full.err, '\n'), 1) << full.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/checkpoint-12"));
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "run"))
    EXPECT_EQ(entry.path().string().find(".tmp"), std::string::npos) << entry.path();
  EXPECT_EQ(read_file(path("run/checkpoint-4/model.safetensors")), before);
  EXPECT_EQ(run("run", true).code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "run/checkpoint-12/model.safetensors"));
}

/// A file system of its own in memory, while the object lives.
class SmallDisk {
 public:
  explicit SmallDisk(std::filesystem::path path) : path_(std::move(path)) {
    std::filesystem::create_directory(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=256k") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount(path_.c_str());
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }
  bool grow() const { return ::mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, "size=16m") == 0; }

 private:
  std::filesystem::path path_;
  bool mounted_ = false;
};

TEST_F(TrainTest, AReallyFullDisk) {
  const SmallDisk disk(folder_ / "disk");
  if (!disk.mounted()) GTEST_SKIP() << "cannot mount a small disk here";
  configure(long_config());  // a checkpoint is some 90 kB
  const Outcome full = run("disk/run");
  EXPECT_EQ(full.code, 74) << full.err;
  EXPECT_EQ(std::ranges::count(full.err, '\n'), 1) << full.err;
  EXPECT_TRUE(std::filesystem::exists(folder_ / "disk/run/checkpoint-0/model.safetensors"));
  EXPECT_EQ(run_program("inspect " + path("disk/run"), folder_).code, 0);
  ASSERT_TRUE(disk.grow());
  EXPECT_EQ(run("disk/run", true).code, 0);
}

TEST_F(TrainTest, ItsCheckpointsCanBeAnalyzed) {
  configure(small_config());
  ASSERT_EQ(run("run").code, 0);
  const Outcome analyzed =
      run_program("analyze " + path("run") + " -o " + path("s.h5") + " --parses " + path("dev.conllu") +
                      " --min-relation 1 --replicates 5 --probes uas,loss",
                  folder_);
  EXPECT_EQ(analyzed.code, 0) << analyzed.err;
  EXPECT_EQ(run_program("inspect " + path("run"), folder_).code, 0);
}

TEST_F(TrainTest, RefusesInOneLineWithTheContractsCode) {
  configure(small_config());
  ASSERT_EQ(run("done").code, 0);
  EXPECT_EQ(run("done", true).code, 0);
  struct Case {
    std::string text, run, message;
    int code;
  };
  std::string typo = small_config(R"(, "sead": 3)");
  std::string sizes = small_config();
  sizes.replace(sizes.find("\"heads\": 2"), 10, "\"heads\": 3");
  std::string long_tokens = small_config();
  long_tokens.replace(long_tokens.find("[\"train.conllu\"]"), 16, R"(["train.conllu"], "max_tokens": 17)");
  std::string huge = small_config();
  huge.replace(huge.find("\"lr\": 0.005"), 11, "\"lr\": 1e30");
  std::string cycle = small_config();
  cycle.replace(cycle.find("train.conllu"), 12, "cycle.conllu");
  write_file_atomically(folder_ / "cycle.conllu",
                        conllu_word(1, "a", 2) + conllu_word(2, "b", 1) + conllu_word(3, "c", 0) + "\n");
  std::string missing = small_config();
  missing.replace(missing.find("train.conllu"), 12, "nowhere.conllu");
  const auto live = [](const std::string& section) { return small_config(R"(, "live": )" + section); };
  write_file_atomically(folder_ / "bad.conllu", "1\ta\n\n");
  const Case cases[] = {
      {live(R"({"parses": "dev.conllu", "probes": ["sua"]})"), "new",
       "train.json: live: --probes: there is no", 78},
      {live("{}"), "new", "train.json: live: nothing to measure", 78},
      {live(R"({"parses": "dev.conllu", "probes": ["pll"]})"), "new", "pll needs --pairs", 66},
      {live(R"({"parses": "nowhere.conllu"})"), "new", "nowhere.conllu: no such file", 66},
      {live(R"({"parses": "bad.conllu"})"), "new", "bad.conllu:1", 65},
      {live(R"({"parses": "dev.conllu", "evry": 3})"), "new", "live.evry: no such key; did you mean every?",
       78},
      {small_config(), "done", "holds a run already", 78},
      {typo, "new", "train.json: sead: no such key; did you mean seed?", 78},
      {sizes, "new", "model.heads: expected a divisor of model.hidden 16, found 3", 78},
      {long_tokens, "new", "data.max_tokens: expected at most the model's positions 16, found 17", 78},
      {cycle, "new", "cycle.conllu:1: HEAD", 65},
      {missing, "new", "nowhere.conllu: no such file", 66},
      {"{", "new", "train.json:@", 65},
      {huge, "huge", "the last good checkpoint is checkpoint-0", 70},
  };
  for (const Case& one : cases) {
    configure(one.text);
    const Outcome outcome = run(one.run);
    EXPECT_EQ(outcome.code, one.code) << outcome.err;
    EXPECT_NE(outcome.err.find(one.message), std::string::npos) << outcome.err;
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "new"));
    EXPECT_FALSE(std::filesystem::exists(path(one.run) + ".lock"));
  }
  EXPECT_EQ(run_program("train -o x", folder_).code, 64);
  EXPECT_EQ(run_program("train --config " + path("nowhere.json") + " -o x", folder_).code, 66);
  configure(small_config(R"(, "seed": 5)"));
  const Outcome other = run("done", true);
  EXPECT_EQ(other.code, 78);
  EXPECT_NE(other.err.find("seed is 1 there and 5 here"), std::string::npos) << other.err;
}

}  // namespace
}  // namespace onset
