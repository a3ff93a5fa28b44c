// Minimal pairs in the form of BLiMP (Warstadt et al. 2020): JSON lines, one pair an object, with the text
// fields sentence_good, sentence_bad, UID (the paradigm), pairID (an integer will do) and linguistics_term
// (the phenomenon).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "onset/base/progress.h"

namespace onset {

struct MinimalPair {
  std::string paradigm;  ///< UID
  std::string id;        ///< pairID, an integer kept as its text
  std::string
      phenomenon;  ///< linguistics_term; s-selection counts under argument_structure, as in the BLiMP paper
  std::string good;
  std::string bad;
};

/// Pairs of one file, or of a folder's *.jsonl in the order of their names. LF, CRLF and a byte order mark
/// give the same result; blank lines and other fields are passed over. A pair of identical sentences that
/// is kept is a warning. per_paradigm: only the first so many of each paradigm, -1: all (all are checked all
/// the same). Throws Error: missing_input; io; bad_data naming file and line for a line that is no JSON
/// object, a field missing, given twice or no text, a (UID, pairID) seen before (both places), a file of 0
/// items; bad_data naming the byte for bad UTF-8.
std::vector<MinimalPair> read_pairs(const std::filesystem::path& file_or_folder,
                                    std::int64_t per_paradigm = -1, const Warn& warn = {});

}  // namespace onset
