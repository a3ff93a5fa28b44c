// onset: one program, a subcommand for each thing a user wants. Errors become one line on stderr and the
// contract's exit code here and nowhere else.
#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <new>

#include "blas_kernels.h"
#include "command.h"
#include "onset/base/error.h"
#include "version.h"

namespace {

using namespace onset::apps;  // NOLINT(google-build-using-namespace)

struct Subcommand {
  const char* name;
  const char* summary;
  int (*run)(const std::vector<std::string>&);
  bool multiplies = false;  ///< matrices: the kernels matter, and the time to choose them does not
};

constexpr Subcommand subcommands[] = {
    {"train", "train a BERT, with or without the syntactic regulariser", run_train, true},
    {"sweep", "a grid of lambda, release step and seed: trained, measured, compared", run_sweep, true},
    {"analyze", "measure every checkpoint of a training run into one series file", run_analyze, true},
    {"detect", "when structure and capability set in, with intervals and a verdict", run_detect},
    {"compare", "runs side by side: onsets, metrics, differences", run_compare},
    {"finetune", "fine-tune every checkpoint of a training run on a GLUE task", run_finetune, true},
    {"export", "a series file as CSV in long form", run_export},
    {"merge", "one series of several: shards, probes, steps", run_merge},
    {"inspect", "what is in a checkpoint, a series of them or a .h5, and what is wrong", run_inspect},
    {"tokenize", "text to token ids, one line each", run_tokenize},
    {"grammar", "write the demo corpus: parses, minimal pairs, vocabulary", run_grammar},
};

void print_help(std::ostream& out) {
  out << "onset: when do structure and capability set in while a masked language model trains?\n\n"
         "usage: onset COMMAND [options]      (onset COMMAND --help explains one)\n\n";
  for (const Subcommand& command : subcommands)
    out << "  " << std::left << std::setw(10) << command.name << command.summary << '\n';
  out << "\n  --version  versions linked, device, threads\n\n"
         "A first result:\n"
         "  onset analyze RUN -o series.h5 --parses dev.conllu --pairs blimp/\n"
         "  onset detect series.h5\n";
}

int run(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.empty()) {
    print_help(std::cerr);
    return static_cast<int>(onset::ErrorKind::usage);
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_help(std::cout);
    return 0;
  }
  if (words[0] == "--version") {
    use_kernels_for_this_processor(arguments);
    print_version(std::cout);
    return 0;
  }
  for (const Subcommand& command : subcommands) {
    if (words[0] != command.name) continue;
    if (command.multiplies) use_kernels_for_this_processor(arguments);
    return command.run({words.begin() + 1, words.end()});
  }
  throw onset::Error(onset::ErrorKind::usage, "there is no command \"" + words[0] + "\" (see onset --help)");
}

/// A mapped file that shrinks under our eyes raises SIGBUS where it is read; nothing else of ours does.
void on_bus_error(int) {
  constexpr char text[] = "onset: a file shrank while it was read; run the same command again\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, sizeof text - 1);
  std::_Exit(static_cast<int>(onset::ErrorKind::try_again));
}

/// Layer by layer the same sizes are taken and given back; handing their pages to the system each time costs
/// a tenth of a measurement and a quarter of BERT-base's step of training (bench/README.md). Memory mapped for
/// one allocation alone goes back whatever the threshold, so there is none.
void keep_freed_memory() {
  ::mallopt(M_MMAP_MAX, 0);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

int fail(const std::string& message, onset::ErrorKind kind) {
  std::cerr << "onset: " << one_line(message) << '\n';
  return static_cast<int>(kind);
}

}  // namespace

int main(int count, char** arguments) {
  keep_standard_streams();
  keep_freed_memory();
  std::signal(SIGBUS, on_bus_error);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    const int code = run(count, arguments);
    std::cout.flush();
    if (!std::cout) return fail("standard output: cannot write", onset::ErrorKind::io);
    return code;
  } catch (const onset::Error& error) {
    return fail(error.what(), error.kind());
  } catch (const std::bad_alloc&) {
    return fail("out of memory", onset::ErrorKind::io);
  } catch (const std::filesystem::filesystem_error& error) {
    return fail(error.path1().string() + ": " + error.code().message(), onset::ErrorKind::io);
  } catch (const std::exception& error) {
    // LibTorch's messages go on with a backtrace; the first line says what happened.
    const char* const end = std::strchr(error.what(), '\n');
    return fail(
        "internal error: " + (end == nullptr ? std::string(error.what()) : std::string(error.what(), end)),
        onset::ErrorKind::bug);
  }
}
