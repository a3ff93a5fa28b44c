// The data of a call, read once and shared by the probes that need it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "onset/analysis/probes.h"
#include "onset/analysis/sample.h"
#include "onset/probes/pll.h"
#include "onset/text/masking.h"
#include "onset/text/pairs.h"

namespace onset {

/// Sentences as token ids, from --text or, without it, from --parses.
struct PlainSentences {
  std::shared_ptr<const std::vector<TokenIds>> ids;
  std::vector<std::int64_t> line;      ///< [sentence] its place in the file, from 0
  std::vector<std::uint64_t> content;  ///< [sentence] hash of its token ids
  std::int64_t left_out = 0;           ///< longer than max_tokens
  std::string sha256;                  ///< of the file's bytes
  std::string source;                  ///< "text" or "parses"
};

class ProbeInputs {
 public:
  /// What it is given outlives it.
  ProbeInputs(const ProbeOptions& options, const ProbeSubject& subject, Warn warn);

  const ProbeOptions& options() const { return options_; }
  const ProbeSubject& subject() const { return subject_; }

  /// Narrows what the functions below give from now on; files are not read again.
  void use(const SampleSize& sample);
  /// What there is to take samples of: the sentences of the longer of --parses and --text, the pairs of the
  /// largest paradigm; 0 where there is no such file.
  SampleSize available();

  /// Read at the first call.
  std::shared_ptr<const UasData> parses();
  std::shared_ptr<const PlainSentences> sentences();
  /// Of the sample, tokenised; says once how many are too long for the model.
  PairData pairs();
  /// [sentence] sentences() with tokens hidden at the rate and seed of the options.
  std::vector<MaskedLine> masked_sentences();

  /// The attributes that every frame carries: tokenizer, dtype, and what of config.json changes numbers
  /// without changing a weight.
  Attributes common_attributes() const;
  /// What a frame says of its sentences, of its pairs: limits and, where it is one, the sample.
  Attributes sentence_attributes() const;
  Attributes pair_attributes() const;
  /// SHA-256 of a file's bytes, or of a folder's .jsonl files by name.
  static std::string data_hash(const std::filesystem::path& path);

 private:
  std::shared_ptr<const UasData> read_parses();
  std::shared_ptr<const PlainSentences> read_text();
  const std::vector<MinimalPair>& read_all_pairs();
  std::vector<MinimalPair> sampled_pairs();
  PlainSentences sampled(const PlainSentences& all) const;

  const ProbeOptions& options_;
  const ProbeSubject& subject_;
  Warn warn_;
  SampleSize sample_;
  std::shared_ptr<const UasData> all_parses_, parses_;  ///< of the file; of the sample
  std::shared_ptr<const PlainSentences> all_text_, sentences_;
  std::optional<std::vector<MinimalPair>> all_pairs_;
  bool long_pairs_told_ = false;
};

/// One for each probe: defined beside its class.
std::unique_ptr<Probe> make_uas_probe(ProbeInputs& inputs);
std::unique_ptr<Probe> make_pll_probe(ProbeInputs& inputs);
std::unique_ptr<Probe> make_twonn_probe(ProbeInputs& inputs);
std::unique_ptr<Probe> make_loss_probe(ProbeInputs& inputs);
std::unique_ptr<Probe> make_fisher_probe(ProbeInputs& inputs);
std::unique_ptr<Probe> make_ablation_probe(ProbeInputs& inputs);

/// The axis 0 … count - 1.
Axis counting_axis(std::string name, std::int64_t count);

}  // namespace onset
