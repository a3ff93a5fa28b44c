// What every subcommand shares: its options read by Boost.Program_options, its help, progress and warnings on
// stderr, and stopping.
#pragma once

#include <boost/program_options.hpp>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "onset/base/progress.h"

namespace onset::apps {

namespace po = boost::program_options;

/// How a subcommand presents itself.
struct CommandHelp {
  std::string name;        ///< "analyze"
  std::string positional;  ///< "CHECKPOINT_DIR…" as the usage line shows it; empty: none
  std::string summary;     ///< one line
  std::string example;     ///< a command line that works
};

/// Reads the words after the subcommand. Positional words go to the option named "input". `--options FILE`
/// (INI) fills in what the command line leaves open. `--help` prints and returns nothing. Throws Error: usage
/// for unknown or malformed words, missing_input and bad configuration for the INI file.
class CommandLine {
 public:
  CommandLine(CommandHelp help, po::options_description options);
  /// False: help was asked for and printed.
  bool read(const std::vector<std::string>& words);

  bool has(const std::string& name) const { return values_.count(name) > 0; }
  /// Whether the caller, or the caller's INI file, said so: not a default.
  bool given(const std::string& name) const { return has(name) && !values_[name].defaulted(); }
  template <typename T>
  T get(const std::string& name) const {
    return values_[name].as<T>();
  }
  std::filesystem::path path(const std::string& name) const {
    return has(name) ? get<std::string>(name) : std::string();
  }
  /// The word that the option gave, empty without it; usage error where it is not UTF-8.
  std::string text(const std::string& name) const;
  /// The words between the commas of an option.
  std::vector<std::string> list(const std::string& name) const;
  /// The positional words as paths that are there: missing_input is noticed before options are weighed.
  std::vector<std::filesystem::path> inputs() const;
  /// The one positional word; usage error where there is none or more.
  std::filesystem::path input() const;
  /// Throws Error(usage) where the option was not given or is empty.
  std::filesystem::path required_path(const std::string& name) const;
  /// The file that the option (required) names and that will be written. It is refused before any work when
  /// it cannot be: Error(usage) where it is one of the files read, io where it is no file or its folder is
  /// not there.
  std::filesystem::path output_file(const std::string& name,
                                    const std::vector<std::filesystem::path>& read) const;
  /// output_file for a series file: one that is there must be HDF5 (or empty), lest a slip of the pen replace
  /// weights, a vocabulary or a table.
  std::filesystem::path series_output(const std::vector<std::filesystem::path>& read) const;
  /// The same for a table of findings: Error(usage) unless the name ends in .csv or .h5.
  std::filesystem::path findings_file(const std::string& name,
                                      const std::vector<std::filesystem::path>& read) const;

 private:
  void store(const po::parsed_options& parsed);

  CommandHelp help_;
  po::options_description options_;
  po::variables_map values_;
};

/// A bar with rate and time left on stderr, when that is a terminal and the work takes over two seconds; else
/// silence.
Progress make_progress();
/// Prints `onset: warning: …` on stderr, clearing the bar first.
Warn make_warn();
/// Prints `onset: …` on stderr, clearing the bar first: what was done, for a log.
std::function<void(const std::string&)> make_note();
/// Requested by SIGINT, SIGTERM and SIGUSR1. A second SIGINT ends the program at once.
std::stop_token stop_on_signals();
/// The text on one line and safe on a terminal: control characters and bytes that are not UTF-8, which names
/// and labels in a file may hold, as \xNN.
std::string one_line(std::string_view text);
/// Opens what the caller left closed of standard input, output and error, so that no file of ours gets their
/// numbers and is printed into. Reading and writing them still fails.
void keep_standard_streams();
/// Sets LibTorch's threads; 0: OMP_NUM_THREADS, SLURM_CPUS_PER_TASK or all cores, in this order. Returns the
/// number. Throws Error(usage) below 0 and above 1024.
int use_threads(int threads);

/// The subcommands: each reads its words, does its work and returns the exit code.
int run_analyze(const std::vector<std::string>& words);
int run_detect(const std::vector<std::string>& words);
int run_compare(const std::vector<std::string>& words);
int run_finetune(const std::vector<std::string>& words);
int run_export(const std::vector<std::string>& words);
int run_merge(const std::vector<std::string>& words);
int run_inspect(const std::vector<std::string>& words);
int run_tokenize(const std::vector<std::string>& words);
int run_train(const std::vector<std::string>& words);
int run_sweep(const std::vector<std::string>& words);
int run_grammar(const std::vector<std::string>& words);

}  // namespace onset::apps
