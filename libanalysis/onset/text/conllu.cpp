#include "onset/text/conllu.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "onset/base/error.h"
#include "onset/text/lines.h"
#include "onset/text/unicode.h"

namespace onset {
namespace {

constexpr std::size_t columns = 10;
enum Column : std::size_t { id_column = 0, form_column = 1, head_column = 6, relation_column = 7 };
using Row = std::array<std::string_view, columns>;

/// A plain non-negative number without leading zeros or signs.
std::optional<std::int32_t> number(std::string_view text) {
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text.front() == '-' || (text.front() == '0' && text.size() > 1)) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// X of a comment line `# sent_id = X`, if it is one.
std::optional<std::string_view> sentence_id(std::string_view comment) {
  constexpr std::string_view key = "sent_id";
  comment = trimmed(comment.substr(1));
  if (!comment.starts_with(key)) return std::nullopt;
  comment = trimmed(comment.substr(key.size()));
  if (!comment.starts_with('=')) return std::nullopt;
  return trimmed(comment.substr(1));
}

std::string text_of(std::int64_t value) { return std::to_string(value); }

}  // namespace

class ConlluReader::State {
 public:
  State(const std::filesystem::path& path, Warn warn) : reader_(path), warn_(std::move(warn)) {}
  std::optional<ParsedSentence> next();

 private:
  struct Range {
    std::int32_t first;
    std::int32_t last;
    std::int64_t line;
  };

  [[noreturn]] void fail(std::int64_t line, const std::string& what) const;
  Row split(const TextLine& line) const;
  void begin_sentence();
  void read_comment(const TextLine& line);
  void read_row(const TextLine& line);
  void read_word(const Row& row, std::int64_t line);
  void read_range(std::string_view first, std::string_view last, std::int64_t line);
  void read_empty_node(std::string_view word, std::string_view minor, std::int64_t line);
  std::int32_t words() const { return static_cast<std::int32_t>(sentence_.words.size()); }
  void check_ranges() const;
  void check_heads() const;
  void check_cycles() const;
  ParsedSentence finish();

  LineReader reader_;
  Warn warn_;
  std::int64_t sentences_ = 0;
  ParsedSentence sentence_;
  std::vector<std::int64_t> lines_;  // of each word
  std::vector<Range> ranges_;
  std::int32_t empty_nodes_ = 0;  // since the last word
  std::int64_t first_row_ = 0;    // line of the first word, range or empty node; 0: none yet
};

void ConlluReader::State::fail(std::int64_t line, const std::string& what) const {
  throw error_at_line(ErrorKind::bad_data, reader_.name(), line,
                      what + " (sentence " + in_quotes(sentence_.id) + ")");
}

std::optional<ParsedSentence> ConlluReader::State::next() {
  begin_sentence();
  while (const auto line = reader_.next()) {
    if (line->text.empty()) {
      if (first_row_ > 0) return finish();
      begin_sentence();
    } else if (line->text.front() == '#') {
      read_comment(*line);
    } else {
      read_row(*line);
    }
    if (reader_.unterminated() && warn_) {
      warn_(reader_.name() + ":" + text_of(line->number) + ": no newline at the end of the file");
    }
  }
  if (first_row_ > 0) return finish();
  if (sentences_ == 0) throw error_in(ErrorKind::bad_data, reader_.name(), "0 sentences");
  return std::nullopt;
}

void ConlluReader::State::begin_sentence() {
  sentence_ = {};
  sentence_.id = text_of(sentences_ + 1);
  lines_.clear();
  ranges_.clear();
  empty_nodes_ = 0;
  first_row_ = 0;
}

void ConlluReader::State::read_comment(const TextLine& line) {
  if (first_row_ > 0) fail(line.number, "a comment inside a sentence");
  if (const auto id = sentence_id(line.text); id && !id->empty()) sentence_.id = *id;
}

Row ConlluReader::State::split(const TextLine& line) const {
  Row row;
  std::size_t count = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= line.text.size(); ++at) {
    if (at < line.text.size() && line.text[at] != '\t') continue;
    if (count < columns) row[count] = line.text.substr(begin, at - begin);
    ++count;
    begin = at + 1;
  }
  if (count != columns) {
    fail(line.number, text_of(static_cast<std::int64_t>(count)) +
                          " tab-separated columns, not 10: " + in_quotes(line.text));
  }
  return row;
}

void ConlluReader::State::read_row(const TextLine& line) {
  const Row row = split(line);
  if (first_row_ == 0) first_row_ = line.number;
  const std::string_view id = row[id_column];
  const std::size_t mark = id.find_first_of("-.");
  if (mark == std::string_view::npos) {
    read_word(row, line.number);
  } else if (id[mark] == '-') {
    read_range(id.substr(0, mark), id.substr(mark + 1), line.number);
  } else {
    read_empty_node(id.substr(0, mark), id.substr(mark + 1), line.number);
  }
}

void ConlluReader::State::read_word(const Row& row, std::int64_t line) {
  if (number(row[id_column]) != words() + 1) {
    fail(line, "ID: " + in_quotes(row[id_column]) + " where word " + text_of(words() + 1) + " should be");
  }
  if (row[form_column].empty()) fail(line, "FORM: empty");
  if (row[relation_column].empty()) fail(line, "DEPREL: empty");
  const auto head = number(row[head_column]);
  if (!head) fail(line, "HEAD: " + in_quotes(row[head_column]) + " is not the number of a word, nor 0");
  if (words() == 0) sentence_.line = line;
  sentence_.words.emplace_back(row[form_column]);
  sentence_.heads.push_back(*head);
  sentence_.relations.emplace_back(row[relation_column]);
  lines_.push_back(line);
  empty_nodes_ = 0;
}

void ConlluReader::State::read_range(std::string_view first, std::string_view last, std::int64_t line) {
  const auto from = number(first);
  const auto to = number(last);
  const std::string range = "ID: range " + in_quotes(std::string(first) + "-" + std::string(last));
  if (!from || !to || *from < 1 || *from > *to) fail(line, range + " is not first-last");
  if (!ranges_.empty() && *from <= ranges_.back().last) {
    fail(line, range + " overlaps the one on line " + text_of(ranges_.back().line));
  }
  if (*from != words() + 1) fail(line, range + " where word " + text_of(words() + 1) + " comes next");
  ranges_.push_back({.first = *from, .last = *to, .line = line});
}

void ConlluReader::State::read_empty_node(std::string_view word, std::string_view minor, std::int64_t line) {
  ++empty_nodes_;
  if (number(word) == words() && number(minor) == empty_nodes_) return;
  fail(line, "ID: empty node " + in_quotes(std::string(word) + "." + std::string(minor)) + " where " +
                 text_of(words()) + "." + text_of(empty_nodes_) + " should be");
}

void ConlluReader::State::check_ranges() const {
  for (const Range& range : ranges_) {
    if (range.last <= words()) continue;
    fail(range.line, "ID: range " + text_of(range.first) + "-" + text_of(range.last) + " in a sentence of " +
                         text_of(words()) + " words");
  }
}

void ConlluReader::State::check_heads() const {
  std::int32_t root = 0;
  for (std::int32_t word = 1; word <= words(); ++word) {
    const auto at = static_cast<std::size_t>(word - 1);
    const std::int32_t head = sentence_.heads[at];
    if (head > words()) {
      fail(lines_[at], "HEAD: " + text_of(head) + " in a sentence of " + text_of(words()) + " words");
    }
    if (head == word) fail(lines_[at], "HEAD: word " + text_of(word) + " is its own head");
    if (head != 0) continue;
    if (root != 0)
      fail(lines_[at], "HEAD: word " + text_of(word) + " is a second root after word " + text_of(root));
    root = word;
  }
  if (root == 0) fail(sentence_.line, "HEAD: no word of the sentence is its root (0)");
}

/// Climbs from every word until the root or a word seen before; having met it on the same climb is a cycle.
void ConlluReader::State::check_cycles() const {
  std::vector<std::int32_t> climb(sentence_.words.size() + 1,
                                  0);  // [word]: first word whose climb met it; 0: none yet
  climb[0] = -1;
  for (std::int32_t start = 1; start <= words(); ++start) {
    const auto head = [&](std::int32_t word) { return sentence_.heads[static_cast<std::size_t>(word - 1)]; };
    std::int32_t word = start;
    while (climb[static_cast<std::size_t>(word)] == 0) {
      climb[static_cast<std::size_t>(word)] = start;
      word = head(word);
    }
    if (climb[static_cast<std::size_t>(word)] != start) continue;
    fail(lines_[static_cast<std::size_t>(word - 1)],
         "HEAD: going up from word " + text_of(word) + " leads back to it, by word " + text_of(head(word)));
  }
}

ParsedSentence ConlluReader::State::finish() {
  if (words() == 0) fail(first_row_, "a sentence without words");
  check_ranges();
  check_heads();
  check_cycles();
  ++sentences_;
  return std::move(sentence_);
}

ConlluReader::ConlluReader(const std::filesystem::path& path, Warn warn)
    : state_(std::make_unique<State>(path, std::move(warn))) {}
ConlluReader::~ConlluReader() = default;
ConlluReader::ConlluReader(ConlluReader&&) noexcept = default;
ConlluReader& ConlluReader::operator=(ConlluReader&&) noexcept = default;

std::optional<ParsedSentence> ConlluReader::next() { return state_->next(); }

std::vector<ParsedSentence> read_conllu(const std::filesystem::path& path, std::int64_t max_sentences,
                                        const Warn& warn) {
  ConlluReader reader(path, warn);
  std::vector<ParsedSentence> sentences;
  while (max_sentences < 0 || static_cast<std::int64_t>(sentences.size()) < max_sentences) {
    auto sentence = reader.next();
    if (!sentence) break;
    sentences.push_back(std::move(*sentence));
  }
  return sentences;
}

}  // namespace onset
