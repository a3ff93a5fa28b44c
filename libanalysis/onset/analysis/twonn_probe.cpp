// /twonn: intrinsic dimension of sentence vectors, from probes/sentence_vectors.h into named arrays.
#include "onset/analysis/inputs.h"
#include "onset/probes/sentence_vectors.h"

namespace onset {
namespace {

class TwoNnRun : public ProbeRun {
 public:
  TwoNnRun(std::span<const TokenIds> sentences, const BertConfig& config) : vectors_(sentences, config) {}

  void join(PassReaders& readers) override {
    readers.hidden.emplace_back([this](const HiddenStates& states) { vectors_.read(states); });
  }

  Measurement finish(const PassOptions&) override {
    std::vector<double> dimension;
    std::vector<std::int64_t> duplicates;
    for (const TwoNn& estimate : vectors_.dimensions()) {
      dimension.push_back(estimate.dimension);
      duplicates.push_back(estimate.duplicates);
    }
    Measurement out;
    out.variables = {
        {"dimension", {"layer", "pooling"}, std::move(dimension), "1", "TwoNN intrinsic dimension"},
        {"duplicates",
         {"layer", "pooling"},
         std::move(duplicates),
         "sentences",
         "sentences equal to another one, left out"},
    };
    return out;
  }

 private:
  SentenceVectors vectors_;
};

class TwoNnProbe : public Probe {
 public:
  explicit TwoNnProbe(ProbeInputs& inputs) : data_(inputs.sentences()) {
    frame_.group = "twonn";
    frame_.axes = {counting_axis("layer", inputs.subject().config.layers + 1),
                   {"pooling", std::vector<std::string>(std::begin(poolings), std::end(poolings))}};
    frame_.attributes = inputs.common_attributes();
    frame_.attributes[data_->source + "_sha256"] = data_->sha256;
    frame_.attributes.merge(inputs.sentence_attributes());
    frame_.attributes["sentences"] = static_cast<std::int64_t>(data_->ids->size());
  }

  const Frame& frame() const override { return frame_; }
  std::shared_ptr<const std::vector<TokenIds>> sentences() const override { return data_->ids; }
  std::unique_ptr<ProbeRun> start(const Bert& bert) const override {
    return std::make_unique<TwoNnRun>(*data_->ids, bert.config);
  }

 private:
  std::shared_ptr<const PlainSentences> data_;
  Frame frame_;
};

}  // namespace

std::unique_ptr<Probe> make_twonn_probe(ProbeInputs& inputs) { return std::make_unique<TwoNnProbe>(inputs); }

}  // namespace onset
