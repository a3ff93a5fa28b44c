#include "onset/text/glue.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

#include "onset/base/error.h"
#include "onset/text/lines.h"
#include "onset/text/unicode.h"

namespace onset {
namespace {

constexpr double highest_score = 5;

const std::vector<GlueTask>& table_of_tasks() {
  static const std::vector<std::string> zero_one = {"0", "1"};
  static const std::vector<std::string> entailed = {"entailment", "not_entailment"};
  static const std::vector<GlueTask> tasks = {
      {.name = "cola",
       .folder = "CoLA",
       .labels = zero_one,
       .columns = {"sentence", "", "label"},
       .headerless = true},
      {"sst-2", "SST-2", zero_one, {"sentence", "", "label"}},
      {"mrpc", "MRPC", zero_one, {"#1 String", "#2 String", "Quality"}},
      {.name = "qqp",
       .folder = "QQP",
       .labels = zero_one,
       .columns = {"question1", "question2", "is_duplicate"},
       .leaves_out_short_lines = true},
      {"sts-b", "STS-B", {}, {"sentence1", "sentence2", "score"}},
      {"mnli",
       "MNLI",
       {"entailment", "neutral", "contradiction"},
       {"sentence1", "sentence2", "gold_label"},
       {"dev_matched", "dev_mismatched"}},
      {"qnli", "QNLI", entailed, {"question", "sentence", "label"}},
      {"rte", "RTE", entailed, {"sentence1", "sentence2", "label"}},
      {"wnli", "WNLI", zero_one, {"sentence1", "sentence2", "label"}},
  };
  return tasks;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string result;
  for (const std::string& part : parts) result += (result.empty() ? "" : ", ") + part;
  return result;
}

std::string plain_name(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '-' || c == '_') continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

std::vector<std::string_view> split_columns(std::string_view line) {
  std::vector<std::string_view> columns;
  for (;;) {
    const std::size_t tab = line.find('\t');
    columns.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return columns;
    line.remove_prefix(tab + 1);
  }
}

std::optional<std::size_t> find_column(const std::vector<std::string_view>& header, std::string_view name) {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header.begin());
}

/// Where a table keeps what is read of it.
struct Layout {
  std::size_t columns = 0;
  std::size_t first = 0;
  std::optional<std::size_t> second;
  std::size_t label = 0;
};

class Reader {
 public:
  Reader(const GlueTask& task, const std::filesystem::path& file, const Warn& warn)
      : task_(task), file_(file.string()), lines_(file), warn_(warn) {}

  std::vector<GlueExample> read() {
    if (task_.headerless) {
      layout_ = {.columns = 4, .first = 3, .second = std::nullopt, .label = 1};
    } else if (next_line()) {
      read_header();
    }
    std::vector<GlueExample> examples;
    while (next_line()) {
      const std::vector<std::string_view> columns = split_columns(line_);
      if (task_.leaves_out_short_lines && columns.size() < layout_.columns) {
        if (left_out_++ == 0) first_left_out_ = line_number_;
        continue;
      }
      examples.push_back(example_of(columns));
    }
    if (examples.empty()) {
      throw error_in(ErrorKind::bad_data, file_, "0 examples; expected a table of " + task_.name);
    }
    if (left_out_ > 0 && warn_) {
      warn_(file_ + ":" + std::to_string(first_left_out_) + ": " + std::to_string(left_out_) +
            " lines left out, this the first: fewer than " + std::to_string(layout_.columns) + " columns");
    }
    return examples;
  }

 private:
  Error wrong(const std::string& what) const {
    return error_at_line(ErrorKind::bad_data, file_, line_number_, what);
  }

  bool next_line() {
    const std::optional<TextLine> line = lines_.next();
    if (!line) return false;
    line_ = line->text;
    line_number_ = line->number;
    return true;
  }

  void read_header() {
    const std::vector<std::string_view> header = split_columns(line_);
    layout_.columns = header.size();
    layout_.first = needed_column(header, task_.columns.first);
    if (task_.pair()) layout_.second = needed_column(header, task_.columns.second);
    layout_.label = needed_column(header, task_.columns.label);
  }

  std::size_t needed_column(const std::vector<std::string_view>& header, const std::string& name) const {
    if (const auto column = find_column(header, name)) {
      if (std::ranges::count(header, name) > 1)
        throw wrong("header: the column '" + name + "' is there twice");
      return *column;
    }
    std::string what =
        "header: expected a column '" + name + "' of " + task_.name + ", found " + in_quotes(line_);
    for (const GlueTask& other : glue_tasks()) {
      if (!other.headerless && find_column(header, other.columns.first) &&
          (!other.pair() || find_column(header, other.columns.second)) &&
          find_column(header, other.columns.label)) {
        throw wrong(what + ", the header of " + other.name);
      }
    }
    if (name == task_.columns.label) what += "; a test split without labels cannot be used";
    throw wrong(what);
  }

  GlueExample example_of(const std::vector<std::string_view>& columns) const {
    if (columns.size() != layout_.columns) {
      throw wrong("expected " + std::to_string(layout_.columns) + " columns of " + task_.name + ", found " +
                  std::to_string(columns.size()));
    }
    GlueExample example;
    example.first = columns[layout_.first];
    if (layout_.second) example.second = columns[*layout_.second];
    example.label = task_.regression() ? score_of(columns[layout_.label]) : class_of(columns[layout_.label]);
    example.line = line_number_;
    return example;
  }

  float class_of(std::string_view field) const {
    const auto found = std::find(task_.labels.begin(), task_.labels.end(), field);
    if (found == task_.labels.end()) {
      throw wrong(task_.columns.label + ": expected a label of " + task_.name + " (" + joined(task_.labels) +
                  "), found " + in_quotes(field));
    }
    return static_cast<float>(found - task_.labels.begin());
  }

  float score_of(std::string_view field) const {
    double score = -1;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), score);
    // Written so that NaN fails.
    const bool in_range = score >= 0 && score <= highest_score;
    if (error != std::errc() || end != field.data() + field.size() || !in_range) {
      throw wrong(task_.columns.label + ": expected a number from 0 to 5, found " + in_quotes(field));
    }
    return static_cast<float>(score);
  }

  const GlueTask& task_;
  std::string file_;
  LineReader lines_;
  const Warn& warn_;
  std::string_view line_;  // of the last next_line()
  std::int64_t line_number_ = 0;
  Layout layout_;
  std::int64_t left_out_ = 0;
  std::int64_t first_left_out_ = 0;
};

}  // namespace

std::span<const GlueTask> glue_tasks() { return table_of_tasks(); }

const GlueTask& glue_task(std::string_view name) {
  std::vector<std::string> names;
  for (const GlueTask& task : glue_tasks()) {
    if (plain_name(task.name) == plain_name(name)) return task;
    names.push_back(task.name);
  }
  throw Error(ErrorKind::usage, "task: expected one of " + joined(names) + ", found " + in_quotes(name));
}

std::filesystem::path glue_file(const GlueTask& task, const std::filesystem::path& data_dir,
                                std::string_view split) {
  std::vector<std::string> splits = {"train"};
  splits.insert(splits.end(), task.dev_splits.begin(), task.dev_splits.end());
  if (std::find(splits.begin(), splits.end(), split) == splits.end()) {
    throw Error(ErrorKind::usage, "split of " + task.name + ": expected one of " + joined(splits) +
                                      ", found " + in_quotes(split));
  }
  const std::string name = std::string(split) + ".tsv";
  std::error_code ignored;
  for (const std::filesystem::path& file : {data_dir / name, data_dir / task.folder / name}) {
    if (std::filesystem::exists(file, ignored)) return file;
  }
  throw error_in(ErrorKind::missing_input, data_dir.string(),
                 "expected " + name + " or " + task.folder + "/" + name + " in this folder, found neither");
}

std::vector<GlueExample> read_glue(const GlueTask& task, const std::filesystem::path& file,
                                   const Warn& warn) {
  return Reader(task, file, warn).read();
}

}  // namespace onset
