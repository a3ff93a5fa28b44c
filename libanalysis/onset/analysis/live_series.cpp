#include "onset/analysis/live_series.h"

#include <algorithm>
#include <chrono>

#include "onset/checkpoint/paths.h"
#include "onset/series/assemble.h"
#include "onset/series/hdf5_file.h"
#include "onset/text/unicode.h"

namespace onset {
namespace {

/// One value a step and its replicates, as the breaks room takes them; empty where the series has no such
/// array.
std::optional<Curve> curve_of(const Series& series, const std::string& path) {
  const Variable* const values = find_curve(series, path);
  if (values == nullptr) return std::nullopt;
  Curve out{path, {}, std::get<std::vector<double>>(values->values), {}};
  for (const StepInfo& step : series.steps) out.steps.push_back(static_cast<double>(step.step));
  const Variable* const replicates = find_curve(series, path + "_replicates");
  if (replicates == nullptr) return out;
  const auto& numbers = std::get<std::vector<float>>(replicates->values);  // [step, replicate]
  const std::size_t count = numbers.size() / out.steps.size();
  for (std::size_t b = 0; b < count; ++b) {
    std::vector<double>& replicate = out.replicates.emplace_back();
    for (std::size_t k = 0; k < out.steps.size(); ++k) replicate.push_back(numbers[k * count + b]);
  }
  return out;
}

}  // namespace

LiveSeries::LiveSeries(LiveSeriesOptions options, AnalyzeWatcher watcher)
    : options_(std::move(options)), watcher_(std::move(watcher)) {
  choose_probes(options_.probes);
}

void LiveSeries::prepare(const ProbeSubject& subject) {
  subject_ = subject;
  probes_ = make_probes(options_.probes, subject_, watcher_.warn);
  for (const auto& probe : probes_) {
    frames_.push_back(probe->frame());
    keys_.push_back(options_key(probe->frame()));
  }
}

std::optional<SuspectedBreak> LiveSeries::begin(std::int64_t step) {
  lock_.emplace(file());
  rows_.emplace(file().string() + ".rows", watcher_.warn);
  if (!is_file(file())) return std::nullopt;
  steps_ = read_series(file()).steps;
  std::erase_if(steps_, [&](const StepInfo& of) { return of.step > step; });
  const auto other = std::erase_if(
      steps_, [&](const StepInfo& of) { return !probes_.empty() && missing(of).size() == probes_.size(); });
  if (other > 0 && watcher_.warn)
    watcher_.warn(file().string() + ": " + std::to_string(other) +
                  " steps were measured with other options or data and are left out");
  return suspect(assembled());
}

std::optional<SuspectedBreak> LiveSeries::measure(const StepInfo& step, const Bert& bert) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<std::size_t> wanted = missing(step);
  if (!wanted.empty()) measure_rows(step, bert, wanted);
  ++(wanted.empty() ? totals_.reused : totals_.measured);
  const bool known = std::ranges::find(steps_, step) != steps_.end();
  std::erase_if(steps_, [&](const StepInfo& of) { return of.step >= step.step; });
  steps_.push_back(step);
  device_ = bert.device().is_cuda() ? "cuda" : "cpu";
  const Series series = assembled();
  if (!known || !wanted.empty()) write_series(file(), series);
  totals_.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return suspect(series);
}

void LiveSeries::measure_rows(const StepInfo& step, const Bert& bert,
                              const std::vector<std::size_t>& wanted) {
  std::vector<const Probe*> probes;
  for (const std::size_t p : wanted) probes.push_back(probes_[p].get());
  PassOptions pass;
  pass.stop = watcher_.stop;
  if (watcher_.progress) {
    pass.progress = [&](const ProgressUpdate& update) {
      watcher_.progress({"live probes at step " + std::to_string(step.step) + ": " + update.task, update.done,
                         update.total, update.unit});
    };
  }
  const std::vector<Measurement> measured = run_probes(bert, probes, pass);
  for (std::size_t w = 0; w < wanted.size(); ++w) rows_->write(key(step, wanted[w]), measured[w]);
}

RowKey LiveSeries::key(const StepInfo& step, std::size_t probe) const {
  return {frames_[probe].group, step.sha256, keys_[probe]};
}

std::vector<std::size_t> LiveSeries::missing(const StepInfo& step) const {
  std::vector<std::size_t> out;
  for (std::size_t p = 0; p < probes_.size(); ++p) {
    if (!rows_->has(key(step, p))) out.push_back(p);
  }
  return out;
}

Series LiveSeries::assembled() const {
  const Attributes attributes = {{"run", as_utf8(plain_path(options_.run).filename().string())},
                                 {"onset_version", options_.version},
                                 {"device", device_}};
  return assemble(steps_, frames_, *rows_, attributes);
}

std::optional<SuspectedBreak> LiveSeries::suspect(const Series& series) const {
  std::optional<SuspectedBreak> out;
  for (const char* const path : {"uas/micro", "pll/overall"}) {
    const std::optional<Curve> curve = curve_of(series, path);
    if (!curve) continue;
    const Suspicion found = suspect_break(*curve, options_.suspicion);
    if (found.suspected && (!out || found.score > out->score))
      out = SuspectedBreak{path, found.score, static_cast<std::int64_t>(found.step)};
  }
  return out;
}

}  // namespace onset
