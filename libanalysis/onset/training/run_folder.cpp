#include "onset/training/run_folder.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/checkpoint/json_text.h"
#include "onset/checkpoint/paths.h"
#include "onset/checkpoint/printable.h"
#include "onset/checkpoint/series.h"
#include "onset/training/training_state.h"

namespace onset {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* header = "step,loss,mlm_loss,regulariser,lambda,lr,grad_norm,tokens,seconds\n";

/// The step of a checkpoint by the name a trainer gives it.
std::optional<std::int64_t> step_of(const std::string& name) {
  const auto step = step_of_name(name);
  return step && checkpoint_folder({}, *step) == name ? step : std::nullopt;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> out;
  std::error_code fault;
  if (!is_folder(folder)) return out;
  for (fs::directory_iterator at(folder, fault), end; !fault && at != end; at.increment(fault))
    out.push_back(at->path().filename().string());
  if (fault) throw error_in(ErrorKind::io, folder.string(), "cannot list: " + fault.message());
  return out;
}

/// The folder that is to hold the run, made so that the lock can lie in it.
fs::path with_parent(const fs::path& run) {
  const fs::path plain = plain_path(run);
  std::error_code fault;
  fs::create_directories(plain.parent_path(), fault);
  if (fault) throw error_in(ErrorKind::io, plain.parent_path().string(), "cannot create: " + fault.message());
  return plain;
}

void require_same(const std::string& found_text, const std::string& wanted_text, const fs::path& file) {
  const json found = parse_json(found_text, file.string()).flatten();
  const json wanted = json::parse(wanted_text).flatten();
  std::vector<std::string> differences;
  for (const auto& [key, value] : wanted.items()) {
    if (!found.contains(key)) {
      differences.push_back(key.substr(1) + " is not there");
    } else if (found[key] != value) {
      differences.push_back(key.substr(1) + " is " + printable(found[key].dump()) + " there and " +
                            printable(value.dump()) + " here");
    }
  }
  for (const auto& [key, value] : found.items()) {
    if (!wanted.contains(key)) differences.push_back(printable(key.substr(1)) + " is there and not here");
  }
  if (differences.empty()) return;
  throw error_in(ErrorKind::configuration, file.string(),
                 "the run has another configuration: " + list_text(differences, 3));
}

}  // namespace

std::vector<std::int64_t> checkpoint_steps(const fs::path& run) {
  std::vector<std::int64_t> out;
  for (const std::string& name : names_in(run)) {
    if (const auto step = step_of(name)) out.push_back(*step);
  }
  std::ranges::sort(out);
  return out;
}

RunFolder::RunFolder(const fs::path& run, bool resume) : run_(with_parent(run)), lock_(run_) {
  started_ = is_file(run_ / "run.json");
  if (started_ && !resume)
    throw error_in(ErrorKind::configuration, run.string(),
                   "holds a run already; --resume goes on with it, another folder starts anew");
  if (started_) return;
  for (const std::string& name : names_in(run_)) {
    if (step_of(name) || name == "log.csv")
      throw error_in(ErrorKind::configuration, run.string(),
                     "holds " + printable(name) + " of a run that was not started here (no run.json)");
  }
}

void RunFolder::claim(const std::string& identity) {
  const fs::path file = run_ / "run.json";
  if (started_) {
    require_same(read_file(file), identity, file);
  } else {
    std::error_code fault;
    fs::create_directories(run_, fault);
    if (fault) throw error_in(ErrorKind::io, run_.string(), "cannot create: " + fault.message());
    write_file_atomically(file, json::parse(identity).dump(2) + "\n");
  }
  for (const std::string& name : names_in(run_)) {
    if (name.find(".tmp-") == std::string::npos) continue;
    std::error_code ignored;
    fs::remove_all(run_ / name, ignored);
  }
}

std::optional<std::int64_t> RunFolder::last_checkpoint() const {
  const std::vector<std::int64_t> steps = checkpoint_steps(run_);
  return steps.empty() ? std::nullopt : std::optional(steps.back());
}

TrainingLog::TrainingLog(const fs::path& file, std::int64_t step)
    : path_(file), file_(nullptr, &std::fclose) {
  std::string kept = header;
  if (is_file(file)) {
    const std::string text = read_file(file);
    for (std::size_t begin = text.find('\n') + 1; begin != 0 && begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      if (end == std::string::npos) break;
      std::int64_t of_row = 0;
      const auto [at, fault] = std::from_chars(text.data() + begin, text.data() + end, of_row);
      if (fault != std::errc() || *at != ',' || of_row > step) break;
      kept.append(text, begin, end + 1 - begin);
      begin = end + 1;
    }
  }
  write_file_atomically(file, kept);
  file_.reset(std::fopen(file.c_str(), "ab"));
  if (!file_)
    throw error_in(ErrorKind::io, file.string(), std::string("cannot open: ") + std::strerror(errno));
}

void TrainingLog::add(const LogRow& row) {
  // Nine digits give every float32 back.
  const int put =
      std::fprintf(file_.get(), "%lld,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%lld,%.4f\n",
                   static_cast<long long>(row.step), row.loss, row.mlm_loss, row.regulariser, row.lambda,
                   row.lr, row.grad_norm, static_cast<long long>(row.tokens), row.seconds);
  if (put < 0 || std::fflush(file_.get()) != 0)
    throw error_in(ErrorKind::io, path_.string(), std::string("cannot write: ") + std::strerror(errno));
}

void TrainingLog::sync() {
  if (::fsync(::fileno(file_.get())) != 0)
    throw error_in(ErrorKind::io, path_.string(),
                   std::string("cannot flush to disk: ") + std::strerror(errno));
}

}  // namespace onset
