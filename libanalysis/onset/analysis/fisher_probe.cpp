// /fisher: trace of the Fisher information, from probes/fisher.h into named arrays.
#include "onset/analysis/inputs.h"
#include "onset/probes/fisher.h"

namespace onset {
namespace {

class FisherRun : public ProbeRun {
 public:
  FisherRun(const Bert& bert, std::span<const FisherExample> examples, const BootstrapWeights& weights)
      : bert_(bert), examples_(examples), weights_(weights) {}

  Measurement finish(const PassOptions& options) override {
    const FisherTrace fisher = fisher_trace(bert_, examples_, options);
    Measurement out;
    out.variables = {
        {"trace", {}, std::vector<double>{fisher.trace}, "nats^2", "trace of the Fisher information"},
        {"trace_error", {}, std::vector<double>{fisher.error}, "nats^2", "standard error over lines"},
        {"group_trace", {"group"}, fisher.group_trace, "nats^2", "the trace's part in each parameter group"},
        {"group_trace_error", {"group"}, fisher.group_error, "nats^2", "standard error over lines"},
    };
    if (weights_.replicates() > 0) {
      std::vector<double> squares;
      std::vector<double> masked;
      for (std::size_t s = 0; s < examples_.size(); ++s) {
        masked.push_back(static_cast<double>(examples_[s].masked));
        squares.push_back(masked.back() * fisher.squared_norm[s]);
      }
      out.variables.push_back({"trace_replicates",
                               {"replicate"},
                               weights_.ratios(squares, masked),
                               "nats^2",
                               "bootstrap over lines"});
    }
    return out;
  }

 private:
  const Bert& bert_;
  std::span<const FisherExample> examples_;
  const BootstrapWeights& weights_;
};

class FisherProbe : public Probe {
 public:
  explicit FisherProbe(ProbeInputs& inputs)
      : examples_(draw_examples(inputs)), weights_(inputs.options().bootstrap, ItemKind::sentence, content_) {
    const ProbeOptions& options = inputs.options();
    const PlainSentences& data = *inputs.sentences();
    frame_.group = "fisher";
    frame_.axes.push_back({"group", fisher_groups(inputs.subject().config.layers)});
    if (weights_.replicates() > 0) frame_.axes.push_back(counting_axis("replicate", weights_.replicates()));
    frame_.attributes = inputs.common_attributes();
    frame_.attributes[data.source + "_sha256"] = data.sha256;
    frame_.attributes.merge(inputs.sentence_attributes());
    frame_.attributes["mask_rate"] = options.mask_rate;
    frame_.attributes["lines"] = static_cast<std::int64_t>(examples_.size());
    frame_.attributes["seed"] = static_cast<std::int64_t>(options.bootstrap.seed);
  }

  const Frame& frame() const override { return frame_; }
  bool needs_mlm_head() const override { return true; }
  std::unique_ptr<ProbeRun> start(const Bert& bert) const override {
    return std::make_unique<FisherRun>(bert, examples_, weights_);
  }

 private:
  std::vector<FisherExample> draw_examples(ProbeInputs& inputs) {
    const auto data = inputs.sentences();
    const std::vector<MaskedLine> lines = inputs.masked_sentences();
    std::vector<FisherExample> out;
    for (std::size_t s = 0; s < lines.size(); ++s) {
      if (auto example = fisher_example(lines[s], data->line[s], inputs.options().bootstrap.seed)) {
        out.push_back(*std::move(example));
        content_.push_back(data->content[s]);
      }
    }
    return out;
  }

  std::vector<std::uint64_t> content_;  ///< [example], the line's; filled along with examples_
  std::vector<FisherExample> examples_;
  BootstrapWeights weights_;
  Frame frame_;
};

}  // namespace

std::unique_ptr<Probe> make_fisher_probe(ProbeInputs& inputs) {
  return std::make_unique<FisherProbe>(inputs);
}

}  // namespace onset
