// /uas: implicit parse in attention, from probes/uas.h into named arrays.
#include "onset/analysis/inputs.h"

namespace onset {
namespace {

class UasRun : public ProbeRun {
 public:
  UasRun(const UasData& data, const BootstrapWeights& weights, const BertConfig& config)
      : scorer_(data, config), weights_(weights) {}

  void join(PassReaders& readers) override {
    readers.attention.emplace_back(
        [this](std::int64_t sentence, const AttentionMap& map) { scorer_.read(sentence, map); });
  }

  Measurement finish(const PassOptions&) override {
    UasScores scores = scorer_.scores(weights_);
    const std::vector<std::string> axes = {"direction", "layer", "head", "relation"};
    const auto curve = [](const char* name, double value, const char* description) {
      return Variable{name, {}, std::vector<double>{value}, "1", description};
    };
    Measurement out;
    out.variables = {
        {"correct", axes, std::move(scores.correct), "words", "words whose predicted head is the gold head"},
        {"weight", axes, std::move(scores.weight), "1", "mean attention on the gold head"},
        curve("micro", scores.micro, "best head of each reported relation: correct words over all words"),
        curve("macro", scores.macro, "best head of each reported relation: mean accuracy"),
        curve("best_all", scores.best_all, "accuracy over all words of the best single head"),
        curve("micro_crossfit", scores.micro_crossfit,
              "micro with heads chosen on the other half of the sentences"),
    };
    if (weights_.replicates() > 0) {
      out.variables.push_back({"micro_replicates",
                               {"replicate"},
                               std::move(scores.micro_replicates),
                               "1",
                               "bootstrap over sentences"});
      out.variables.push_back({"macro_replicates",
                               {"replicate"},
                               std::move(scores.macro_replicates),
                               "1",
                               "bootstrap over sentences"});
    }
    return out;
  }

 private:
  UasScorer scorer_;
  const BootstrapWeights& weights_;
};

class UasProbe : public Probe {
 public:
  explicit UasProbe(ProbeInputs& inputs)
      : data_(inputs.parses()), weights_(inputs.options().bootstrap, ItemKind::sentence, data_->content) {
    const ProbeOptions& options = inputs.options();
    const BertConfig& config = inputs.subject().config;
    frame_.group = "uas";
    frame_.axes = {{"direction", std::vector<std::string>{"dep->head", "head<-dep"}},
                   counting_axis("layer", config.layers),
                   counting_axis("head", config.heads),
                   {"relation", data_->relations}};
    if (weights_.replicates() > 0) frame_.axes.push_back(counting_axis("replicate", weights_.replicates()));
    std::vector<std::int64_t> reported(data_->reported.begin(), data_->reported.end());
    frame_.constants = {
        {"total", {"relation"}, data_->total, "words", "words of the relation"},
        {"baseline", {"relation"}, data_->baseline, "1", "accuracy of the best fixed offset, -3 to 2"},
        {"reported", {"relation"}, std::move(reported), "", "1: enters micro and macro"},
    };
    frame_.attributes = inputs.common_attributes();
    frame_.attributes["parses_sha256"] = ProbeInputs::data_hash(options.parses);
    frame_.attributes.merge(inputs.sentence_attributes());
    frame_.attributes["min_relation"] = options.uas.min_relation;
    frame_.attributes["sentences"] = static_cast<std::int64_t>(data_->ids.size());
    frame_.attributes["sentences_too_long"] = data_->too_long;
    frame_.attributes["sentences_without_subword"] = data_->without_subword;
    frame_.attributes["seed"] = static_cast<std::int64_t>(options.bootstrap.seed);
  }

  const Frame& frame() const override { return frame_; }
  std::shared_ptr<const std::vector<TokenIds>> sentences() const override { return {data_, &data_->ids}; }
  std::unique_ptr<ProbeRun> start(const Bert& bert) const override {
    return std::make_unique<UasRun>(*data_, weights_, bert.config);
  }

 private:
  std::shared_ptr<const UasData> data_;
  BootstrapWeights weights_;
  Frame frame_;
};

}  // namespace

std::unique_ptr<Probe> make_uas_probe(ProbeInputs& inputs) { return std::make_unique<UasProbe>(inputs); }

}  // namespace onset
