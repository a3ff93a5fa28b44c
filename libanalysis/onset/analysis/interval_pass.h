// `--interval W`: checkpoints measured on growing samples (sample.h) until the interval of each headline
// figure is narrower than asked (looks.h), all of them on the same sample in the end, so that their curves
// are one thing and the file has one frame.
//
// The first checkpoint climbs from the least sample; each later one starts where the others stand and goes on
// where its own figures ask for it; those that stand lower are then measured on the sample all ended at. They
// come last step first, then evenly spread, so that the hardest ones come early. What is done depends on what
// was measured alone: interrupted and run again it comes to the same file.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "onset/analysis/looks.h"
#include "onset/analysis/series_pass.h"

namespace onset {

class IntervalPass {
 public:
  /// Throws Error(usage) where no chosen probe has a figure that the widths are about.
  IntervalPass(SeriesPass& pass, const AnalyzeOptions& options);

  /// Measures these checkpoints, and again those given before, until all stand at one sample. Throws what
  /// SeriesPass::measure throws.
  void measure(const std::vector<SeriesEntry>& entries);
  /// What it came to, once all is measured.
  SampleReached reached() const;
  /// The same as the file's attributes.
  Attributes attributes() const;

 private:
  struct Figure {
    std::string group, variable;
    bool proportion = true;
    std::int64_t SampleSize::*kind = nullptr;  ///< which items it is a mean over
    double width = 0;                          ///< its interval is to be narrower
  };
  void make_ladder();
  SampleSize sample() const;
  void settle(const SeriesEntry& entry);
  bool grow(std::int64_t step);
  double width(const Figure& figure, std::int64_t step) const;

  SeriesPass& pass_;
  IntervalOptions options_;
  std::vector<Figure> figures_;
  std::set<std::string> groups_;  ///< of the figures
  SampleSize available_;
  std::vector<std::int64_t> sentences_, pairs_;  ///< sizes of looks; empty: all from the start
  std::size_t sentences_at_ = 0, pairs_at_ = 0;
  std::vector<SeriesEntry> entries_;
  std::map<std::int64_t, SampleSize> measured_;  ///< the sample that a step was measured on
  std::set<std::int64_t> failed_;
};

/// Places 0 … count - 1, the last first, then so that any first few of them are spread evenly.
std::vector<std::size_t> spread_order(std::size_t count);

}  // namespace onset
