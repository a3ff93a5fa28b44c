#include "command.h"

#include <ATen/Parallel.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <torch/utils.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <thread>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/text/unicode.h"

namespace onset::apps {

CommandLine::CommandLine(CommandHelp help, po::options_description options)
    : help_(std::move(help)), options_("Options") {
  options_.add(options);
  options_.add_options()("options", po::value<std::string>()->value_name("FILE"),
                         "INI file that sets any of these options");
  options_.add_options()("help,h", "show this help");
}

bool CommandLine::read(const std::vector<std::string>& words) {
  po::options_description all;
  all.add(options_).add_options()("input", po::value<std::vector<std::string>>());
  po::positional_options_description positional;
  if (!help_.positional.empty()) positional.add("input", -1);
  try {
    store(po::command_line_parser(words)
              .options(all)
              .positional(positional)
              .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
              .run());
    if (has("help")) {
      std::cout << "usage: onset " << help_.name << (help_.positional.empty() ? "" : " " + help_.positional)
                << " [options]\n\n"
                << help_.summary << "\n\n"
                << options_ << "\nExample:\n  " << help_.example << '\n';
      return false;
    }
    if (has("options")) {
      const std::filesystem::path file = get<std::string>("options");
      std::istringstream stream(read_file(file));
      try {
        store(po::parse_config_file(stream, options_));
      } catch (const po::error& error) {
        throw error_in(ErrorKind::configuration, file.string(), error.what());
      }
    }
    po::notify(values_);
  } catch (const po::error& error) {
    throw Error(ErrorKind::usage,
                help_.name + ": " + error.what() + " (see onset " + help_.name + " --help)");
  }
  return true;
}

void CommandLine::store(const po::parsed_options& parsed) {
  // Boost reads -1 as the largest unsigned number.
  for (const po::option& option : parsed.options) {
    const po::option_description* const known = options_.find_nothrow(option.string_key, false);
    const bool is_unsigned = known != nullptr && dynamic_cast<const po::typed_value<std::uint64_t>*>(
                                                     known->semantic().get()) != nullptr;
    if (is_unsigned && !option.value.empty() && option.value.front().starts_with('-'))
      throw po::error("option '--" + option.string_key + "': " + option.value.front() + " is below 0");
  }
  po::store(parsed, values_);
}

std::string CommandLine::text(const std::string& name) const {
  const std::string word = has(name) ? get<std::string>(name) : "";
  if (find_invalid_utf8(word))
    throw Error(ErrorKind::usage, "--" + name + ": expected UTF-8, found " + in_quotes(word));
  return word;
}

std::vector<std::string> CommandLine::list(const std::string& name) const {
  std::vector<std::string> words;
  std::istringstream stream(get<std::string>(name));
  for (std::string word; std::getline(stream, word, ',');) words.push_back(word);
  return words;
}

std::vector<std::filesystem::path> CommandLine::inputs() const {
  if (!has("input")) throw Error(ErrorKind::usage, help_.name + ": give " + help_.positional);
  const auto words = get<std::vector<std::string>>("input");
  for (const std::string& word : words) {
    std::error_code ignored;
    if (word != "-" && !std::filesystem::exists(word, ignored))
      throw error_in(ErrorKind::missing_input, word, "no such file or folder");
  }
  return {words.begin(), words.end()};
}

std::filesystem::path CommandLine::input() const {
  const auto all = inputs();
  if (all.size() != 1)
    throw Error(ErrorKind::usage,
                help_.name + ": give one " + help_.positional + ", not " + std::to_string(all.size()));
  return all.front();
}

std::filesystem::path CommandLine::required_path(const std::string& name) const {
  if (!has(name)) throw Error(ErrorKind::usage, help_.name + ": --" + name + " is required");
  if (path(name).empty()) throw Error(ErrorKind::usage, help_.name + ": --" + name + " is empty");
  return path(name);
}

std::filesystem::path CommandLine::output_file(const std::string& name,
                                               const std::vector<std::filesystem::path>& read) const {
  namespace fs = std::filesystem;
  const fs::path file = required_path(name);
  std::error_code ignored;
  for (const fs::path& input : read) {
    if (fs::equivalent(file, input, ignored))
      throw Error(ErrorKind::usage, "--" + name + ": " + file.string() + " is read, too: name another file");
  }
  const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
  if (!fs::is_directory(folder, ignored))
    throw error_in(ErrorKind::io, file.string(), "cannot create: no folder " + folder.string());
  file_to_replace(file);
  return file;
}

std::filesystem::path CommandLine::series_output(const std::vector<std::filesystem::path>& read) const {
  const std::filesystem::path file = output_file("output", read);
  char first[8] = {};
  std::ifstream there(file, std::ios::binary);
  there.read(first, sizeof first);
  if (there.gcount() > 0 && std::string_view(first, sizeof first) != "\x89HDF\r\n\x1a\n")
    throw Error(ErrorKind::usage, "--output: " + file.string() +
                                      " is there and no series file: name another file, or remove it");
  return file;
}

std::filesystem::path CommandLine::findings_file(const std::string& name,
                                                 const std::vector<std::filesystem::path>& read) const {
  const std::filesystem::path file = output_file(name, read);
  if (file.extension() != ".csv" && file.extension() != ".h5")
    throw Error(ErrorKind::usage, "--" + name + ": " + file.string() + ": neither .csv nor .h5");
  return file;
}

namespace {

bool colour_and_bars() {
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
         (term == nullptr || std::string_view(term) != "dumb");
}

std::string clock(double seconds) {
  const auto s = static_cast<long>(seconds + 0.5);
  char text[32];
  if (s >= 3600) {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld", s / 60, s % 60);
  }
  return text;
}

class Bar {
 public:
  ~Bar() { clear(); }

  void show(const ProgressUpdate& update) {
    const auto now = Clock::now();
    if (update.task != task_) {
      task_ = update.task;
      start_ = now;
      shown_ = now;
      return;
    }
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    if (elapsed < 2.0 || (now - shown_ < std::chrono::milliseconds(200) && update.done < update.total))
      return;
    shown_ = now;
    const double rate = static_cast<double>(update.done) / elapsed;
    std::string line = "\r\x1b[K" + update.task + "  ";
    if (update.total > 0) {
      constexpr int cells = 24;
      const int full = static_cast<int>(cells * update.done / update.total);
      for (int i = 0; i < cells; ++i) line += i < full ? "█" : "░";
      line += ' ' + std::to_string(update.done) + '/' + std::to_string(update.total);
    } else {
      line += std::to_string(update.done);
    }
    char text[64];
    std::snprintf(text, sizeof text, " %s  %.1f/s", update.unit.c_str(), rate);
    line += text;
    if (update.total > 0 && rate > 0)
      line += "  " + clock(static_cast<double>(update.total - update.done) / rate) + " left";
    std::cerr << line << std::flush;
    visible_ = true;
  }

  void clear() {
    if (visible_) std::cerr << "\r\x1b[K" << std::flush;
    visible_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::string task_;
  Clock::time_point start_, shown_;
  bool visible_ = false;
};

/// One bar a process: warnings clear it before they print.
Bar& bar() {
  static Bar the_bar;
  return the_bar;
}

volatile std::sig_atomic_t signals_seen = 0;

/// More than any machine has; LibTorch sets out to start as many as it is told.
constexpr int most_threads = 1024;

}  // namespace

Progress make_progress() {
  if (!colour_and_bars()) return {};
  return [](const ProgressUpdate& update) { bar().show(update); };
}

Warn make_warn() {
  return [](const std::string& text) {
    bar().clear();
    std::cerr << "onset: warning: " << one_line(text) << '\n';
  };
}

std::function<void(const std::string&)> make_note() {
  return [](const std::string& text) {
    bar().clear();
    std::cerr << "onset: " << one_line(text) << '\n';
  };
}

std::stop_token stop_on_signals() {
  // The handler only sets a flag; a thread that looks ten times a second turns it into a stop request.
  static std::stop_source source;
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) {
    std::signal(signal, [](int which) {
      if (signals_seen > 0 && which == SIGINT) std::_Exit(static_cast<int>(ErrorKind::try_again));
      signals_seen = 1;
    });
  }
  static const std::jthread watcher([](const std::stop_token& quit) {
    while (!quit.stop_requested()) {
      if (signals_seen > 0) source.request_stop();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
  return source.get_token();
}

std::string one_line(std::string_view text) {
  std::string out;
  const auto hide = [&](char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    out += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
  };
  while (!text.empty()) {
    const std::size_t valid = find_invalid_utf8(text).value_or(text.size());
    for (std::size_t i = 0; i < valid; ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (byte < 0x20 || byte == 0x7f) {
        hide(text[i]);
      } else if (byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) {  // U+0080 to U+009F
        hide(text[i]);
        hide(text[++i]);
      } else {
        out += text[i];
      }
    }
    if (valid < text.size()) hide(text[valid]);
    text.remove_prefix(std::min(valid + 1, text.size()));
  }
  return out;
}

void keep_standard_streams() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest number that is free, so this one; opened the wrong way round, so that using it is an error.
    const int opened = ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (opened >= 0 && opened != descriptor) ::close(opened);
  }
}

int use_threads(int threads) {
  if (threads < 0 || threads > most_threads)
    throw Error(ErrorKind::usage, "--threads: " + std::to_string(threads) + " is not from 0 to " +
                                      std::to_string(most_threads));
  for (const char* const name : {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"}) {
    const char* const value = std::getenv(name);
    if (threads <= 0 && value != nullptr) threads = std::atoi(value);
  }
  if (threads <= 0) threads = static_cast<int>(std::thread::hardware_concurrency());
  at::set_num_threads(std::clamp(threads, 1, most_threads));
  return at::get_num_threads();
}

}  // namespace onset::apps
