#include "onset/model/encoder.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

#include "onset/base/error.h"
#include "onset/base/random.h"
#include "onset/model/dropout.h"
#include "onset/model/layer.h"

namespace onset {
namespace {

/// x + y, into x where no gradient is recorded.
torch::Tensor add_residual(const torch::Tensor& x, const torch::Tensor& y) {
  return torch::GradMode::is_enabled() ? x + y : x.add_(y);
}

/// Which draw of dropout in a layer: each place has its own. The kernel of attention draws by (layer,
/// sequence, head); a number no sequence has keeps the two apart.
enum class DropoutSite : std::uint64_t { embeddings = 1'000'000, attention_output, output };

/// What the first layer reads of each token: hidden states and their queries, keys and values.
struct FirstStates {
  torch::Tensor hidden;  ///< [token, hidden]
  torch::Tensor qkv;     ///< [token, 3 * hidden]
};

/// A token of each kind, where tokens of equal id and position are of one kind, and each token's kind. int64.
struct TokenKinds {
  torch::Tensor example;  ///< [kind] token
  torch::Tensor kind;     ///< [token]
};

TokenKinds token_kinds(const PackedBatch& batch) {
  const auto* const id = batch.ids.data_ptr<std::int64_t>();
  const auto* const position = batch.positions.data_ptr<std::int64_t>();
  std::unordered_map<std::uint64_t, std::int64_t> known;
  std::vector<std::int64_t> example;
  torch::Tensor kind = torch::empty({batch.tokens()}, torch::kInt64);
  for (std::int64_t token = 0; token < batch.tokens(); ++token) {
    const std::uint64_t key =
        static_cast<std::uint64_t>(id[token]) << 32U | static_cast<std::uint64_t>(position[token]);
    const auto [found, fresh] = known.try_emplace(key, static_cast<std::int64_t>(example.size()));
    if (fresh) example.push_back(token);
    kind.data_ptr<std::int64_t>()[token] = found->second;
  }
  return {torch::tensor(example, torch::kInt64), kind};
}

class Forward {
 public:
  Forward(const Bert& bert, const PackedBatch& batch, const EncoderOptions& options)
      : bert_(bert), batch_(batch), options_(options) {}

  torch::Tensor embed() const { return embed(batch_.ids, batch_.positions, batch_.types); }

  /// For inference, on the CPU, all tokens of type 0. The first layer's products are made once for tokens of
  /// equal id and position, of which the masked inputs of one sentence are full.
  FirstStates first_states() const {
    const TokenKinds kinds = token_kinds(batch_);
    const torch::Tensor hidden =
        embed(batch_.ids.index_select(0, kinds.example), batch_.positions.index_select(0, kinds.example), {});
    return {hidden.index_select(0, kinds.kind), project(hidden, 0).index_select(0, kinds.kind)};
  }

  /// Queries, keys and values of a layer.
  torch::Tensor project(const torch::Tensor& hidden, std::int64_t l) const {
    return torch::linear(hidden, bert_.layers[l].qkv.weight, bert_.layers[l].qkv.bias);
  }

  torch::Tensor attention(const torch::Tensor& qkv, std::int64_t l, std::vector<torch::Tensor>& arcs) const {
    AttentionOptions options;
    options.heads = bert_.config.heads;
    options.layer = l;
    options.tap = options_.attention ? &options_.attention : nullptr;
    options.arcs = options_.arcs;
    if (options_.dropout_key) {
      options.dropout = bert_.config.attention_dropout;
      options.dropout_key = *options_.dropout_key;
    }
    const AttentionResult result = attend(qkv, batch_.offsets, options);
    if (result.arcs.defined()) arcs.push_back(result.arcs);
    return result.context;
  }

  /// The context of the wanted rows alone, for which no key and no value is made:
  ///
  ///   q . k_t = (q W_k) . x_t + a number that is the same for every t,   sum_t a_t v_t = W_v (sum_t a_t x_t)
  ///   + b_v
  ///
  /// Two products a wanted row and head take the place of two a token.
  torch::Tensor selected_attention(const torch::Tensor& hidden, const torch::Tensor& wanted,
                                   std::int64_t l) const {
    const Linear& qkv = bert_.layers[l].qkv;
    const std::int64_t width = bert_.config.hidden, heads = bert_.config.heads, size = width / heads;
    const auto part = [&](const torch::Tensor& all, std::int64_t which) {
      return all.narrow(0, which * width, width);
    };
    // attend_to_states divides by sqrt(width), the head's own scale is sqrt(size).
    const torch::Tensor queries =
        torch::linear(wanted, part(qkv.weight, 0), part(qkv.bias, 0)) * std::sqrt(static_cast<double>(heads));
    torch::Tensor by_head = torch::empty({wanted.size(0), heads, width}, wanted.options());
    for (std::int64_t head = 0; head < heads; ++head) {
      torch::Tensor out = by_head.select(1, head);
      torch::mm_out(out, queries.narrow(1, head * size, size),
                    part(qkv.weight, 1).narrow(0, head * size, size));
    }
    std::vector<std::int64_t> offsets;
    for (const std::int64_t end : batch_.offsets) {
      offsets.push_back(std::lower_bound(options_.rows.begin(), options_.rows.end(), end) -
                        options_.rows.begin());
    }
    const torch::Tensor means =
        attend_to_states(by_head.flatten(1), offsets, hidden, batch_.offsets).view_as(by_head);
    torch::Tensor context = torch::empty_like(wanted);
    for (std::int64_t head = 0; head < heads; ++head) {
      torch::Tensor out = context.narrow(1, head * size, size);
      torch::addmm_out(out, part(qkv.bias, 2).narrow(0, head * size, size), means.select(1, head),
                       part(qkv.weight, 2).narrow(0, head * size, size).t());
    }
    return context;
  }

  torch::Tensor finish_layer(const torch::Tensor& context, const torch::Tensor& hidden,
                             std::int64_t l) const {
    const EncoderLayer& layer = bert_.layers[l];
    const double epsilon = bert_.config.layer_norm_eps;
    const torch::Tensor attended =
        linear_add_normalise(context, layer.attention_output, hidden, layer.attention_norm, epsilon,
                             dropout_at(l, DropoutSite::attention_output));
    const torch::Tensor inner = linear_activate(attended, layer.intermediate, bert_.config.activation);
    return linear_add_normalise(inner, layer.output, attended, layer.output_norm, epsilon,
                                dropout_at(l, DropoutSite::output));
  }

 private:
  torch::Tensor embed(const torch::Tensor& ids, const torch::Tensor& positions,
                      const torch::Tensor& types) const {
    torch::Tensor sum = torch::embedding(bert_.word_embeddings, ids);
    sum = add_residual(sum, torch::embedding(bert_.position_embeddings, positions));
    sum = add_residual(
        sum, types.defined() ? torch::embedding(bert_.type_embeddings, types) : bert_.type_embeddings[0]);
    const LayerNorm& norm = bert_.embedding_norm;
    const torch::Tensor normalised =
        torch::layer_norm(sum, {sum.size(-1)}, norm.weight, norm.bias, bert_.config.layer_norm_eps);
    return keyed_dropout(normalised, dropout_at(0, DropoutSite::embeddings));
  }

  KeyedDropout dropout_at(std::int64_t layer, DropoutSite site) const {
    if (!options_.dropout_key || bert_.config.hidden_dropout <= 0) return {};
    return {static_cast<float>(bert_.config.hidden_dropout),
            draw_bits(*options_.dropout_key, Draw::dropout,
                      {static_cast<std::uint64_t>(layer), static_cast<std::uint64_t>(site)})};
  }

  const Bert& bert_;
  const PackedBatch& batch_;
  const EncoderOptions& options_;
};

void check(const Bert& bert, const PackedBatch& batch) {
  for (std::size_t s = 1; s < batch.offsets.size(); ++s) {
    const std::int64_t length = batch.offsets[s] - batch.offsets[s - 1];
    if (length > bert.config.positions) {
      throw Error(ErrorKind::bad_data, "a sequence of " + std::to_string(length) +
                                           " tokens exceeds the model's " +
                                           std::to_string(bert.config.positions) + " positions");
    }
  }
  if (batch.tokens() > 0 && batch.ids.is_cpu()) {
    const std::int64_t largest = batch.ids.max().item<std::int64_t>();
    if (largest >= bert.config.vocab_size) {
      throw Error(ErrorKind::bad_data, "token id " + std::to_string(largest) +
                                           " exceeds the model's vocabulary of " +
                                           std::to_string(bert.config.vocab_size));
    }
  }
}

}  // namespace

Encoded encode(const Bert& bert, const PackedBatch& batch, const EncoderOptions& options) {
  check(bert, batch);
  const Forward forward(bert, batch, options);
  const std::int64_t layers = bert.config.layers;
  Encoded out;
  torch::Tensor first_qkv;
  if (!options.rows.empty() && layers > 1 && batch.ids.is_cpu() && !batch.types.defined()) {
    FirstStates first = forward.first_states();
    out.hidden = first.hidden;
    first_qkv = first.qkv;
  } else {
    out.hidden = forward.embed();
  }
  if (options.hidden) options.hidden(0, out.hidden);
  for (std::int64_t l = 0; l < layers; ++l) {
    if (l + 1 == layers && !options.rows.empty()) {
      const torch::Tensor wanted =
          out.hidden.index_select(0, torch::tensor(options.rows, torch::kInt64).to(out.hidden.device()));
      out.hidden = forward.finish_layer(forward.selected_attention(out.hidden, wanted, l), wanted, l);
    } else {
      const torch::Tensor qkv = l == 0 && first_qkv.defined() ? first_qkv : forward.project(out.hidden, l);
      const torch::Tensor context = forward.attention(qkv, l, out.arcs);
      if (l + 1 == layers && options.maps_only) {
        out.hidden = torch::Tensor();
        break;
      }
      out.hidden = forward.finish_layer(context, out.hidden, l);
    }
    if (options.hidden) options.hidden(l + 1, out.hidden);
  }
  return out;
}

}  // namespace onset
