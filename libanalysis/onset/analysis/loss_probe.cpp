// /loss: masked-language-modelling loss with a fixed mask, from probes/mlm_loss.h into named arrays.
#include "onset/analysis/inputs.h"
#include "onset/probes/mlm_loss.h"

namespace onset {
namespace {

class LossRun : public ProbeRun {
 public:
  LossRun(const Bert& bert, std::span<const MaskedLine> lines, const BootstrapWeights& weights)
      : bert_(bert), lines_(lines), weights_(weights) {}

  Measurement finish(const PassOptions& options) override {
    const MlmLoss loss = mlm_loss(bert_, lines_, options);
    Measurement out;
    out.variables = {
        {"mlm",
         {},
         std::vector<double>{loss.loss},
         "nats per masked token",
         "masked-language-modelling loss"},
        {"tokens", {}, std::vector<std::int64_t>{loss.tokens}, "tokens", "masked tokens"},
    };
    if (weights_.replicates() > 0) {
      out.variables.push_back({"mlm_replicates",
                               {"replicate"},
                               weights_.ratios(loss.line_loss, loss.line_tokens),
                               "nats per masked token",
                               "bootstrap over lines"});
    }
    return out;
  }

 private:
  const Bert& bert_;
  std::span<const MaskedLine> lines_;
  const BootstrapWeights& weights_;
};

class LossProbe : public Probe {
 public:
  explicit LossProbe(ProbeInputs& inputs)
      : lines_(inputs.masked_sentences()),
        weights_(inputs.options().bootstrap, ItemKind::sentence, inputs.sentences()->content) {
    const ProbeOptions& options = inputs.options();
    const PlainSentences& data = *inputs.sentences();
    frame_.group = "loss";
    if (weights_.replicates() > 0) frame_.axes.push_back(counting_axis("replicate", weights_.replicates()));
    frame_.attributes = inputs.common_attributes();
    frame_.attributes[data.source + "_sha256"] = data.sha256;
    frame_.attributes.merge(inputs.sentence_attributes());
    frame_.attributes["mask_rate"] = options.mask_rate;
    frame_.attributes["lines"] = static_cast<std::int64_t>(lines_.size());
    frame_.attributes["seed"] = static_cast<std::int64_t>(options.bootstrap.seed);
  }

  const Frame& frame() const override { return frame_; }
  bool needs_mlm_head() const override { return true; }
  std::unique_ptr<ProbeRun> start(const Bert& bert) const override {
    return std::make_unique<LossRun>(bert, lines_, weights_);
  }

 private:
  std::vector<MaskedLine> lines_;
  BootstrapWeights weights_;
  Frame frame_;
};

}  // namespace

std::unique_ptr<Probe> make_loss_probe(ProbeInputs& inputs) { return std::make_unique<LossProbe>(inputs); }

}  // namespace onset
