// Runs the program as a user does and says what came of it; and a small series of checkpoints to run it on.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "onset/base/file.h"
#include "test/temporary_folder.h"

namespace onset {

struct Outcome {
  int code = -1;
  std::string out, err;
};

inline Outcome run_program(const std::string& arguments, const TemporaryFolder& scratch,
                           const std::string& program = ONSET_BINARY) {
  const std::string command =
      program + " " + arguments + " >" + (scratch / "out").string() + " 2>" + (scratch / "err").string();
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), read_file(scratch / "out"),
          read_file(scratch / "err")};
}

/// Runs the program until a file like `begun` (a shell pattern) is there, sends it the signal, and says what
/// came of it; where it ended before, its own end.
inline Outcome run_until(const std::string& arguments, const std::string& begun, const std::string& signal,
                         const TemporaryFolder& scratch) {
  return run_program(
      "", scratch,
      "sh -c '" ONSET_BINARY " " + arguments + " & p=$!; while kill -0 $p 2>/dev/null && ! ls " + begun +
          " >/dev/null 2>&1; do sleep 0.02; done; kill -" + signal + " $p 2>/dev/null; wait $p'");
}

/// A corpus (corpus/) and six tiny checkpoints (run/), made once for all tests of a program.
class SmallSeries {
 public:
  SmallSeries() {
    run_program("grammar -o " + corpus() + " --train-sentences 20 --dev-sentences 60 --pairs 4", folder_);
    run_program(corpus() + " " + run(), folder_, MAKE_SERIES);
  }
  std::string corpus() const { return (folder_ / "corpus").string(); }
  std::string run() const { return (folder_ / "run").string(); }
  /// analyze's words for this series.
  std::string analyze(const std::filesystem::path& output) const {
    return "analyze " + run() + " -o " + output.string() + " --parses " + corpus() + "/dev.conllu --pairs " +
           corpus() + "/pairs --min-relation 5 --replicates 20";
  }

 private:
  TemporaryFolder folder_;
};

inline const SmallSeries& small_series() {
  static const SmallSeries series;
  return series;
}

}  // namespace onset
