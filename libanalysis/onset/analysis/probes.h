// The probes by name, made ready for a series: `--probes uas,pll,twonn,loss,fisher,ablation`.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "onset/analysis/probe.h"
#include "onset/probes/ablation.h"
#include "onset/probes/bootstrap.h"
#include "onset/probes/mlm_loss.h"
#include "onset/probes/pll.h"
#include "onset/probes/uas.h"

namespace onset {

struct ProbeOptions {
  std::vector<std::string> probes;  ///< by name; empty: each whose inputs are given, but fisher and ablation
  std::filesystem::path parses;     ///< CoNLL-U, for uas; for the probes of text where there is none
  std::filesystem::path pairs;      ///< minimal pairs, for pll: a .jsonl or a folder of them
  std::filesystem::path text;       ///< a sentence a line, for twonn, loss and fisher
  std::int64_t max_sentences = -1;  ///< the first N of parses and text; -1: all
  std::int64_t pairs_per_paradigm = -1;  ///< the first N of each paradigm; -1: all
  UasOptions uas;                        ///< max_tokens holds for every sentence read
  PllScoring scoring = PllScoring::original;
  BootstrapOptions bootstrap;  ///< its seed also draws the masks, and the labels of fisher
  AblationOptions ablation;
  double mask_rate = MaskingOptions{}.rate;
};

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

}  // namespace onset
