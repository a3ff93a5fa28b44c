// /ablation: scores without the heads of the parse and without random ones, from probes/ablation.h into named
// arrays.
#include "onset/analysis/inputs.h"
#include "onset/probes/ablation.h"

namespace onset {
namespace {

/// What is the same for every checkpoint.
struct AblationData {
  std::shared_ptr<const UasData> parses;
  PairData pairs;
  PllTokens tokens;
  std::vector<MaskedLine> lines;
  AblationOptions options;
  std::uint64_t seed = 0;
};

class AblationRun : public ProbeRun {
 public:
  AblationRun(const Bert& bert, const AblationData& data)
      : bert_(bert), data_(data), scorer_(*data.parses, bert.config), means_(bert) {}

  void join(PassReaders& readers) override {
    readers.attention.emplace_back(
        [this](std::int64_t sentence, const AttentionMap& map) { scorer_.read(sentence, map); });
    if (data_.options.silence == Silence::mean)
      readers.hidden.emplace_back([this](const HiddenStates& states) { means_.read(states); });
  }

  Measurement finish(const PassOptions& options) override {
    const BootstrapWeights none({.replicates = 0}, ItemKind::sentence, data_.parses->content);
    const std::vector<HeadPlace> heads = parse_heads(*data_.parses, scorer_.scores(none));
    const auto count = static_cast<std::int64_t>(heads.size());
    const AblationTask task{data_.pairs, data_.tokens, data_.lines};
    const torch::Tensor values = data_.options.silence == Silence::mean ? means_.means() : torch::Tensor();
    const AblationScore intact = ablation_score(bert_, task, options);
    const AblationScore parse = ablation_score(without_heads(bert_, heads, values), task, options);
    std::vector<double> overall;
    std::vector<double> mlm;
    for (std::int64_t draw = 0; draw < data_.options.draws; ++draw) {
      const std::vector<HeadPlace> drawn = random_heads(bert_.config, count, data_.seed, draw);
      const AblationScore score = ablation_score(without_heads(bert_, drawn, values), task, options);
      overall.push_back(score.overall);
      mlm.push_back(score.mlm);
    }
    std::vector<std::int64_t> zeroed(bert_.config.layers * bert_.config.heads, 0);
    for (const HeadPlace& place : heads) zeroed[place.layer * bert_.config.heads + place.head] = 1;
    Measurement out;
    const auto curve = [&](const char* name, double value, const char* units, const char* description) {
      out.variables.push_back({name, {}, std::vector<double>{value}, units, description});
    };
    curve("overall_intact", intact.overall, "1", "PLL accuracy of the whole model");
    curve("overall_uas_heads", parse.overall, "1", "PLL accuracy without the heads of the parse");
    curve("overall_random_heads", mean_of(overall), "1", "PLL accuracy without as many random heads: mean");
    curve("mlm_intact", intact.mlm, "nats per masked token", "loss of the whole model");
    curve("mlm_uas_heads", parse.mlm, "nats per masked token", "loss without the heads of the parse");
    curve("mlm_random_heads", mean_of(mlm), "nats per masked token",
          "loss without as many random heads: mean");
    out.variables.push_back(
        {"overall_random_draws", {"draw"}, std::move(overall), "1", "of each set of random heads"});
    out.variables.push_back(
        {"mlm_random_draws", {"draw"}, std::move(mlm), "nats per masked token", "of each set"});
    out.variables.push_back({"uas_heads",
                             {"layer", "head"},
                             std::move(zeroed),
                             "",
                             "1: best head of some reported relation, silenced"});
    return out;
  }

 private:
  static double mean_of(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
  }

  const Bert& bert_;
  const AblationData& data_;
  UasScorer scorer_;
  HeadMeans means_;
};

class AblationProbe : public Probe {
 public:
  explicit AblationProbe(ProbeInputs& inputs) {
    const ProbeOptions& options = inputs.options();
    const ProbeSubject& subject = inputs.subject();
    const auto text = inputs.sentences();
    data_.parses = inputs.parses();
    data_.pairs = inputs.pairs();
    data_.tokens = pll_tokens(subject.wordpiece->vocabulary(), options.scoring);
    data_.lines = inputs.masked_sentences();
    data_.options = options.ablation;
    data_.seed = options.bootstrap.seed;
    frame_.group = "ablation";
    frame_.axes = {counting_axis("draw", data_.options.draws), counting_axis("layer", subject.config.layers),
                   counting_axis("head", subject.config.heads)};
    frame_.attributes = inputs.common_attributes();
    frame_.attributes["parses_sha256"] = ProbeInputs::data_hash(options.parses);
    frame_.attributes[text->source + "_sha256"] = text->sha256;
    frame_.attributes["pairs_sha256"] = ProbeInputs::data_hash(options.pairs);
    frame_.attributes.merge(inputs.sentence_attributes());
    frame_.attributes.merge(inputs.pair_attributes());
    frame_.attributes["min_relation"] = options.uas.min_relation;
    frame_.attributes["silence"] = std::string(data_.options.silence == Silence::zero ? "zero" : "mean");
    frame_.attributes["mask_rate"] = options.mask_rate;
    frame_.attributes["seed"] = static_cast<std::int64_t>(data_.seed);
  }

  const Frame& frame() const override { return frame_; }
  bool needs_mlm_head() const override { return true; }
  std::shared_ptr<const std::vector<TokenIds>> sentences() const override {
    return {data_.parses, &data_.parses->ids};
  }
  std::unique_ptr<ProbeRun> start(const Bert& bert) const override {
    return std::make_unique<AblationRun>(bert, data_);
  }

 private:
  AblationData data_;
  Frame frame_;
};

}  // namespace

std::unique_ptr<Probe> make_ablation_probe(ProbeInputs& inputs) {
  return std::make_unique<AblationProbe>(inputs);
}

}  // namespace onset
