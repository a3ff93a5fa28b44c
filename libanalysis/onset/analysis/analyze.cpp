#include "onset/analysis/analyze.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "onset/analysis/interval_pass.h"
#include "onset/analysis/series_pass.h"
#include "onset/base/stop.h"
#include "onset/findings/curve_selector.h"
#include "onset/findings/refinement.h"

namespace onset {
namespace {

/// A checkpoint may be half written when it is first seen; one that is still no good after so many looks is
/// worth a word.
constexpr int patience = 3;

/// With fewer, the standard error of a figure is known too badly for an interval to be told by it.
constexpr std::int64_t fewest_replicates = 20;

void sleep(double seconds, const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock hold(mutex);
  std::condition_variable_any wake;
  wake.wait_for(hold, stop, std::chrono::duration<double>(seconds), [] { return false; });
  throw_if_stopped(stop);
}

/// Every checkpoint of the shard that is not done.
void measure_all(SeriesPass& pass, const std::vector<SeriesEntry>& entries, const Shard& shard,
                 std::set<std::filesystem::path>& done) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto place = static_cast<std::int64_t>(i);
    if (place % shard.count != shard.index || done.contains(entries[i].folder)) continue;
    if (pass.measure(entries[i], {place + 1, std::ssize(entries)})) done.insert(entries[i].folder);
  }
}

[[noreturn]] void watch(SeriesPass& pass, const AnalyzeOptions& options, const AnalyzeWatcher& watcher) {
  std::set<std::filesystem::path> done;
  std::map<std::filesystem::path, int> looks;  // at what could not be measured
  for (;;) {
    std::vector<SeriesEntry> entries;
    try {
      entries = pass.list();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::missing_input) throw;  // nothing there yet
    }
    const std::size_t before = done.size();
    measure_all(pass, entries, options.shard, done);
    if (done.size() > before) pass.write();
    for (const auto& [folder, error] : pass.failed()) {
      if (++looks[folder] == patience && watcher.warn) {
        watcher.warn(std::string(error.what()) + "; looked at " + std::to_string(patience) +
                     " times and again from now on");
      }
    }
    sleep(options.watch_seconds, watcher.stop);
  }
}

bool by_interval(const AnalyzeOptions& options) {
  return options.interval.accuracy > 0 || options.interval.loss > 0;
}

/// The curves whose onsets are looked for, as far as they were measured, rising towards better.
std::vector<Curve> onset_curves(const AnalyzeOptions& options) {
  std::vector<Curve> curves;
  for (const std::string& text : {options.detect.structure, options.detect.capability}) {
    const CurveSelector selector = parse_selector(text);
    std::optional<Curve> curve = read_curve(options.output, selector);
    if (!curve) continue;
    if (trend_of(selector) == Trend::falling) {
      for (double& value : curve->values) value = -value;
      for (std::vector<double>& replicate : curve->replicates) {
        for (double& value : replicate) value = -value;
      }
    }
    curves.push_back(*std::move(curve));
  }
  return curves;
}

using MeasureEntries = std::function<void(const std::vector<SeriesEntry>& entries)>;

/// A coarse pass, then rounds about the onsets until nothing new is asked for. The file is written after each
/// round, and the next one reads its curves.
void refine(SeriesPass& pass, const AnalyzeOptions& options, std::vector<SeriesEntry> entries,
            const MeasureEntries& measure) {
  RefinementOptions refinement;
  refinement.axis = options.detect.onset.axis;
  refinement.spacing = options.detect.onset.spacing;
  std::vector<std::int64_t> wanted;
  for (bool coarse = true; coarse || !wanted.empty(); coarse = false) {
    std::vector<std::int64_t> all;
    for (const SeriesEntry& entry : entries) all.push_back(entry.step);
    if (coarse) wanted = coarse_steps(all, refinement);
    std::vector<SeriesEntry> round;
    std::ranges::copy_if(entries, std::back_inserter(round), [&](const SeriesEntry& entry) {
      return std::ranges::binary_search(wanted, entry.step);
    });
    measure(round);
    // One that failed is not there for the rounds to come.
    for (const SeriesEntry& entry : round) {
      if (pass.has(entry.step)) continue;
      std::erase(entries, entry);
      std::erase(all, entry.step);
    }
    for (const StepAxis axis : {StepAxis::step, StepAxis::log_step}) {
      std::vector<double> u;
      for (const std::int64_t step : all) u.push_back(to_axis(static_cast<double>(step), axis));
      if (u.size() > 1) pass.describe({{median_gap_attribute(axis), median_gap(u)}});
    }
    pass.write();
    if (std::ranges::none_of(all, [&](std::int64_t step) { return pass.has(step); })) return;
    wanted = steps_to_add(all, onset_curves(options), refinement);
  }
}

void check_adaptive(const AnalyzeOptions& options, const std::vector<std::string>& probes) {
  if (options.watch || options.shard.count > 1) {
    throw Error(ErrorKind::usage, "--adaptive chooses among all checkpoints: not with --watch or --shard");
  }
  if (measures_onset_curve(options.detect, probes)) return;
  throw Error(ErrorKind::usage, "--adaptive: neither " + options.detect.structure + " nor " +
                                    options.detect.capability +
                                    " is measured, so there is no onset to look for");
}

void check_interval(const AnalyzeOptions& options) {
  if (options.watch || options.shard.count > 1) {
    throw Error(ErrorKind::usage,
                "--interval looks at all checkpoints together: not with --watch or --shard");
  }
  if (options.probes.bootstrap.replicates < fewest_replicates) {
    throw Error(ErrorKind::usage,
                "--interval needs --replicates of at least " + std::to_string(fewest_replicates));
  }
}

}  // namespace

bool measures_onset_curve(const DetectOptions& detect, const std::vector<std::string>& probes) {
  return std::ranges::any_of(std::array{detect.structure, detect.capability}, [&](const std::string& text) {
    const std::string path = parse_selector(text).path;
    return std::ranges::find(probes, path.substr(0, path.find('/'))) != probes.end();
  });
}

AnalyzeResult analyze(const AnalyzeOptions& options, const AnalyzeWatcher& watcher) {
  // Missing inputs are noticed before anything is opened.
  const std::vector<std::string> probes = choose_probes(options.probes);
  if (options.adaptive) check_adaptive(options, probes);
  if (by_interval(options)) check_interval(options);
  SeriesPass pass(options, watcher);
  std::optional<IntervalPass> samples;
  if (by_interval(options)) samples.emplace(pass, options);
  std::int64_t listed = 0;
  try {
    if (options.watch) watch(pass, options, watcher);
    const std::vector<SeriesEntry> entries = pass.list();
    listed = std::ssize(entries);
    const MeasureEntries measure = [&](const std::vector<SeriesEntry>& some) {
      std::set<std::filesystem::path> done;
      samples ? samples->measure(some) : measure_all(pass, some, options.shard, done);
    };
    options.adaptive ? refine(pass, options, entries, measure) : measure(entries);
    if (samples) pass.describe(samples->attributes());
  } catch (const Interrupted&) {
    pass.write();
    throw;
  }
  pass.write();
  AnalyzeResult result = pass.finish();
  result.listed = listed;
  if (samples) result.sample = samples->reached();
  return result;
}

}  // namespace onset
