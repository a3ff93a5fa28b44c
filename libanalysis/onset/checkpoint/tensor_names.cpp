#include "onset/checkpoint/tensor_names.h"

#include <algorithm>
#include <limits>

namespace onset {
namespace {

/// weight [out, in] and bias [out]
void add_dense(std::vector<ExpectedTensor>& out, const std::string& name, std::int64_t rows,
               std::int64_t columns) {
  out.push_back({name + ".weight", {rows, columns}});
  out.push_back({name + ".bias", {rows}});
}

void add_norm(std::vector<ExpectedTensor>& out, const std::string& name, std::int64_t width) {
  out.push_back({name + ".weight", {width}});
  out.push_back({name + ".bias", {width}});
}

bool replace_end(std::string& text, std::string_view end, std::string_view by) {
  if (!text.ends_with(end)) return false;
  text.replace(text.size() - end.size(), end.size(), by);
  return true;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<NameMatch> match_name(std::string_view name) {
  NameMatch match;
  match.canonical = std::string(name);
  std::string& canonical = match.canonical;
  for (const std::string_view part : {"embeddings.", "encoder.layer.", "pooler.dense."}) {
    if (name.starts_with(part)) {
      canonical.insert(0, "bert.");
      match.prefix_added = true;
    }
  }
  const bool known =
      canonical.starts_with("bert.embeddings.") || canonical.starts_with("bert.encoder.layer.") ||
      canonical.starts_with("bert.pooler.dense.") || canonical.starts_with("cls.predictions.") ||
      canonical == "classifier.weight" || canonical == "classifier.bias";
  if (!known || canonical == "bert.embeddings.position_ids") return std::nullopt;
  match.renamed_norm = replace_end(canonical, ".LayerNorm.gamma", ".LayerNorm.weight") ||
                       replace_end(canonical, ".LayerNorm.beta", ".LayerNorm.bias");
  if (canonical == "cls.predictions.decoder.bias") {
    canonical = "cls.predictions.bias";
    match.decoder_bias = true;
  }
  return match;
}

std::vector<ExpectedTensor> encoder_tensors(const BertConfig& config) {
  std::vector<ExpectedTensor> out;
  const std::string embeddings = "bert.embeddings.";
  out.push_back({embeddings + "word_embeddings.weight", {config.vocab_size, config.hidden}});
  out.push_back({embeddings + "position_embeddings.weight", {config.positions, config.hidden}});
  out.push_back({embeddings + "token_type_embeddings.weight", {config.type_vocab, config.hidden}});
  add_norm(out, embeddings + "LayerNorm", config.hidden);
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const std::string layer = "bert.encoder.layer." + std::to_string(i) + ".";
    for (const char* const part : {"query", "key", "value"}) {
      add_dense(out, layer + "attention.self." + part, config.hidden, config.hidden);
    }
    add_dense(out, layer + "attention.output.dense", config.hidden, config.hidden);
    add_norm(out, layer + "attention.output.LayerNorm", config.hidden);
    add_dense(out, layer + "intermediate.dense", config.ffn, config.hidden);
    add_dense(out, layer + "output.dense", config.hidden, config.ffn);
    add_norm(out, layer + "output.LayerNorm", config.hidden);
  }
  return out;
}

std::vector<ExpectedTensor> pooler_tensors(const BertConfig& config) {
  std::vector<ExpectedTensor> out;
  add_dense(out, "bert.pooler.dense", config.hidden, config.hidden);
  return out;
}

std::vector<ExpectedTensor> mlm_head_tensors(const BertConfig& config) {
  std::vector<ExpectedTensor> out;
  add_dense(out, "cls.predictions.transform.dense", config.hidden, config.hidden);
  add_norm(out, "cls.predictions.transform.LayerNorm", config.hidden);
  out.push_back({"cls.predictions.bias", {config.vocab_size}});
  out.push_back({"cls.predictions.decoder.weight", {config.vocab_size, config.hidden}});
  return out;
}

std::string closest_name(std::string_view wanted, const std::vector<std::string>& names) {
  constexpr std::size_t most_names = 5000;
  constexpr std::size_t longest = 200;
  std::string closest;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (std::size_t i = 0; i < std::min(names.size(), most_names); ++i) {
    const std::size_t distance =
        edit_distance(wanted.substr(0, longest), std::string_view(names[i]).substr(0, longest));
    if (distance < least) {
      least = distance;
      closest = names[i];
    }
  }
  return closest;
}

}  // namespace onset
