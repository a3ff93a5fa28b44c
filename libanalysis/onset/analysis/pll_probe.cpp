// /pll: pseudo-log-likelihood on minimal pairs, from probes/pll.h into named arrays.
#include "onset/analysis/inputs.h"

namespace onset {
namespace {

class PllRun : public ProbeRun {
 public:
  PllRun(const Bert& bert, const PairData& data, const PllTokens& tokens, const BootstrapWeights& weights)
      : bert_(bert), data_(data), tokens_(tokens), weights_(weights) {}

  Measurement finish(const PassOptions& options) override {
    PllScores scores = score_pairs(bert_, data_, tokens_, options);
    summarise_pairs(data_, weights_, scores);
    Measurement out;
    out.variables = {
        {"score", {"pair", "sentence"}, std::move(scores.score), "nats", "pseudo-log-likelihood"},
        {"accuracy",
         {"paradigm"},
         std::move(scores.accuracy),
         "1",
         "pairs whose good sentence scores strictly higher"},
        {"phenomenon_accuracy",
         {"phenomenon"},
         std::move(scores.phenomenon_accuracy),
         "1",
         "mean over its paradigms"},
        {"overall", {}, std::vector<double>{scores.overall}, "1", "mean accuracy over paradigms"},
    };
    if (weights_.replicates() > 0) {
      out.variables.push_back({"overall_replicates",
                               {"replicate"},
                               std::move(scores.overall_replicates),
                               "1",
                               "bootstrap over pairs"});
    }
    return out;
  }

 private:
  const Bert& bert_;
  const PairData& data_;
  const PllTokens& tokens_;
  const BootstrapWeights& weights_;
};

class PllProbe : public Probe {
 public:
  explicit PllProbe(ProbeInputs& inputs)
      : data_(inputs.pairs()),
        tokens_(pll_tokens(inputs.subject().wordpiece->vocabulary(), inputs.options().scoring)),
        weights_(inputs.options().bootstrap, ItemKind::pair, data_.content) {
    const ProbeOptions& options = inputs.options();
    frame_.group = "pll";
    frame_.axes = {{"pair", data_.names},
                   {"sentence", std::vector<std::string>{"good", "bad"}},
                   {"paradigm", data_.paradigms},
                   {"phenomenon", data_.phenomena}};
    if (weights_.replicates() > 0) frame_.axes.push_back(counting_axis("replicate", weights_.replicates()));
    frame_.constants = {
        {"total", {"paradigm"}, data_.total, "pairs", "pairs that fit the model's positions"}};
    frame_.attributes = inputs.common_attributes();
    frame_.attributes["pairs_sha256"] = ProbeInputs::data_hash(options.pairs);
    frame_.attributes.merge(inputs.pair_attributes());
    frame_.attributes["seed"] = static_cast<std::int64_t>(options.bootstrap.seed);
  }

  const Frame& frame() const override { return frame_; }
  bool needs_mlm_head() const override { return true; }
  std::unique_ptr<ProbeRun> start(const Bert& bert) const override {
    return std::make_unique<PllRun>(bert, data_, tokens_, weights_);
  }

 private:
  PairData data_;
  PllTokens tokens_;
  BootstrapWeights weights_;
  Frame frame_;
};

}  // namespace

std::unique_ptr<Probe> make_pll_probe(ProbeInputs& inputs) { return std::make_unique<PllProbe>(inputs); }

}  // namespace onset
