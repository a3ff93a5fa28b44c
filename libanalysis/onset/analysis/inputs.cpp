#include "onset/analysis/inputs.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/base/sha256.h"
#include "onset/text/lines.h"

namespace onset {
namespace {

std::uint64_t content_of(const TokenIds& ids) {
  return content_hash({reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(std::int32_t)});
}

}  // namespace

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
  for (const auto& file : files) hash.update(MappedFile(file));
  return hash.hex();
}

void ProbeInputs::use(const SampleSize& sample) {
  if (sample == sample_) return;
  sample_ = sample;
  parses_.reset();
  sentences_.reset();
}

SampleSize ProbeInputs::available() {
  SampleSize out{0, 0};
  if (!options_.parses.empty()) out.sentences = std::ssize(read_parses()->ids);
  if (!options_.text.empty()) out.sentences = std::max(out.sentences, std::ssize(*read_text()->ids));
  if (options_.pairs.empty()) return out;
  std::map<std::string, std::int64_t> sizes;
  for (const MinimalPair& pair : read_all_pairs()) out.pairs = std::max(out.pairs, ++sizes[pair.paradigm]);
  return out;
}

std::shared_ptr<const UasData> ProbeInputs::read_parses() {
  if (all_parses_) return all_parses_;
  const auto sentences = read_conllu(options_.parses, options_.max_sentences, warn_);
  UasOptions uas = options_.uas;
  uas.max_tokens = std::min(uas.max_tokens, subject_.config.positions);
  all_parses_ = std::make_shared<UasData>(prepare_uas(sentences, *subject_.wordpiece, uas));
  const std::int64_t left_out = all_parses_->too_long + all_parses_->without_subword;
  if (left_out > 0 && warn_) {
    warn_(options_.parses.string() + ": " + std::to_string(left_out) + " of " +
          std::to_string(sentences.size()) + " sentences left out (" + std::to_string(all_parses_->too_long) +
          " over " + std::to_string(uas.max_tokens) + " tokens, " +
          std::to_string(all_parses_->without_subword) + " with a word that yields no subword)");
  }
  return all_parses_;
}

std::shared_ptr<const UasData> ProbeInputs::parses() {
  if (parses_) return parses_;
  parses_ = read_parses();
  if (sample_.sentences >= 0 && sample_.sentences < std::ssize(parses_->ids)) {
    const auto places = random_sample(parses_->content, sample_.sentences, options_.bootstrap.seed);
    parses_ = std::make_shared<UasData>(take_sentences(*parses_, places));
  }
  return parses_;
}

std::shared_ptr<const PlainSentences> ProbeInputs::read_text() {
  if (all_text_) return all_text_;
  auto out = std::make_shared<PlainSentences>();
  const std::int64_t longest = std::min(options_.uas.max_tokens, subject_.config.positions);
  const auto lines = read_lines(options_.text, options_.max_sentences);
  auto ids = std::make_shared<std::vector<TokenIds>>();
  for (std::size_t line = 0; line < lines.size(); ++line) {
    TokenIds tokens = subject_.wordpiece->encode(lines[line]);
    if (std::ssize(tokens) > longest) {
      ++out->left_out;
      continue;
    }
    out->content.push_back(content_of(tokens));
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
  all_text_ = std::move(out);
  return all_text_;
}

std::shared_ptr<const PlainSentences> ProbeInputs::sentences() {
  if (sentences_) return sentences_;
  auto out = std::make_shared<PlainSentences>();
  if (options_.text.empty()) {
    const auto data = parses();
    // The same object: one shared pass.
    out->ids = std::shared_ptr<const std::vector<TokenIds>>(data, &data->ids);
    out->line = data->source;
    for (const TokenIds& ids : data->ids) out->content.push_back(content_of(ids));
    out->left_out = data->too_long + data->without_subword;
    out->sha256 = data_hash(options_.parses);
    out->source = "parses";
  } else {
    *out = *read_text();
    if (sample_.sentences >= 0 && sample_.sentences < std::ssize(*out->ids)) *out = sampled(*out);
  }
  sentences_ = std::move(out);
  return sentences_;
}

PlainSentences ProbeInputs::sampled(const PlainSentences& all) const {
  PlainSentences out;
  auto ids = std::make_shared<std::vector<TokenIds>>();
  for (const std::size_t s : random_sample(all.content, sample_.sentences, options_.bootstrap.seed)) {
    ids->push_back((*all.ids)[s]);
    out.line.push_back(all.line[s]);
    out.content.push_back(all.content[s]);
  }
  out.ids = std::move(ids);
  out.left_out = all.left_out;
  out.sha256 = all.sha256;
  out.source = all.source;
  return out;
}

const std::vector<MinimalPair>& ProbeInputs::read_all_pairs() {
  if (!all_pairs_) all_pairs_ = read_pairs(options_.pairs, options_.pairs_per_paradigm, warn_);
  return *all_pairs_;
}

PairData ProbeInputs::pairs() {
  PairData out = prepare_pairs(sampled_pairs(), *subject_.wordpiece, subject_.config.positions);
  const auto all = std::ssize(out.names);
  const std::int64_t left_out = all - std::accumulate(out.total.begin(), out.total.end(), std::int64_t{0});
  if (left_out > 0 && warn_ && !long_pairs_told_) {
    long_pairs_told_ = true;
    warn_(options_.pairs.string() + ": " + std::to_string(left_out) + " of " + std::to_string(all) +
          " pairs left out (over the model's " + std::to_string(subject_.config.positions) + " positions)");
  }
  return out;
}

std::vector<MinimalPair> ProbeInputs::sampled_pairs() {
  const std::vector<MinimalPair>& all = read_all_pairs();
  if (sample_.pairs < 0) return all;
  std::vector<std::uint64_t> content;
  std::vector<std::string> paradigms;
  for (const MinimalPair& pair : all) {
    content.push_back(content_hash(pair.good + '\n' + pair.bad));
    paradigms.push_back(pair.paradigm);
  }
  std::vector<MinimalPair> out;
  for (const std::size_t p : random_sample(content, sample_.pairs, options_.bootstrap.seed, paradigms))
    out.push_back(all[p]);
  return out;
}

std::vector<MaskedLine> ProbeInputs::masked_sentences() {
  const auto data = sentences();
  const MaskingVocabulary vocabulary = masking_vocabulary(subject_.wordpiece->vocabulary());
  const MaskingOptions masking{options_.mask_rate, options_.bootstrap.seed};
  std::vector<MaskedLine> out;
  for (std::size_t s = 0; s < data->ids->size(); ++s)
    out.push_back(mask_line((*data->ids)[s], data->line[s], vocabulary, masking));
  return out;
}

Attributes ProbeInputs::common_attributes() const {
  const WordPieceOptions& tokenizer = subject_.wordpiece->options();
  return {{"vocabulary_sha256", subject_.wordpiece->vocabulary().sha256()},
          {"lower_case", std::int64_t{tokenizer.lower_case}},
          {"strip_accents", std::int64_t{tokenizer.strip_accents.value_or(tokenizer.lower_case)}},
          {"split_chinese", std::int64_t{tokenizer.split_chinese}},
          {"dtype", subject_.dtype},
          {"heads", subject_.config.heads},
          {"activation", activation_name(subject_.config.activation)},
          {"layer_norm_eps", subject_.config.layer_norm_eps}};
}

Attributes ProbeInputs::sentence_attributes() const {
  Attributes out = {{"max_sentences", options_.max_sentences}, {"max_tokens", options_.uas.max_tokens}};
  if (sample_.sentences >= 0) {
    out["sample_sentences"] = sample_.sentences;
    out["sample_seed"] = static_cast<std::int64_t>(options_.bootstrap.seed);
  }
  return out;
}

Attributes ProbeInputs::pair_attributes() const {
  Attributes out = {
      {"pairs_per_paradigm", options_.pairs_per_paradigm},
      {"scoring", std::string(options_.scoring == PllScoring::original ? "original" : "word-l2r")}};
  if (sample_.pairs >= 0) {
    out["sample_pairs"] = sample_.pairs;
    out["sample_seed"] = static_cast<std::int64_t>(options_.bootstrap.seed);
  }
  return out;
}

Axis counting_axis(std::string name, std::int64_t count) {
  std::vector<std::int64_t> labels(static_cast<std::size_t>(count));
  std::iota(labels.begin(), labels.end(), 0);
  return {std::move(name), std::move(labels)};
}

}  // namespace onset
