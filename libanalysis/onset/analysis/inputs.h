// The data of a call, read once and shared by the probes that need it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "onset/analysis/probes.h"

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
  ProbeInputs(const ProbeOptions& options, const ProbeSubject& subject, Warn warn);

  const ProbeOptions& options() const { return options_; }
  const ProbeSubject& subject() const { return subject_; }
  const Warn& warn() const { return warn_; }

  /// Read at the first call.
  std::shared_ptr<const UasData> parses();
  std::shared_ptr<const PlainSentences> sentences();

  /// The attributes that every frame carries: tokenizer, dtype.
  Attributes common_attributes() const;
  /// SHA-256 of a file's bytes, or of a folder's .jsonl files by name.
  static std::string data_hash(const std::filesystem::path& path);

 private:
  const ProbeOptions& options_;
  const ProbeSubject& subject_;
  Warn warn_;
  std::shared_ptr<const UasData> parses_;
  std::shared_ptr<const PlainSentences> sentences_;
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
