#include "onset/checkpoint/checkpoint.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "onset/base/error.h"
#include "onset/checkpoint/paths.h"
#include "onset/checkpoint/printable.h"
#include "onset/checkpoint/tensor_names.h"
#include "onset/checkpoint/tokenizer_files.h"
#include "onset/checkpoint/weights.h"

namespace onset {
namespace {

namespace fs = std::filesystem;

constexpr const char* word_embeddings = "bert.embeddings.word_embeddings.weight";
constexpr const char* decoder = "cls.predictions.decoder.weight";

/// Whether two tensors of a file hold the same numbers; at once if they are the same bytes.
bool same_values(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  const bool same_bytes = a.data_ptr() == b.data_ptr() && a.strides() == b.strides();
  return same_bytes || torch::equal(a, b);
}

bool is_float(torch::ScalarType dtype) {
  return dtype == torch::kFloat32 || dtype == torch::kFloat16 || dtype == torch::kBFloat16 ||
         dtype == torch::kFloat64;
}

std::string dtype_text(torch::ScalarType dtype) {
  switch (dtype) {
    case torch::kFloat64:
      return "float64";
    case torch::kFloat16:
      return "float16";
    case torch::kBFloat16:
      return "bfloat16";
    case torch::kFloat32:
      return "float32";
    default:
      return torch::toString(dtype);
  }
}

}  // namespace

struct Checkpoint::State {
  State(fs::path where, const fs::path& config_path)
      : folder(std::move(where)),
        config_file(config_path),
        config(parse_config(config_file.text(), config_path)),
        weights(Weights::open(folder)) {}

  fs::path folder;
  MappedFile config_file;
  BertConfig config;
  Weights weights;
  std::map<std::string, std::string> names;  ///< canonical -> name in the file
  bool tied_decoder = false;                 ///< the decoder is the word embedding
  bool mlm_head = false;
  bool pooler = false;
  std::vector<std::string> ignored;
  std::vector<std::string> notes;
  mutable std::once_flag hash_once;
  mutable std::string hash;

  Error fault(const std::string& what) const {
    return error_in(ErrorKind::bad_data, weights.files().front().string(), what);
  }

  void match_names();
  void refuse_stranger(const std::string& name) const;
  void require_shape(const ExpectedTensor& expected) const;
  void require_all(const std::vector<ExpectedTensor>& expected) const;
  bool any_of(const std::vector<ExpectedTensor>& group) const;
  void settle_heads();
  void settle_decoder();
  void note_vocabulary();
};

void Checkpoint::State::match_names() {
  std::size_t added = 0;
  std::size_t renamed = 0;
  bool decoder_bias = false;
  for (const auto& [name, stored] : weights.tensors()) {
    const auto match = match_name(name);
    if (!match) {
      if (name.starts_with("bert.")) refuse_stranger(name);
      ignored.push_back(printable(name));
      continue;
    }
    const auto [known, fresh] = names.emplace(match->canonical, name);
    if (!fresh) {
      if (!same_values(weights.tensor(known->second), weights.tensor(name))) {
        throw fault(printable(name) + ": other values than " + printable(known->second) +
                    ", which is the same tensor by another name");
      }
      notes.push_back(printable(name) + " repeats " + printable(known->second));
      continue;
    }
    added += match->prefix_added ? 1 : 0;
    renamed += match->renamed_norm ? 1 : 0;
    decoder_bias |= match->decoder_bias;
  }
  if (added > 0) notes.push_back("names without the bert. prefix: " + std::to_string(added));
  if (renamed > 0) notes.push_back("LayerNorm gamma/beta read as weight/bias: " + std::to_string(renamed));
  if (decoder_bias) notes.emplace_back("cls.predictions.decoder.bias read as cls.predictions.bias");
}

/// A parameter of the encoder's own that BERT does not have is another architecture's. Buffers, which hold
/// whole numbers, are nobody's.
void Checkpoint::State::refuse_stranger(const std::string& name) const {
  if (!is_float(weights.tensors().at(name).dtype)) return;
  std::vector<std::string> known;
  for (const auto& group : {encoder_tensors(config), pooler_tensors(config)}) {
    for (const ExpectedTensor& tensor : group) known.push_back(tensor.name);
  }
  throw fault(printable(name) + ": a tensor that BERT does not have; the closest name is " +
              closest_name(name, known));
}

void Checkpoint::State::require_shape(const ExpectedTensor& expected) const {
  const std::string& name = names.at(expected.name);
  const StoredTensor& stored = weights.tensors().at(name);
  if (stored.shape != expected.shape) {
    throw fault(printable(name) + ": expected shape " + shape_text(expected.shape) +
                " by config.json, found " + shape_text(stored.shape));
  }
  if (!is_float(stored.dtype)) {
    throw fault(printable(name) + ": expected float32, float16, bfloat16 or float64, found " +
                dtype_text(stored.dtype));
  }
}

void Checkpoint::State::require_all(const std::vector<ExpectedTensor>& expected) const {
  std::string missing;
  std::size_t count = 0;
  for (const ExpectedTensor& tensor : expected) {
    if (names.contains(tensor.name)) {
      require_shape(tensor);
    } else if (count++ == 0) {
      missing = tensor.name;
    }
  }
  if (count == 0) return;
  std::vector<std::string> stored;
  for (const auto& [name, tensor] : weights.tensors()) stored.push_back(name);
  const std::string closest = closest_name(missing, stored);
  throw fault(
      missing + ": missing" + (count > 1 ? " like " + std::to_string(count - 1) + " more" : "") +
      (closest.empty() ? "; the file holds no tensor" : "; the closest name is " + printable(closest)));
}

bool Checkpoint::State::any_of(const std::vector<ExpectedTensor>& group) const {
  return std::any_of(group.begin(), group.end(),
                     [&](const ExpectedTensor& tensor) { return names.contains(tensor.name); });
}

/// Of "bert.encoder.layer.<N>.…"; -1 for other names.
std::int64_t layer_of(std::string_view name) {
  constexpr std::string_view before = "bert.encoder.layer.";
  std::int64_t layer = -1;
  if (name.starts_with(before))
    std::from_chars(name.data() + before.size(), name.data() + name.size(), layer);
  return layer;
}

/// The parts that need not be there, but if they are, then whole.
void Checkpoint::State::settle_heads() {
  const std::vector<ExpectedTensor> pooling = pooler_tensors(config);
  pooler = any_of(pooling);
  if (pooler) require_all(pooling);

  std::vector<ExpectedTensor> head = mlm_head_tensors(config);
  mlm_head = any_of(head);
  if (mlm_head) {
    if (!names.contains(decoder)) head.pop_back();  // the last one: it may be tied
    require_all(head);
    settle_decoder();
  }
  if (names.contains("classifier.weight")) {
    const auto& shape = weights.tensors().at("classifier.weight").shape;
    const std::int64_t labels = shape.empty() ? 1 : shape.front();
    require_all({{"classifier.weight", {labels, config.hidden}}, {"classifier.bias", {labels}}});
  }
}

void Checkpoint::State::settle_decoder() {
  const bool own = names.contains(decoder);
  if (!own && !config.tie_word_embeddings) {
    mlm_head = false;
    notes.emplace_back(
        "no MLM head: config.json says tie_word_embeddings false, and cls.predictions.decoder.weight is "
        "missing");
  } else if (!own) {
    tied_decoder = true;
  } else if (config.tie_word_embeddings) {
    tied_decoder = same_values(weights.tensor(names.at(decoder)), weights.tensor(names.at(word_embeddings)));
    if (tied_decoder) {
      names.erase(decoder);
    } else {
      notes.emplace_back(
          "cls.predictions.decoder.weight differs from the word embeddings and is used, though config.json "
          "does "
          "not say tie_word_embeddings false");
    }
  }
}

void Checkpoint::State::note_vocabulary() {
  const fs::path vocabulary = folder / "vocab.txt";
  if (!is_file(vocabulary)) return;
  const std::int64_t lines = count_vocabulary_lines(vocabulary);
  if (lines == config.vocab_size) return;
  notes.push_back("vocab.txt has " + std::string(lines < config.vocab_size ? "fewer" : "more") + " lines (" +
                  std::to_string(lines) + ") than the word embedding has rows (" +
                  std::to_string(config.vocab_size) + ")");
}

Checkpoint::Checkpoint(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Checkpoint Checkpoint::open(const fs::path& folder) {
  if (!is_folder(folder)) {
    throw error_in(ErrorKind::missing_input, folder.string(), "no such folder");
  }
  const auto state = std::make_shared<State>(folder, folder / "config.json");
  state->match_names();
  state->require_all(encoder_tensors(state->config));
  state->settle_heads();
  // What was matched but is no part of this configuration, e.g. a head that is not whole.
  std::set<std::string> used;
  for (const auto& group :
       {encoder_tensors(state->config), pooler_tensors(state->config), mlm_head_tensors(state->config)}) {
    for (const ExpectedTensor& tensor : group) used.insert(tensor.name);
  }
  if (!state->mlm_head) std::erase_if(used, [](const std::string& name) { return name.starts_with("cls."); });
  used.insert({"classifier.weight", "classifier.bias"});
  std::erase_if(state->names, [&](const auto& entry) {
    if (used.contains(entry.first)) return false;
    if (layer_of(entry.first) >= state->config.layers) {
      throw state->fault(printable(entry.second) +
                         ": a layer that config.json does not have: num_hidden_layers " +
                         std::to_string(state->config.layers));
    }
    if (entry.first.starts_with("bert.")) state->refuse_stranger(entry.second);
    state->ignored.push_back(printable(entry.second));
    return true;
  });
  for (const std::string& name : state->weights.unlisted()) state->ignored.push_back(printable(name));
  std::sort(state->ignored.begin(), state->ignored.end());
  for (const std::string& name : state->weights.passed_over()) {
    state->notes.push_back(name + " is there, too, and not read");
  }
  state->note_vocabulary();
  return Checkpoint(state);
}

const fs::path& Checkpoint::folder() const { return state_->folder; }
const BertConfig& Checkpoint::config() const { return state_->config; }
const std::vector<fs::path>& Checkpoint::weight_files() const { return state_->weights.files(); }
std::uint64_t Checkpoint::bytes() const { return state_->weights.bytes(); }
bool Checkpoint::has_mlm_head() const { return state_->mlm_head; }
bool Checkpoint::has_tied_decoder() const { return state_->tied_decoder; }
bool Checkpoint::has_pooler() const { return state_->pooler; }
const std::vector<std::string>& Checkpoint::ignored() const { return state_->ignored; }
const std::vector<std::string>& Checkpoint::notes() const { return state_->notes; }

const std::string& Checkpoint::sha256() const {
  std::call_once(state_->hash_once, [&] { state_->hash = state_->weights.sha256(); });
  return state_->hash;
}

bool Checkpoint::has(const std::string& canonical) const {
  return state_->names.contains(canonical) || (canonical == decoder && state_->tied_decoder);
}

torch::Tensor Checkpoint::tensor(const std::string& canonical) const {
  const bool tied = canonical == decoder && state_->tied_decoder;
  const auto found = state_->names.find(tied ? word_embeddings : canonical);
  if (found == state_->names.end()) throw state_->fault(printable(canonical) + ": no such tensor");
  return state_->weights.tensor(found->second).to(torch::kFloat32).contiguous();
}

std::vector<std::string> Checkpoint::names() const {
  std::vector<std::string> out;
  for (const auto& [canonical, stored] : state_->names) out.push_back(canonical);
  return out;
}

std::vector<std::string> Checkpoint::nonfinite() const {
  std::vector<std::string> out;
  for (const auto& [canonical, stored] : state_->names) {
    const torch::Tensor values = tensor(canonical);
    const auto* const numbers = values.data_ptr<float>();
    std::int64_t nan = 0;
    std::int64_t infinite = 0;
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      const std::uint32_t magnitude = std::bit_cast<std::uint32_t>(numbers[i]) & 0x7fffffffU;
      infinite += magnitude == 0x7f800000U ? 1 : 0;
      nan += magnitude > 0x7f800000U ? 1 : 0;
    }
    release_pages();
    if (nan + infinite == 0) continue;
    out.push_back(canonical + ": " + std::to_string(nan) + " NaN, " + std::to_string(infinite) +
                  " infinite of " + std::to_string(values.numel()));
  }
  return out;
}

std::vector<std::string> Checkpoint::dtypes() const {
  std::set<std::string> out;
  for (const auto& [canonical, stored] : state_->names) {
    out.insert(dtype_text(state_->weights.tensors().at(stored).dtype));
  }
  return {out.begin(), out.end()};
}

void Checkpoint::release_pages() const { state_->weights.release_pages(); }

bool Checkpoint::unchanged() const { return state_->config_file.unchanged() && state_->weights.unchanged(); }

}  // namespace onset
