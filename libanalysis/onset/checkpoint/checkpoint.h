// One checkpoint folder: config.json and the weights (model.safetensors or pytorch_model.bin, whole or in
// shards), under one set of names whatever program wrote them.
//
// Names are those of transformers.BertForMaskedLM, always with the `bert.` prefix:
//   bert.embeddings.{word,position,token_type}_embeddings.weight   [vocab_size|positions|type_vocab, hidden]
//   bert.embeddings.LayerNorm.{weight,bias}                        [hidden]
//   bert.encoder.layer.N.attention.self.{query,key,value}.{weight,bias}      [hidden, hidden], [hidden] (out,
//   in) bert.encoder.layer.N.attention.output.{dense,LayerNorm}.{weight,bias}
//   bert.encoder.layer.N.intermediate.dense.{weight,bias}          [ffn, hidden], [ffn]
//   bert.encoder.layer.N.output.dense.{weight,bias}                [hidden, ffn], [hidden]
//   bert.encoder.layer.N.output.LayerNorm.{weight,bias}            [hidden]
//   bert.pooler.dense.{weight,bias}                                [hidden, hidden], [hidden]       if
//   has_pooler() cls.predictions.transform.{dense,LayerNorm}.{weight,bias}, cls.predictions.bias
//   [vocab_size], cls.predictions.decoder.weight [vocab_size, hidden] if has_mlm_head()
//   classifier.{weight,bias}                                       [labels, hidden], [labels]       if
//   has("classifier.weight")
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "onset/checkpoint/config.h"

namespace onset {

/// An opened checkpoint; immutable, safe to use from several threads, copies share everything.
class Checkpoint {
 public:
  /// Reads the configuration, maps the weights and checks every name and shape; copies nothing. Throws Error:
  /// missing_input (folder, config.json, weights or a shard not there), bad_data (a damaged file; a tensor
  /// that is missing, or of another shape than config.json says, or there under two names with two values),
  /// configuration (see read_config).
  static Checkpoint open(const std::filesystem::path& folder);

  const std::filesystem::path& folder() const;
  const BertConfig& config() const;
  /// The weight files read, in file-name order.
  const std::vector<std::filesystem::path>& weight_files() const;
  /// Bytes of the weight files.
  std::uint64_t bytes() const;
  /// SHA-256 of the weight file's bytes, 64 hexadecimal digits; of shards: of their bytes one after another
  /// in file-name order. Computed on the first call, some 0.3 s for BERT-base.
  const std::string& sha256() const;

  /// Whether there is a tensor of this canonical name.
  bool has(const std::string& canonical) const;
  /// Float32, contiguous, on the CPU; float16, bfloat16 and float64 are converted. A float32 tensor is a view
  /// of the mapped file, which it keeps alive. READ-ONLY: writing into it ends the program; clone() before
  /// changing it. cls.predictions.decoder.weight is the word embedding when the file has no decoder of its
  /// own. Throws Error(bad_data) if there is no such tensor.
  torch::Tensor tensor(const std::string& canonical) const;
  /// All canonical names, sorted; a decoder that is the word embedding is not among them.
  std::vector<std::string> names() const;

  bool has_mlm_head() const;
  /// Whether the head's decoder is the word embedding.
  bool has_tied_decoder() const;
  bool has_pooler() const;

  /// Names in the file that nothing here uses, as they stand there.
  const std::vector<std::string>& ignored() const;
  /// What a reader of the results may want to know: names that were mapped, a head that is not whole, files
  /// not read.
  const std::vector<std::string>& notes() const;
  /// Each tensor with NaN or infinite values, and how many: "NAME: 3 NaN, 1 infinite of 768". Reads all
  /// weights.
  std::vector<std::string> nonfinite() const;
  /// The dtypes of the used tensors as the file has them, sorted: e.g. "float32".
  std::vector<std::string> dtypes() const;
  /// Whether the weight files and config.json are still those that were opened. A false means that what was
  /// computed from this object must be thrown away.
  bool unchanged() const;
  /// Gives the memory of what was read so far back to the system; tensors stay valid. Call it after copying a
  /// tensor, and a file is never wholly in memory.
  void release_pages() const;

 private:
  struct State;
  explicit Checkpoint(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace onset
