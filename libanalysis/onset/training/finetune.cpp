#include "onset/training/finetune.h"

#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "onset/base/error.h"
#include "onset/base/random.h"
#include "onset/base/stop.h"
#include "onset/probes/sentence_pass.h"
#include "onset/training/adamw.h"
#include "onset/training/batches.h"
#include "onset/training/classifier.h"
#include "onset/training/schedule.h"

namespace onset {
namespace {

OptimiserSettings optimiser_settings(const FinetuneSettings& settings, std::int64_t updates) {
  OptimiserSettings out;
  out.lr = settings.lr;
  out.warmup = static_cast<std::int64_t>(settings.warmup * static_cast<double>(updates));
  out.horizon = updates;
  out.weight_decay = settings.weight_decay;
  out.clip = settings.clip;
  return out;
}

std::int64_t outputs_of(const GlueTask& task) {
  return task.regression() ? 1 : static_cast<std::int64_t>(task.labels.size());
}

struct Evaluation {
  std::vector<float> predicted;
  double loss = 0;
};

class Finetuning {
 public:
  Finetuning(const Bert& start, const FinetuneData& data, const FinetuneSettings& settings,
             std::uint64_t seed, const FinetuneHooks& hooks)
      : data_(data),
        settings_(settings),
        seed_(seed),
        hooks_(hooks),
        device_(start.device()),
        updates_an_epoch_((data.train.size() + settings.batch - 1) / settings.batch),
        schedule_(optimiser_settings(settings, settings.epochs * updates_an_epoch_)),
        parameters_(with_classifier(start, outputs_of(data.task), seed), device_),
        optimiser_(parameters_, schedule_) {}

  FinetuneScores run() {
    FinetuneScores best;
    for (std::int64_t epoch = 0; epoch < settings_.epochs; ++epoch) {
      const double train_loss = train_epoch(epoch);
      FinetuneScores now = evaluate();
      now.train_loss = train_loss;
      now.epochs = epoch + 1;
      const bool better = epoch == 0 || now.metrics.front() > best.metrics.front() ||
                          (std::isnan(best.metrics.front()) && !std::isnan(now.metrics.front()));
      if (settings_.patience == 0 || better) best = std::move(now);
      if (settings_.patience > 0 && epoch + 1 - best.epochs >= settings_.patience) break;
    }
    return best;
  }

 private:
  bool types() const { return parameters_.bert().type_embeddings.size(0) > 1; }

  /// Mean loss over the epoch's updates.
  double train_epoch(std::int64_t epoch) {
    const Permutation order(data_.train.size(), seed_, static_cast<std::uint64_t>(epoch));
    double sum = 0;
    for (std::int64_t b = 0; b < updates_an_epoch_; ++b) {
      throw_if_stopped(hooks_.stop);
      std::vector<std::int64_t> items;
      const std::int64_t end = std::min((b + 1) * settings_.batch, data_.train.size());
      for (std::int64_t place = b * settings_.batch; place < end; ++place) items.push_back(order(place));
      sum += update(items);
      if (hooks_.progress) {
        hooks_.progress(
            {"fine-tuning", optimiser_.updates(), settings_.epochs * updates_an_epoch_, "updates"});
      }
    }
    return sum / static_cast<double>(updates_an_epoch_);
  }

  double update(const std::vector<std::int64_t>& items) {
    const BertConfig& config = parameters_.bert().config;
    const auto done = static_cast<std::uint64_t>(optimiser_.updates());
    std::optional<std::uint64_t> key;
    if (config.hidden_dropout > 0 || config.attention_dropout > 0) {
      key = draw_bits(seed_, Draw::dropout, {done});
      if (!device_.is_cpu()) torch::manual_seed(*key);  // LibTorch's generator draws there
    }
    const PackedBatch batch = pack_glue(data_.train, items, types(), device_);
    const torch::Tensor loss =
        classifier_loss(classify(parameters_.bert(), batch, key), labels_of(data_.train, items));
    const auto value = loss.item<double>();
    require_finite(value, "loss");
    loss.backward();
    require_finite(optimiser_.update(parameters_, learning_rate(schedule_, static_cast<std::int64_t>(done))),
                   "norm of the gradient");
    parameters_.clear_gradients();
    return value;
  }

  void require_finite(double value, const char* what) const {
    if (std::isfinite(value)) return;
    throw Diverged("seed " + std::to_string(seed_) + ": step " + std::to_string(optimiser_.updates() + 1) +
                   ": the " + what + " is " + (std::isnan(value) ? "NaN" : "infinite") + "; lower --lr");
  }

  static torch::Tensor labels_of(const EncodedGlue& data, std::span<const std::int64_t> items) {
    torch::Tensor out = torch::empty({static_cast<std::int64_t>(items.size())});
    for (std::size_t i = 0; i < items.size(); ++i) out.data_ptr<float>()[i] = data.labels[items[i]];
    return out;
  }

  FinetuneScores evaluate() const {
    FinetuneScores out;
    for (const EncodedGlue& table : data_.dev) {
      const Evaluation found = evaluate(table);
      for (const GlueMetric& metric : glue_metrics(data_.task))
        out.metrics.push_back(metric.measure(found.predicted, table.labels));
      if (&table == &data_.dev.front()) out.dev_loss = found.loss;
    }
    return out;
  }

  Evaluation evaluate(const EncodedGlue& table) const {
    Evaluation out;
    out.predicted.assign(table.ids.size(), 0.0F);
    std::vector<double> losses(table.ids.size(), 0.0);
    std::vector<std::int64_t> lengths;
    for (const auto& ids : table.ids) lengths.push_back(static_cast<std::int64_t>(ids.size()));
    const auto work = [&](std::span<const std::int64_t> items) {
      const torch::Tensor logits =
          classify(parameters_.bert(), pack_glue(table, items, types(), device_)).to(torch::kCPU);
      const torch::Tensor said = predictions(logits);
      for (std::size_t i = 0; i < items.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i);
        out.predicted[items[i]] = said.data_ptr<float>()[i];
        losses[items[i]] =
            classifier_loss(logits.narrow(0, row, 1), labels_of(table, items.subspan(i, 1))).item<double>();
      }
    };
    PassOptions pass;
    pass.stop = hooks_.stop;
    for_each_batch(lengths, device_, pass, work, [](std::int64_t) {});
    out.loss = std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(table.size());
    return out;
  }

  const FinetuneData& data_;
  const FinetuneSettings& settings_;
  std::uint64_t seed_;
  const FinetuneHooks& hooks_;
  torch::Device device_;
  std::int64_t updates_an_epoch_;
  OptimiserSettings schedule_;
  Parameters parameters_;
  AdamW optimiser_;
};

}  // namespace

std::vector<std::string> finetune_metrics(const GlueTask& task) {
  std::vector<std::string> out;
  for (const std::string& split : task.dev_splits) {
    for (const GlueMetric& metric : glue_metrics(task))
      out.push_back(metric.name + (task.dev_splits.size() > 1 ? split.substr(split.find('_')) : ""));
  }
  return out;
}

FinetuneScores finetune(const Bert& start, const FinetuneData& data, const FinetuneSettings& settings,
                        std::uint64_t seed, const FinetuneHooks& hooks) {
  return Finetuning(start, data, settings, seed, hooks).run();
}

}  // namespace onset
