// The probes by name, made ready for a series: `--probes uas,pll,twonn,loss,fisher,ablation`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "onset/analysis/probe.h"
#include "onset/probes/probe_options.h"

namespace onset {

/// What a checkpoint brings along: all checkpoints of a series share it.
struct ProbeSubject {
  std::shared_ptr<const WordPiece> wordpiece;
  BertConfig config;
  std::string dtype;  ///< "float32" or "bfloat16": changes numbers, so it is part of every frame
};

/// Throws Error: missing_input where a file is not there or a named probe lacks its input; usage for an
/// unknown name or where no probe has its input.
std::vector<std::string> choose_probes(const ProbeOptions& options);

/// Reads the data and prepares the probes, in the order of choose_probes. Throws what the readers throw.
std::vector<std::unique_ptr<Probe>> make_probes(const ProbeOptions& options, const ProbeSubject& subject,
                                                const Warn& warn);
/// The same on the sample that the inputs were told to use.
class ProbeInputs;
std::vector<std::unique_ptr<Probe>> make_probes(ProbeInputs& inputs);

}  // namespace onset
