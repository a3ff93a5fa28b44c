#include "onset/model/attention.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <cmath>
#include <limits>
#include <utility>

#include "onset/base/random.h"
#include "onset/model/attention_kernel.h"
#include "onset/model/kernel_device.h"

namespace onset {
namespace {

using torch::indexing::Slice;

KeyedDropout head_dropout(const AttentionOptions& options, std::int64_t sequence, std::int64_t head) {
  if (options.dropout <= 0) return {};
  return {static_cast<float>(options.dropout),
          draw_bits(options.dropout_key, Draw::dropout,
                    {static_cast<std::uint64_t>(options.layer), static_cast<std::uint64_t>(sequence),
                     static_cast<std::uint64_t>(head)})};
}

/// Calls work(sequence, head, workspace) for every head of every sequence, in parallel.
template <typename Work>
void for_each_head(std::int64_t sequences, std::int64_t heads, const Work& work) {
  at::parallel_for(0, sequences * heads, 1, [&](std::int64_t begin, std::int64_t end) {
    AttentionWorkspace workspace;
    for (std::int64_t at = begin; at < end; ++at) work(at / heads, at % heads, workspace);
  });
}

/// Where the pieces of one head lie in a fused [token, 3 * hidden] row-major matrix.
HeadInputs head_inputs(const torch::Tensor& qkv, std::span<const std::int64_t> offsets, std::int64_t sequence,
                       std::int64_t head, std::int64_t heads) {
  const std::int64_t hidden = qkv.size(1) / 3;
  const std::int64_t size = hidden / heads;
  const std::int64_t stride = qkv.stride(0);
  const auto tokens = static_cast<int>(offsets[sequence + 1] - offsets[sequence]);
  const float* const q = qkv.data_ptr<float>() + offsets[sequence] * stride + head * size;
  return {q, q + hidden, q + 2 * hidden, stride, stride, stride, tokens, tokens, static_cast<int>(size)};
}

AttentionResult attend_forward(const torch::Tensor& qkv, std::span<const std::int64_t> offsets,
                               const AttentionOptions& options) {
  const std::int64_t tokens = qkv.size(0);
  const std::int64_t hidden = qkv.size(1) / 3;
  const std::int64_t heads = options.heads;
  AttentionResult result{torch::empty({tokens, hidden}, qkv.options()), {}};
  float* const context = result.context.data_ptr<float>();
  const std::int64_t* gold = nullptr;
  float* arcs = nullptr;
  if (options.arcs.defined()) {
    result.arcs = torch::zeros({heads, tokens, 2}, qkv.options());
    gold = options.arcs.data_ptr<std::int64_t>();
    arcs = result.arcs.data_ptr<float>();
  }
  for_each_head(static_cast<std::int64_t>(offsets.size()) - 1, heads,
                [&](std::int64_t sequence, std::int64_t head, AttentionWorkspace& work) {
                  const HeadInputs in = head_inputs(qkv, offsets, sequence, head, heads);
                  const std::int64_t begin = offsets[sequence];
                  attend_head(in, head_dropout(options, sequence, head), work,
                              context + begin * hidden + head * in.size, hidden);
                  if (options.tap != nullptr) {
                    (*options.tap)({options.layer, sequence, head, in.queries, work.row(0), work.stride});
                  }
                  if (gold == nullptr) return;
                  for (int t = 0; t < in.queries; ++t) {
                    const auto to = static_cast<int>(gold[begin + t]);
                    if (to < 0) continue;
                    float* const pair = arcs + (head * tokens + begin + t) * 2;
                    pair[0] = work.row(t)[to];
                    pair[1] = work.row(to)[t];
                  }
                });
  return result;
}

/// The kernel as a node of the autograd graph. Keeps qkv and nothing else.
struct KernelAttention : torch::autograd::Function<KernelAttention> {
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context,
                                                const torch::Tensor& qkv,
                                                const std::vector<std::int64_t>& offsets,
                                                const AttentionOptions& options) {
    const AttentionResult result = attend_forward(qkv, offsets, options);
    context->save_for_backward({qkv, options.arcs});
    context->saved_data["offsets"] = offsets;
    context->saved_data["heads"] = options.heads;
    context->saved_data["layer"] = options.layer;
    context->saved_data["dropout"] = options.dropout;
    context->saved_data["dropout_key"] = static_cast<std::int64_t>(options.dropout_key);
    if (result.arcs.defined()) return {result.context, result.arcs};
    return {result.context};
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& outputs) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor& qkv = saved[0];
    const std::vector<std::int64_t> offsets = context->saved_data["offsets"].toIntVector();
    AttentionOptions options;
    options.heads = context->saved_data["heads"].toInt();
    options.layer = context->saved_data["layer"].toInt();
    options.dropout = context->saved_data["dropout"].toDouble();
    options.dropout_key = static_cast<std::uint64_t>(context->saved_data["dropout_key"].toInt());

    const std::int64_t tokens = qkv.size(0);
    const std::int64_t hidden = qkv.size(1) / 3;
    const torch::Tensor grad_context =
        outputs[0].defined() ? outputs[0].contiguous() : torch::zeros({tokens, hidden}, qkv.options());
    const torch::Tensor grad_arcs =
        outputs.size() > 1 && outputs[1].defined() ? outputs[1].contiguous() : torch::Tensor();
    const std::int64_t* const gold = grad_arcs.defined() ? saved[1].data_ptr<std::int64_t>() : nullptr;
    const float* const arc_gradients = grad_arcs.defined() ? grad_arcs.data_ptr<float>() : nullptr;
    torch::Tensor grad = torch::zeros_like(qkv);
    for_each_head(static_cast<std::int64_t>(offsets.size()) - 1, options.heads,
                  [&](std::int64_t sequence, std::int64_t head, AttentionWorkspace& work) {
                    const HeadInputs in = head_inputs(qkv, offsets, sequence, head, options.heads);
                    const std::int64_t begin = offsets[sequence];
                    std::vector<ArcGradient> arcs;
                    for (int t = 0; gold != nullptr && t < in.queries; ++t) {
                      const auto to = static_cast<int>(gold[begin + t]);
                      if (to < 0) continue;
                      const float* const pair = arc_gradients + (head * tokens + begin + t) * 2;
                      arcs.push_back({t, to, pair[0]});
                      arcs.push_back({to, t, pair[1]});
                    }
                    float* const q = grad.data_ptr<float>() + begin * grad.stride(0) + head * in.size;
                    const HeadGradients out{grad_context.data_ptr<float>() + begin * hidden + head * in.size,
                                            hidden,
                                            q,
                                            q + hidden,
                                            q + 2 * hidden,
                                            grad.stride(0),
                                            grad.stride(0),
                                            grad.stride(0)};
                    attend_head_backward(in, head_dropout(options, sequence, head), arcs, work, out);
                  });
    return {grad, torch::Tensor(), torch::Tensor()};
  }
};

/// Sequences padded to the longest, for the path by tensor operations.
struct Padding {
  torch::Tensor token;  ///< int64 [sequence * longest]: the packed row, 0 for padding
  torch::Tensor used;   ///< bool [sequence, longest]
  std::int64_t sequences = 0, longest = 0;
};

Padding pad(std::span<const std::int64_t> offsets, const torch::Device& device) {
  Padding out;
  out.sequences = static_cast<std::int64_t>(offsets.size()) - 1;
  for (std::int64_t s = 0; s < out.sequences; ++s)
    out.longest = std::max(out.longest, offsets[s + 1] - offsets[s]);
  std::vector<std::int64_t> token(out.sequences * out.longest, 0);
  torch::Tensor used = torch::zeros({out.sequences, out.longest}, torch::kBool);
  for (std::int64_t s = 0; s < out.sequences; ++s) {
    const std::int64_t n = offsets[s + 1] - offsets[s];
    for (std::int64_t t = 0; t < n; ++t) token[s * out.longest + t] = offsets[s] + t;
    used.index_put_({s, Slice(0, n)}, true);
  }
  out.token = torch::tensor(token, torch::kInt64).to(device);
  out.used = used.to(device);
  return out;
}

/// [row, heads * size] to [sequence, head, longest, size]
torch::Tensor to_heads(const torch::Tensor& packed, const Padding& padding, std::int64_t heads) {
  return packed.index_select(0, padding.token)
      .view({padding.sequences, padding.longest, heads, packed.size(1) / heads})
      .transpose(1, 2);
}

/// The way back, without the padding.
torch::Tensor to_packed(const torch::Tensor& by_head, const Padding& padding) {
  const torch::Tensor rows = by_head.transpose(1, 2).reshape({padding.sequences * padding.longest, -1});
  return rows.index_select(0, padding.used.flatten().nonzero().flatten());
}

torch::Tensor map_of(const torch::Tensor& q, const torch::Tensor& k, const Padding& keys) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(-1)));
  torch::Tensor scores = torch::matmul(q, k.transpose(-1, -2)) * scale;
  scores = scores.masked_fill(keys.used.logical_not().view({keys.sequences, 1, 1, keys.longest}),
                              -std::numeric_limits<double>::infinity());
  return torch::softmax(scores, -1);
}

void call_tap(const AttentionTap& tap, const torch::Tensor& map, std::span<const std::int64_t> offsets,
              std::int64_t layer) {
  const torch::Tensor copy = map.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const std::int64_t heads = copy.size(1);
  const std::int64_t longest = copy.size(2);
  at::parallel_for(0, copy.size(0) * heads, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t at = begin; at < end; ++at) {
      const std::int64_t sequence = at / heads;
      tap({layer, sequence, at % heads, static_cast<int>(offsets[sequence + 1] - offsets[sequence]),
           copy.data_ptr<float>() + at * longest * longest, longest});
    }
  });
}

/// a[t, head(t)] and a[head(t), t] picked out of padded maps: [head, token, 2].
torch::Tensor pick_arcs(const torch::Tensor& map, const torch::Tensor& gold, const Padding& padding) {
  const std::int64_t heads = map.size(1);
  const torch::Tensor padded_gold =
      gold.index_select(0, padding.token).view({padding.sequences, padding.longest});
  const torch::Tensor present = padded_gold.ge(0).logical_and(padding.used);
  const torch::Tensor to = padded_gold.clamp_min(0);
  const auto pick = [&](const torch::Tensor& from) {
    const torch::Tensor index =
        to.view({padding.sequences, 1, padding.longest, 1}).expand({-1, heads, -1, 1});
    return from.gather(3, index).squeeze(3) *
           present.view({padding.sequences, 1, padding.longest}).to(from.scalar_type());
  };
  const torch::Tensor both =
      torch::stack({pick(map), pick(map.transpose(2, 3))}, -1);  // [sequence, head, longest, 2]
  const torch::Tensor rows =
      both.permute({1, 0, 2, 3}).reshape({heads, padding.sequences * padding.longest, 2});
  return rows.index_select(1, padding.used.flatten().nonzero().flatten());
}

AttentionResult attend_by_tensors(const torch::Tensor& qkv, std::span<const std::int64_t> offsets,
                                  const AttentionOptions& options) {
  const Padding padding = pad(offsets, qkv.device());
  const auto parts = qkv.chunk(3, 1);
  torch::Tensor map =
      map_of(to_heads(parts[0], padding, options.heads), to_heads(parts[1], padding, options.heads), padding);
  if (options.dropout > 0) map = torch::dropout(map, options.dropout, true);
  if (options.tap != nullptr) call_tap(*options.tap, map, offsets, options.layer);
  AttentionResult result{to_packed(torch::matmul(map, to_heads(parts[2], padding, options.heads)), padding),
                         {}};
  if (options.arcs.defined()) result.arcs = pick_arcs(map, options.arcs, padding);
  return result;
}

}  // namespace

AttentionResult attend(const torch::Tensor& qkv, std::span<const std::int64_t> offsets,
                       const AttentionOptions& options) {
  if (!runs_in_kernel(qkv)) return attend_by_tensors(qkv, offsets, options);
  if (!torch::GradMode::is_enabled() || !qkv.requires_grad())
    return attend_forward(qkv.contiguous(), offsets, options);
  const auto out = KernelAttention::apply(qkv.contiguous(),
                                          std::vector<std::int64_t>(offsets.begin(), offsets.end()), options);
  return {out[0], out.size() > 1 ? out[1] : torch::Tensor()};
}

torch::Tensor attend_to_states(const torch::Tensor& queries, std::span<const std::int64_t> query_offsets,
                               const torch::Tensor& states, std::span<const std::int64_t> offsets) {
  const std::int64_t width = states.size(1);
  const std::int64_t heads = queries.size(1) / width;
  if (!runs_in_kernel(queries)) {
    const Padding query_padding = pad(query_offsets, queries.device());
    const Padding key_padding = pad(offsets, queries.device());
    const torch::Tensor shared = to_heads(states, key_padding, 1);
    const torch::Tensor map = map_of(to_heads(queries, query_padding, heads), shared, key_padding);
    return to_packed(torch::matmul(map, shared), query_padding);
  }
  // Each query's heads are so many queries more to the kernel.
  torch::Tensor means = torch::empty_like(queries);
  const std::int64_t stride = heads * width;
  for_each_head(static_cast<std::int64_t>(offsets.size()) - 1, 1,
                [&](std::int64_t sequence, std::int64_t, AttentionWorkspace& work) {
                  const std::int64_t row = query_offsets[sequence];
                  const float* const x = states.data_ptr<float>() + offsets[sequence] * width;
                  const HeadInputs in{queries.data_ptr<float>() + row * stride,
                                      x,
                                      x,
                                      width,
                                      width,
                                      width,
                                      static_cast<int>((query_offsets[sequence + 1] - row) * heads),
                                      static_cast<int>(offsets[sequence + 1] - offsets[sequence]),
                                      static_cast<int>(width)};
                  attend_head(in, {}, work, means.data_ptr<float>() + row * stride, width);
                });
  return means;
}

}  // namespace onset
