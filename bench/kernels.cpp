// Kernels by Google Benchmark. MatrixProduct is this machine's peak, against which README.md states the
// others.
//
//   cmake --preset release -DONSET_BUILD_BENCH=ON && cmake --build build --target onset_bench &&
//   build/bin/onset_bench
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/utils.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/blas_kernels.h"
#include "onset/probes/twonn.h"
#include "onset/probes/uas.h"
#include "onset/text/grammar.h"
#include "onset/text/wordpiece.h"

namespace {

void MatrixProduct(benchmark::State& state) {
  const std::int64_t n = state.range(0);
  const torch::Tensor a = torch::randn({n, n});
  const torch::Tensor b = torch::randn({n, n});
  torch::Tensor c = torch::empty({n, n});
  for (auto _ : state) torch::mm_out(c, a, b);
  state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * static_cast<double>(n * n * n),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(MatrixProduct)->Arg(1024)->Arg(2048)->Unit(benchmark::kMillisecond)->UseRealTime();

/// Attention of one BERT-base layer over 64 sentences of 22 tokens, without and with the reduction to UAS.
void Attention(benchmark::State& state) {
  const bool score = state.range(0) != 0;
  constexpr std::int64_t sentences = 64;
  constexpr std::int32_t tokens = 22;
  onset::BertConfig config;
  config.layers = 1;
  onset::UasData data;
  data.relations = {"all", "x"};
  std::vector<std::int64_t> offsets = {0};
  for (std::int64_t s = 0; s < sentences; ++s) {
    onset::UasData::Sentence sentence;
    sentence.first_word = static_cast<std::int64_t>(data.head.size());
    for (std::int32_t w = 0; w + 2 < tokens; ++w) {
      sentence.words.push_back({w + 1, w + 2});
      data.judged.push_back(static_cast<std::int32_t>(data.head.size()));
      data.head.push_back(w);
      data.relation.push_back(1);
    }
    data.sentences.push_back(sentence);
    offsets.push_back(offsets.back() + tokens);
  }
  onset::UasScorer scorer(data, config);
  const onset::AttentionTap tap = [&](const onset::AttentionMap& map) { scorer.read(map.sequence, map); };
  onset::AttentionOptions options;
  options.heads = config.heads;
  options.tap = score ? &tap : nullptr;
  const torch::Tensor qkv = torch::randn({offsets.back(), 3 * config.hidden});
  const torch::NoGradGuard no_grad;
  for (auto _ : state)
    benchmark::DoNotOptimize(onset::attend(qkv, offsets, options).context.data_ptr<float>());
}
BENCHMARK(Attention)->ArgName("uas")->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond)->UseRealTime();

/// The points of the peers' benchmark: a ten-dimensional manifold in 768 dimensions.
void TwoNn(benchmark::State& state) {
  torch::manual_seed(0);
  const torch::Tensor points =
      torch::tanh(torch::matmul(torch::randn({state.range(0), 10}), torch::randn({10, 768}))).contiguous();
  for (auto _ : state) benchmark::DoNotOptimize(onset::twonn(points).dimension);
}
BENCHMARK(TwoNn)->Arg(2000)->Arg(10000)->Unit(benchmark::kMillisecond)->UseRealTime();

/// WordPiece on one thread: 5,000 sentences of the demo grammar, every third word unknown and taken to pieces
/// letter by letter.
void Tokenize(benchmark::State& state) {
  const onset::Grammar grammar;
  std::vector<std::string> tokens = grammar.vocabulary();
  for (char letter = 'a'; letter <= 'z'; ++letter) tokens.push_back(std::string("##") + letter);
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    const std::string alone(1, letter);
    if (std::ranges::find(tokens, alone) == tokens.end()) tokens.push_back(alone);
  }
  const onset::WordPiece wordpiece(std::make_shared<const onset::Vocabulary>(std::move(tokens)));
  std::vector<std::string> lines;
  std::int64_t bytes = 0;
  for (std::int64_t i = 0; i < 5000; ++i) {
    std::string line;
    for (const std::string& word : grammar.sentence(onset::GrammarSplit::train, i).words) {
      line += word + (line.size() % 3 == 0 ? "Xyz " : " ");
    }
    bytes += static_cast<std::int64_t>(line.size());
    lines.push_back(line);
  }
  const std::vector<std::string_view> views(lines.begin(), lines.end());
  for (auto _ : state) benchmark::DoNotOptimize(onset::encode_lines(wordpiece, views, 1));
  state.SetBytesProcessed(bytes * state.iterations());
}
BENCHMARK(Tokenize)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int count, char** arguments) {
  onset::apps::use_kernels_for_this_processor(arguments);
  benchmark::Initialize(&count, arguments);
  at::set_num_threads(2);  // as the peers in side_by_side.py
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
