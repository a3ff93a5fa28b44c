#include "onset/analysis/inputs.h"

#include <algorithm>
#include <numeric>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/base/sha256.h"
#include "onset/text/lines.h"

namespace onset {

ProbeInputs::ProbeInputs(const ProbeOptions& options, const ProbeSubject& subject, Warn warn)
    : options_(options), subject_(subject), warn_(std::move(warn)) {}

std::string ProbeInputs::data_hash(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
    }
    std::ranges::sort(files);
  } else {
    files.push_back(path);
  }
  Sha256 hash;
  for (const auto& file : files) hash.update(MappedFile(file).bytes());
  return hash.hex();
}

std::shared_ptr<const UasData> ProbeInputs::parses() {
  if (!parses_) {
    const auto sentences = read_conllu(options_.parses, options_.max_sentences, warn_);
    UasOptions uas = options_.uas;
    uas.max_tokens = std::min(uas.max_tokens, subject_.config.positions);
    parses_ = std::make_shared<UasData>(prepare_uas(sentences, *subject_.wordpiece, uas));
    const std::int64_t left_out = parses_->too_long + parses_->without_subword;
    if (left_out > 0 && warn_) {
      warn_(options_.parses.string() + ": " + std::to_string(left_out) + " of " +
            std::to_string(sentences.size()) + " sentences left out (" + std::to_string(parses_->too_long) +
            " over " + std::to_string(uas.max_tokens) + " tokens, " +
            std::to_string(parses_->without_subword) + " with a word that yields no subword)");
    }
  }
  return parses_;
}

std::shared_ptr<const PlainSentences> ProbeInputs::sentences() {
  if (sentences_) return sentences_;
  auto out = std::make_shared<PlainSentences>();
  if (options_.text.empty()) {
    const auto data = parses();
    out->ids =
        std::shared_ptr<const std::vector<TokenIds>>(data, &data->ids);  // the same object: one shared pass
    out->line = data->source;
    out->left_out = data->too_long + data->without_subword;
    out->sha256 = data_hash(options_.parses);
    out->source = "parses";
  } else {
    const std::int64_t longest = std::min(options_.uas.max_tokens, subject_.config.positions);
    const auto lines = read_lines(options_.text, options_.max_sentences);
    auto ids = std::make_shared<std::vector<TokenIds>>();
    for (std::size_t line = 0; line < lines.size(); ++line) {
      TokenIds tokens = subject_.wordpiece->encode(lines[line]);
      if (static_cast<std::int64_t>(tokens.size()) > longest) {
        ++out->left_out;
        continue;
      }
      ids->push_back(std::move(tokens));
      out->line.push_back(static_cast<std::int64_t>(line));
    }
    if (ids->empty()) {
      throw error_in(ErrorKind::bad_data, options_.text.string(),
                     "every line is longer than --max-tokens " + std::to_string(longest));
    }
    if (out->left_out > 0 && warn_) {
      warn_(options_.text.string() + ": " + std::to_string(out->left_out) + " of " +
            std::to_string(lines.size()) + " lines left out (over " + std::to_string(longest) + " tokens)");
    }
    out->ids = std::move(ids);
    out->sha256 = data_hash(options_.text);
    out->source = "text";
  }
  for (const TokenIds& ids : *out->ids) {
    out->content.push_back(
        content_hash({reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(std::int32_t)}));
  }
  sentences_ = std::move(out);
  return sentences_;
}

Attributes ProbeInputs::common_attributes() const {
  const WordPieceOptions& tokenizer = subject_.wordpiece->options();
  return {{"vocabulary_sha256", subject_.wordpiece->vocabulary().sha256()},
          {"lower_case", std::int64_t{tokenizer.lower_case}},
          {"strip_accents", std::int64_t{tokenizer.strip_accents.value_or(tokenizer.lower_case)}},
          {"split_chinese", std::int64_t{tokenizer.split_chinese}},
          {"dtype", subject_.dtype}};
}

Axis counting_axis(std::string name, std::int64_t count) {
  std::vector<std::int64_t> labels(static_cast<std::size_t>(count));
  std::iota(labels.begin(), labels.end(), 0);
  return {std::move(name), std::move(labels)};
}

}  // namespace onset
