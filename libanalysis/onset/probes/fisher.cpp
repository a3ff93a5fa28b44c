#include "onset/probes/fisher.h"

#include <torch/autograd.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "onset/base/random.h"
#include "onset/model/recorded_forward.h"

namespace onset {
namespace {

/// Sequence s owns the rows offsets[s] … offsets[s + 1] - 1.
using Offsets = std::span<const std::int64_t>;

double square_sum(const torch::Tensor& x) { return x.to(torch::kFloat64).square().sum().item<double>(); }

torch::Tensor rows_of(const torch::Tensor& x, Offsets offsets, std::size_t s) {
  return x.narrow(0, offsets[s], offsets[s + 1] - offsets[s]);
}

/// || sum_t g_t x_t^T ||^2 + || sum_t g_t ||^2: weight and bias of a product.
double product_norm(const torch::Tensor& x, const torch::Tensor& g) {
  const torch::Tensor weight = (torch::mm(x, x.t()).to(torch::kFloat64) * torch::mm(g, g.t())).sum();
  return weight.item<double>() + square_sum(g.sum(0));
}

/// || sum_t g_t * x_t ||^2 + || sum_t g_t ||^2: gamma and beta.
double scale_norm(const torch::Tensor& x, const torch::Tensor& g) {
  return square_sum((x * g).sum(0)) + square_sum(g.sum(0));
}

/// The label drawn from softmax(logits), which are one row in float64 on the CPU.
std::int64_t draw_label(const torch::Tensor& logits, double uniform) {
  const torch::Tensor cumulated = torch::softmax(logits, 0).cumsum(0);
  const auto* const begin = cumulated.data_ptr<double>();
  const auto* const end = begin + cumulated.numel();
  // The last value is 1 up to rounding: scaling by it keeps the label in range.
  return std::min(std::upper_bound(begin, end, uniform * *(end - 1)) - begin, end - begin - 1);
}

/// One batch: adds the squared norm of each of its sequences to norms[sequence][group].
class BatchNorms {
 public:
  BatchNorms(const Bert& bert, const PackedBatch& batch, const std::vector<std::int64_t>& rows)
      : bert_(bert), batch_(batch), record_(record_forward(bert, batch, rows)) {}

  std::vector<std::vector<double>> compute(const std::vector<double>& uniforms) {
    const std::int64_t groups = bert_.config.layers + 2;
    std::vector<std::vector<double>> norms(rows(), std::vector<double>(groups, 0.0));
    differentiate(uniforms);
    std::vector<std::int64_t> single(rows() + 1);
    for (std::size_t s = 0; s < single.size(); ++s) single[s] = static_cast<std::int64_t>(s);
    for (std::size_t u = 0; u < record_.uses.size(); ++u) {
      const ParameterUse& use = record_.uses[u];
      const Offsets offsets = use.group == groups - 1 ? Offsets(single) : Offsets(batch_.offsets);
      const torch::Tensor x = use.input.to(torch::kFloat32);
      const torch::Tensor g = gradients_[u + 2].to(torch::kFloat32);
      for (std::size_t s = 0; s < rows(); ++s) {
        const auto norm = use.kind == ParameterUse::Kind::product ? product_norm : scale_norm;
        norms[s][use.group] += norm(rows_of(x, offsets, s), rows_of(g, offsets, s));
      }
    }
    for (std::size_t s = 0; s < rows(); ++s) add_embeddings_and_decoder(s, norms[s]);
    return norms;
  }

 private:
  std::size_t rows() const { return static_cast<std::size_t>(batch_.sequences()); }

  /// gradients_: of embedded, of the logits, of each use's output.
  void differentiate(const std::vector<double>& uniforms) {
    const torch::Tensor logits = record_.logits.detach().to(torch::kCPU, torch::kFloat64);
    std::vector<std::int64_t> labels;
    for (std::size_t s = 0; s < rows(); ++s)
      labels.push_back(draw_label(logits[static_cast<std::int64_t>(s)].contiguous(), uniforms[s]));
    const torch::Tensor targets =
        torch::tensor(labels, torch::kInt64).to(record_.logits.device()).unsqueeze(1);
    const torch::Tensor sum =
        torch::log_softmax(record_.logits.to(torch::kFloat32), -1).gather(1, targets).sum();
    std::vector<torch::Tensor> nodes = {record_.embedded, record_.logits};
    for (const ParameterUse& use : record_.uses) nodes.push_back(use.output);
    gradients_ = torch::autograd::grad({sum}, nodes);
  }

  /// The word embeddings' rows, the positions, the types; the decoder's rows e_i x^T, with e the gradient of
  /// the logits, and its bias. Where decoder and embeddings are one matrix D with the gradient D_emb + e x^T,
  ///   || D ||^2 = || D_emb ||^2 + || e ||^2 || x ||^2 + 2 sum_i e_i (D_emb,i . x).
  void add_embeddings_and_decoder(std::size_t s, std::vector<double>& norms) const {
    const torch::Tensor g = rows_of(gradients_[0].to(torch::kFloat32), batch_.offsets, s);
    const torch::Tensor e = gradients_[1][static_cast<std::int64_t>(s)].to(torch::kFloat32);
    const torch::Tensor x = record_.inner[static_cast<std::int64_t>(s)].to(torch::kFloat32);
    const bool tied = bert_.mlm->decoder.is_same(bert_.word_embeddings);
    const double e_squared = square_sum(e);
    double& embeddings = norms.front();
    double& head = norms.back();
    embeddings += square_sum(g);  // positions: each once in a sequence
    embeddings += rows_norm(g, batch_.types, s);
    head += e_squared;  // the decoder's bias
    (tied ? embeddings : head) += e_squared * square_sum(x);
    const torch::Tensor ids = rows_of(batch_.ids, batch_.offsets, s);
    for (const auto& [id, sum] : sums_by_row(g, ids)) {
      embeddings += square_sum(sum);
      if (tied) embeddings += 2 * e[id].item<double>() * torch::dot(sum, x).item<double>();
    }
  }

  static std::map<std::int64_t, torch::Tensor> sums_by_row(const torch::Tensor& g, const torch::Tensor& ids) {
    const torch::Tensor on_cpu = ids.to(torch::kCPU);
    std::map<std::int64_t, torch::Tensor> sums;
    for (std::int64_t t = 0; t < on_cpu.numel(); ++t) {
      const auto [at, fresh] = sums.emplace(on_cpu.data_ptr<std::int64_t>()[t], g[t]);
      if (!fresh) at->second = at->second + g[t];
    }
    return sums;
  }

  /// || gradient of the type embeddings ||^2; without types all tokens are of type 0.
  double rows_norm(const torch::Tensor& g, const torch::Tensor& types, std::size_t s) const {
    if (!types.defined()) return square_sum(g.sum(0));
    double norm = 0;
    for (const auto& [type, sum] : sums_by_row(g, rows_of(types, batch_.offsets, s))) norm += square_sum(sum);
    return norm;
  }

  const Bert& bert_;
  const PackedBatch& batch_;
  RecordedForward record_;
  torch::autograd::variable_list gradients_;
};

void summarise(std::span<const FisherExample> examples, const std::vector<std::vector<double>>& norms,
               FisherTrace& out) {
  double weight = 0;
  for (std::size_t s = 0; s < examples.size(); ++s) {
    const auto n = static_cast<double>(examples[s].masked);
    weight += n;
    for (std::size_t group = 0; group < norms[s].size(); ++group) {
      out.group_trace[group] += n * norms[s][group];
      out.squared_norm[s] += norms[s][group];
    }
  }
  for (double& part : out.group_trace) {
    part /= weight;  // NaN where there is no example
    out.trace += part;
  }
  const auto error_of = [&](double mean, const auto& norm_of) {
    double spread = 0;
    for (std::size_t s = 0; s < examples.size(); ++s) {
      const double difference = static_cast<double>(examples[s].masked) * (norm_of(s) - mean);
      spread += difference * difference;
    }
    const auto count = static_cast<double>(examples.size());
    return count < 2 ? std::numeric_limits<double>::quiet_NaN()
                     : std::sqrt(count / (count - 1) * spread) / weight;
  };
  out.error = error_of(out.trace, [&](std::size_t s) { return out.squared_norm[s]; });
  for (std::size_t group = 0; group < out.group_trace.size(); ++group) {
    out.group_error.push_back(
        error_of(out.group_trace[group], [&](std::size_t s) { return norms[s][group]; }));
  }
}

}  // namespace

std::optional<FisherExample> fisher_example(const MaskedLine& masked, std::int64_t line, std::uint64_t seed) {
  if (masked.positions.empty()) return std::nullopt;
  const auto count = static_cast<double>(masked.positions.size());
  const auto number = static_cast<std::uint64_t>(line);
  const double where = draw_uniform(seed, Draw::fisher_label, {number});
  FisherExample out;
  out.ids = masked.ids;
  out.position = masked.positions[static_cast<std::size_t>(where * count)];
  out.masked = static_cast<std::int64_t>(masked.positions.size());
  out.uniform = draw_uniform(seed, Draw::fisher_label, {number, static_cast<std::uint64_t>(out.position)});
  return out;
}

std::vector<std::string> fisher_groups(std::int64_t layers) {
  std::vector<std::string> out = {"embeddings"};
  for (std::int64_t l = 0; l < layers; ++l) out.push_back("layer_" + std::to_string(l));
  out.emplace_back("head");
  return out;
}

FisherTrace fisher_trace(const Bert& bert, std::span<const FisherExample> examples,
                         const PassOptions& options) {
  const auto count = static_cast<std::int64_t>(examples.size());
  std::vector<std::vector<double>> norms(examples.size());
  std::vector<std::int64_t> lengths;
  for (const FisherExample& example : examples)
    lengths.push_back(static_cast<std::int64_t>(example.ids.size()));
  const auto work = [&](std::span<const std::int64_t> items) {
    const c10::InferenceMode outside(false);  // this pass has gradients
    std::vector<std::span<const std::int32_t>> sequences;
    std::vector<std::int64_t> rows;
    std::vector<double> uniforms;
    std::int64_t offset = 0;
    for (const std::int64_t item : items) {
      const FisherExample& example = examples[item];
      sequences.emplace_back(example.ids);
      rows.push_back(offset + example.position);
      uniforms.push_back(example.uniform);
      offset += lengths[item];
    }
    const PackedBatch batch = pack(sequences, bert.device());
    const std::vector<std::vector<double>> found = BatchNorms(bert, batch, rows).compute(uniforms);
    for (std::size_t i = 0; i < items.size(); ++i) norms[items[i]] = found[i];
  };
  PassOptions smaller = options;  // the graph keeps every layer's activations
  smaller.batch_tokens = std::max<std::int64_t>(options.batch_tokens / 4, 1);
  std::int64_t done = 0;
  for_each_batch(lengths, bert.device(), smaller, work, [&](std::int64_t items) {
    done += items;
    if (options.progress) options.progress({"Fisher information", done, count, "lines"});
  });
  FisherTrace out;
  out.examples = count;
  out.group_trace.assign(bert.config.layers + 2, 0.0);
  out.squared_norm.assign(examples.size(), 0.0);
  summarise(examples, norms, out);
  return out;
}

}  // namespace onset
