// The nine tasks of GLUE (Wang et al. 2018) and their tables as distributed: one example a line, columns
// separated by tabs, quotes literal (a quotation mark is a character of the sentence, never a field's
// bracket), a header line in every table but CoLA's. Columns are found by their header's names, so that train
// and development tables of one task may differ in the columns that are not read (MNLI's do). A byte-order
// mark and Windows line ends read as if they were not there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onset/base/progress.h"

namespace onset {

/// Headers of the columns that are read.
struct GlueColumns {
  std::string first;   ///< the (first) sentence
  std::string second;  ///< the second sentence; empty: one sentence an example
  std::string label;   ///< the label or score
};

/// What a task is and where its table keeps it.
struct GlueTask {
  std::string name;    ///< as the command line spells it: cola, sst-2, mrpc, …
  std::string folder;  ///< its folder in the GLUE download: CoLA, SST-2, MRPC, …
  std::vector<std::string>
      labels;  ///< as the table spells them; a label's index is its class; empty: a score
  GlueColumns columns;
  std::vector<std::string> dev_splits = {"dev"};  ///< MNLI has two: dev_matched, dev_mismatched
  /// CoLA: no header; four columns: source, label, the linguists' star, sentence.
  bool headerless = false;
  /// QQP: some records of the official table hold a line break and so fall into lines too short to be
  /// examples. They are left out, as the usual loaders do, and told to `warn`. In every other task a short
  /// line is an error.
  bool leaves_out_short_lines = false;

  bool pair() const { return !columns.second.empty(); }
  /// STS-B: a score from 0 to 5 instead of a class.
  bool regression() const { return labels.empty(); }
};

/// One example. Texts stand as in the table, and may be empty.
struct GlueExample {
  std::string first;
  std::string second;     ///< empty when the task has one sentence an example
  float label = 0;        ///< class index, or the score
  std::int64_t line = 0;  ///< in the table, from 1
};

/// cola, sst-2, mrpc, qqp, sts-b, mnli, qnli, rte, wnli.
std::span<const GlueTask> glue_tasks();

/// The task of this name, whatever its case, with or without its hyphen ("SST2"). Throws Error(usage) that
/// lists the names.
const GlueTask& glue_task(std::string_view name);

/// `<split>.tsv` in `data_dir`, or in the task's folder there (so that the folder of all GLUE will do). The
/// split is "train" or one of task.dev_splits, else Error(usage); neither file there: Error(missing_input)
/// that names both.
std::filesystem::path glue_file(const GlueTask& task, const std::filesystem::path& data_dir,
                                std::string_view split);

/// All examples of a table, in its order. Throws Error: missing_input; bad_data, with the line, the column,
/// what was expected and what was found, for bytes that are not UTF-8, another task's table, a header without
/// a column that is needed, a wrong number of columns, an unknown label, a score outside 0..5, a table
/// without examples.
std::vector<GlueExample> read_glue(const GlueTask& task, const std::filesystem::path& file,
                                   const Warn& warn = {});

}  // namespace onset
