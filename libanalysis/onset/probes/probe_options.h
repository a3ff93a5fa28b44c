// Which probes, on what, and how: the options that `onset analyze` takes and the settings that files name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

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

}  // namespace onset
