// Which checkpoints there are, and in which order: the steps of a training run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onset {

struct SeriesEntry {
  std::int64_t step = 0;         ///< optimiser steps taken when it was written
  std::filesystem::path folder;  ///< the checkpoint's folder

  friend bool operator==(const SeriesEntry&, const SeriesEntry&) = default;
};

struct SeriesOptions {
  std::filesystem::path
      manifest;  ///< CSV with the header line `step,path`, paths relative to its folder; empty: none
  std::string step_regex;  ///< ECMAScript, searched in a folder's name, first group = step ("20", "20k",
                           ///< "2M"); empty: none
  std::string steps;  ///< which to keep: "0,100,200", "start:stop:stride" (stop included, parts optional), or
                      ///< both mixed
};

struct SeriesListing {
  std::vector<SeriesEntry> entries;  ///< by ascending step, no step twice
  std::vector<std::string> notes;    ///< e.g. folders left out and why
};

/// Finds the checkpoints. Each given path is a checkpoint (it holds config.json or weights) or a folder of
/// checkpoints; a folder that is both counts as a folder of checkpoints. Folder names understood:
/// checkpoint-<step>, step_<n>, step<n>, ...-step_<n> with k (thousand) or M (million) after n, or whatever
/// step_regex says. A checkpoint given directly whose name says nothing takes global_step of its
/// trainer_state.json; a lone one without takes step 0, and a note says so. A folder still being written is
/// listed; opening it tells. Names with `.tmp` are left out. With a manifest, its lines are the series.
/// Throws Error: missing_input (a path, or no checkpoint in it, or a listed step not there), bad_data (one
/// step twice, a manifest that cannot be read), usage (a step that cannot be told, a malformed regex or
/// `steps`).
SeriesListing find_series(const std::vector<std::filesystem::path>& folders, const SeriesOptions& options);

/// The step a checkpoint folder's name states, by the patterns above.
std::optional<std::int64_t> step_of_name(std::string_view name);

}  // namespace onset
