// What the analysis asks of a probe, and nothing about any one of them. To add a probe: a measurement in the
// probes room, a class here that puts it into named arrays, and a line in probes.cpp (CONTRIBUTING.md has the
// recipe).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "onset/probes/sentence_pass.h"
#include "onset/series/table.h"

namespace onset {

/// A probe at work on one checkpoint.
class ProbeRun {
 public:
  virtual ~ProbeRun() = default;
  /// Adds what it wants to see of the shared forward pass over Probe::sentences().
  virtual void join(PassReaders&) {}
  /// After the shared pass: does what is left and hands over one checkpoint's values.
  virtual Measurement finish(const PassOptions& options) = 0;
};

/// A probe ready to measure: its data are prepared and the same for every checkpoint of the series.
class Probe {
 public:
  virtual ~Probe() = default;
  virtual const Frame& frame() const = 0;
  virtual bool needs_mlm_head() const { return false; }
  /// The sentences whose unmasked forward pass it shares with every probe that names the same ones; none for
  /// a probe that only runs passes of its own.
  virtual std::shared_ptr<const std::vector<TokenIds>> sentences() const { return nullptr; }
  virtual std::unique_ptr<ProbeRun> start(const Bert& bert) const = 0;
};

/// Measures a checkpoint with these probes: one shared pass for each set of sentences.
std::vector<Measurement> run_probes(const Bert& bert, std::span<const Probe* const> probes,
                                    const PassOptions& options);

}  // namespace onset
