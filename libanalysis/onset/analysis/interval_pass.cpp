#include "onset/analysis/interval_pass.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace onset {
namespace {

constexpr std::int64_t first_sentences = 50;  ///< of the first look
constexpr std::int64_t first_pairs = 10;      ///< of each paradigm
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The items a row's figure is a mean over.
void count_items(const Frame& frame, SampledFigure& figure) {
  for (const Variable& constant : frame.constants) {
    if (frame.group != "pll" || constant.name != "total") continue;
    for (const std::int64_t pairs : std::get<std::vector<std::int64_t>>(constant.values)) {
      if (pairs == 0) continue;
      figure.items += pairs;
      figure.stratum = figure.stratum == 0 ? pairs : std::min(figure.stratum, pairs);
    }
    return;
  }
  for (const char* const name : {"sentences", "lines"}) {
    if (const auto count = frame.attributes.find(name); count != frame.attributes.end())
      figure.items = figure.stratum = std::get<std::int64_t>(count->second);
  }
}

}  // namespace

std::vector<std::size_t> spread_order(std::size_t count) {
  std::vector<std::size_t> order;
  if (count == 0) return order;
  order.push_back(count - 1);
  // Halves, quarters, eighths …: each place once, at the coarsest level that it lies on.
  std::size_t stride = 1;
  while (stride < count) stride *= 2;
  for (std::size_t level = stride; level > 0; level /= 2) {
    for (std::size_t place = 0; place + 1 < count; place += level) {
      if (level == stride || place % (2 * level) != 0) order.push_back(place);
    }
  }
  return order;
}

IntervalPass::IntervalPass(SeriesPass& pass, const AnalyzeOptions& options)
    : pass_(pass), options_(options.interval) {
  const std::vector<std::string> chosen = choose_probes(options.probes);
  const auto add = [&](const Figure& figure) {
    if (figure.width <= 0 || std::ranges::find(chosen, figure.group) == chosen.end()) return;
    figures_.push_back(figure);
    groups_.insert(figure.group);
  };
  add({"uas", "micro", true, &SampleSize::sentences, options_.accuracy});
  add({"pll", "overall", true, &SampleSize::pairs, options_.accuracy});
  const bool accuracy = !figures_.empty();
  add({"loss", "mlm", false, &SampleSize::sentences, options_.loss});
  if (options_.accuracy > 0 && !accuracy)
    throw Error(ErrorKind::usage, "--interval is about uas and pll, and neither is measured");
  if (options_.loss > 0 && !groups_.contains("loss"))
    throw Error(ErrorKind::usage, "--interval-loss is about loss, which is not measured");
}

void IntervalPass::make_ladder() {
  available_ = pass_.available();
  for (const Figure& figure : figures_) {
    if (figure.kind == &SampleSize::sentences)
      sentences_ = look_sizes(available_.sentences, first_sentences);
    else
      pairs_ = look_sizes(available_.pairs, first_pairs);
  }
}

/// The last look is at all there is, which is the frame of a pass without samples.
SampleSize IntervalPass::sample() const {
  SampleSize out;
  if (sentences_at_ + 1 < sentences_.size()) out.sentences = sentences_[sentences_at_];
  if (pairs_at_ + 1 < pairs_.size()) out.pairs = pairs_[pairs_at_];
  return out;
}

void IntervalPass::measure(const std::vector<SeriesEntry>& entries) {
  entries_.insert(entries_.end(), entries.begin(), entries.end());
  std::ranges::sort(entries_, {}, &SeriesEntry::step);
  const std::vector<std::size_t> order = spread_order(entries_.size());
  for (bool again = true; again;) {
    again = false;
    for (const std::size_t place : order) {
      const SeriesEntry& entry = entries_[place];
      const auto at = measured_.find(entry.step);
      if (failed_.contains(entry.step) || (at != measured_.end() && at->second == sample())) continue;
      settle(entry);
      again = true;
    }
  }
}

void IntervalPass::settle(const SeriesEntry& entry) {
  const auto measure = [&](const std::set<std::string>& groups) {
    pass_.use(sample());
    const auto done = std::ranges::count_if(measured_, [&](const auto& at) { return at.second == sample(); });
    if (pass_.measure(entry, {done + 1, std::ssize(entries_)}, groups)) return true;
    failed_.insert(entry.step);
    measured_.erase(entry.step);
    return false;
  };
  if (measured_.empty()) {
    if (!pass_.prepare(entry)) {
      failed_.insert(entry.step);
      return;
    }
    if (sentences_.empty() && pairs_.empty()) make_ladder();
    // What asks for no sample of its own waits until the sample is known.
    while (measure(groups_) && grow(entry.step)) {
    }
    if (failed_.contains(entry.step)) return;
  }
  while (measure({})) {
    measured_[entry.step] = sample();
    if (!grow(entry.step)) return;
  }
}

/// Whether some figure asks for a larger sample, and there is one.
bool IntervalPass::grow(std::int64_t step) {
  bool more_sentences = false;
  bool more_pairs = false;
  for (const Figure& figure : figures_) {
    if (!(width(figure, step) >= figure.width)) continue;  // not a number: nothing that could be narrowed
    (figure.kind == &SampleSize::sentences ? more_sentences : more_pairs) = true;
  }
  more_sentences = more_sentences && sentences_at_ + 1 < sentences_.size();
  more_pairs = more_pairs && pairs_at_ + 1 < pairs_.size();
  sentences_at_ += more_sentences ? 1 : 0;
  pairs_at_ += more_pairs ? 1 : 0;
  return more_sentences || more_pairs;
}

double IntervalPass::width(const Figure& figure, std::int64_t step) const {
  const auto row = pass_.row(step, figure.group);
  if (!row) return nan;
  SampledFigure sampled;
  sampled.proportion = figure.proportion;
  for (const Variable& variable : row->measurement.variables) {
    if (variable.name == figure.variable)
      sampled.value = std::get<std::vector<double>>(variable.values).front();
    if (variable.name != figure.variable + "_replicates") continue;
    const auto& values = std::get<std::vector<float>>(variable.values);
    sampled.replicates.assign(values.begin(), values.end());
  }
  count_items(*row->frame, sampled);
  const bool sentences = figure.kind == &SampleSize::sentences;
  const Interval interval = look_interval(sampled, sentences ? sentences_.size() : pairs_.size());
  return interval.high - interval.low;
}

SampleReached IntervalPass::reached() const {
  SampleReached out{sample(), available_, sentences_.size(), pairs_.size(), {}};
  for (const Figure& figure : figures_) {
    double widest = nan;
    for (const auto& [step, at] : measured_) widest = std::fmax(widest, width(figure, step));
    out.figures.push_back({figure.group + "/" + figure.variable, widest, figure.width});
  }
  return out;
}

Attributes IntervalPass::attributes() const {
  const SampleReached is = reached();
  Attributes out;
  if (options_.accuracy > 0) out["interval"] = options_.accuracy;
  if (options_.loss > 0) out["interval_loss"] = options_.loss;
  const auto add = [&](const std::string& items, std::size_t looks, std::int64_t size, std::int64_t all) {
    if (looks == 0) return;
    out["interval_looks_" + items] = static_cast<std::int64_t>(looks);
    out["interval_" + items] = size < 0 ? all : size;
    out["interval_" + items + "_available"] = all;
  };
  add("sentences", is.sentence_looks, is.size.sentences, is.available.sentences);
  add("pairs", is.pair_looks, is.size.pairs, is.available.pairs);
  for (const SampleReached::Figure& figure : is.figures) {
    std::string name = "interval_widest_" + figure.curve;
    std::ranges::replace(name, '/', '_');
    out[name] = figure.widest;
  }
  return out;
}

}  // namespace onset
