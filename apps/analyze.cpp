#include "onset/analysis/analyze.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "command.h"
#include "detect_options.h"
#include "device.h"
#include "onset/base/error.h"
#include "onset/breaks/short_number.h"
#include "onset/series/hdf5_file.h"
#include "shard.h"
#include "version.h"

namespace onset::apps {
namespace {

torch::ScalarType parse_dtype(const std::string& text) {
  if (text == "float32") return torch::kFloat32;
  if (text == "bfloat16") return torch::kBFloat16;
  throw Error(ErrorKind::usage, "--dtype: \"" + text + "\" is neither float32 nor bfloat16");
}

PllScoring parse_scoring(const std::string& text) {
  if (text == "original") return PllScoring::original;
  if (text == "word-l2r") return PllScoring::word_l2r;
  throw Error(ErrorKind::usage, "--scoring: \"" + text + "\" is neither original nor word-l2r");
}

Silence parse_silence(const std::string& text) {
  if (text == "zero") return Silence::zero;
  if (text == "mean") return Silence::mean;
  throw Error(ErrorKind::usage, "--ablation-silence: \"" + text + "\" is neither zero nor mean");
}

template <typename T>
void at_least(const char* option, T value, T least) {
  if (value < least) {
    std::ostringstream text;
    text << "--" << option << ": " << value << " is below " << least;
    throw Error(ErrorKind::usage, text.str());
  }
}

/// Of replicates and random draws: more is a slip, and would only run out of memory.
constexpr std::int64_t most_repetitions = 1'000'000;

template <typename T>
void within(const char* option, T value, T least, T most) {
  at_least(option, value, least);
  if (value > most)
    throw Error(ErrorKind::usage, "--" + std::string(option) + ": " + std::to_string(value) + " is above " +
                                      std::to_string(most));
}

po::options_description describe(const AnalyzeOptions& defaults, const ProbeOptions& probes) {
  po::options_description out("Options", 110, 70);
  out.add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                    "the series file to write (.h5)")(
      "parses", po::value<std::string>()->value_name("F.conllu"),
      "dependency parses: for uas; for twonn, loss and fisher without --text")(
      "pairs", po::value<std::string>()->value_name("DIR|F.jsonl"), "minimal pairs as in BLiMP: for pll")(
      "text", po::value<std::string>()->value_name("F.txt"), "a sentence a line: for twonn, loss and fisher")(
      "probes", po::value<std::string>()->value_name("LIST"),
      "uas,pll,twonn,loss,fisher,ablation; default: each whose inputs are given, but the last two")(
      "pairs-per-paradigm", po::value<std::int64_t>()->value_name("N"), "the first N pairs of each paradigm")(
      "max-sentences", po::value<std::int64_t>()->value_name("N"),
      "the first N sentences of --parses and --text")(
      "max-tokens", po::value<std::int64_t>()->value_name("N")->default_value(probes.uas.max_tokens),
      "leave longer sentences out ([CLS] and [SEP] counted)")(
      "min-relation", po::value<std::int64_t>()->value_name("N")->default_value(probes.uas.min_relation),
      "report relations seen at least N times")(
      "scoring", po::value<std::string>()->value_name("NAME")->default_value("original"),
      "of pll: original or word-l2r")(
      "mask-rate", po::value<double>()->value_name("R")->default_value(probes.mask_rate, "0.15"),
      "of loss and fisher: share of tokens masked")(
      "ablation-draws", po::value<std::int64_t>()->value_name("N")->default_value(probes.ablation.draws),
      "of ablation (needs --parses and --pairs): random sets of heads")(
      "ablation-silence", po::value<std::string>()->value_name("NAME")->default_value("zero"),
      "of ablation: what a silenced head hands on, zero or its mean over the parses")(
      "replicates", po::value<std::int64_t>()->value_name("N")->default_value(probes.bootstrap.replicates),
      "bootstrap replicates")(
      "seed", po::value<std::uint64_t>()->value_name("N")->default_value(probes.bootstrap.seed),
      "of masks, replicates and the labels of fisher")("steps",
                                                       po::value<std::string>()->value_name("LIST|a:b:c"),
                                                       "which steps: 0,100,200 or start:stop:stride")(
      "manifest", po::value<std::string>()->value_name("F.csv"), "step,path of each checkpoint")(
      "step-regex", po::value<std::string>()->value_name("RE"), "first group = the step in a folder's name")(
      "vocab", po::value<std::string>()->value_name("F.txt"), "vocabulary, instead of the checkpoints' own")(
      "run", po::value<std::string>()->value_name("NAME"),
      "the run's name in the file; default: the folder's")(
      "rows", po::value<std::string>()->value_name("DIR"),
      "folder of what was measured so far, which several series may share; default: FILE.rows/")(
      "device", po::value<std::string>()->value_name("NAME")->default_value("auto"), "auto, cpu or cuda")(
      "dtype", po::value<std::string>()->value_name("NAME")->default_value("float32"), "float32 or bfloat16")(
      "threads", po::value<int>()->value_name("N")->default_value(0, "all cores"),
      "also OMP_NUM_THREADS, SLURM_CPUS_PER_TASK")("shard", po::value<std::string>()->value_name("i/n"),
                                                   "take every n-th checkpoint, from the i-th (from 0)")(
      "watch", po::bool_switch(), "go on, measuring checkpoints as they land, until stopped")(
      "watch-seconds", po::value<double>()->value_name("S")->default_value(defaults.watch_seconds, "10"),
      "between two looks")("adaptive", po::bool_switch(),
                           "a coarse pass, then only checkpoints about the onsets")(
      "interval", po::value<double>()->value_name("W"),
      "only as many sentences and pairs, in a random order, as bring the intervals of uas/micro and "
      "pll/overall "
      "below W")("interval-loss", po::value<double>()->value_name("W"), "the same for loss/mlm, in nats")(
      "detect", po::bool_switch(), "print the two onsets at the end (see onset detect)")(
      "axis", po::value<std::string>()->value_name("NAME")->default_value("step"),
      "of --adaptive and --detect: scale of distances, step or log")(
      "spacing", po::value<double>()->value_name("D"),
      "of --adaptive and --detect: d of the paper's detector; default: 3 x the median gap")(
      "strict", po::bool_switch(), "a checkpoint with NaN or infinite weights is a failure");
  return out;
}

/// Modes that contradict each other, or an option of a mode that is not asked for. (What a probe that is not
/// measured would use changes nothing and may stand: one set of options serves several calls.)
void check_modes(const CommandLine& line) {
  const auto asked = [&](const char* mode) { return line.get<bool>(mode); };
  if (asked("watch") && asked("detect"))
    throw Error(ErrorKind::usage, "--detect: --watch never comes to an end to print at; see onset detect");
  if (line.given("watch-seconds") && !asked("watch"))
    throw Error(ErrorKind::usage, "--watch-seconds: only with --watch");
  for (const char* const option : {"axis", "spacing"}) {
    if (line.given(option) && !asked("adaptive") && !asked("detect"))
      throw Error(ErrorKind::usage, "--" + std::string(option) + ": only with --adaptive or --detect");
  }
}

AnalyzeOptions parse(const CommandLine& line) {
  AnalyzeOptions out;
  ProbeOptions& probes = out.probes;
  // What is missing is noticed before what makes no sense.
  out.checkpoints = line.inputs();
  out.output = line.required_path("output");
  probes.parses = line.path("parses");
  probes.pairs = line.path("pairs");
  probes.text = line.path("text");
  out.rows = line.path("rows");
  out.vocab = line.path("vocab");
  out.series.manifest = line.path("manifest");
  for (const auto& path : {probes.parses, probes.pairs, probes.text, out.vocab, out.series.manifest}) {
    std::error_code ignored;
    if (!path.empty() && !std::filesystem::exists(path, ignored))
      throw error_in(ErrorKind::missing_input, path.string(), "no such file or folder");
  }
  line.series_output({probes.parses, probes.pairs, probes.text, out.vocab, out.series.manifest});
  if (line.has("probes")) {
    probes.probes = line.list("probes");
    if (probes.probes.empty()) throw Error(ErrorKind::usage, "--probes: no probe named");
  }
  const std::vector<std::string> chosen = choose_probes(probes);
  check_modes(line);
  const auto is_chosen = [&](const char* name) { return std::ranges::find(chosen, name) != chosen.end(); };
  if (line.get<bool>("detect") && !is_chosen("uas") && !is_chosen("pll"))
    throw Error(ErrorKind::usage, "--detect: neither uas nor pll is measured, so there is no onset to find");

  if (line.has("pairs-per-paradigm"))
    at_least<std::int64_t>("pairs-per-paradigm",
                           probes.pairs_per_paradigm = line.get<std::int64_t>("pairs-per-paradigm"), 1);
  if (line.has("max-sentences"))
    at_least<std::int64_t>("max-sentences", probes.max_sentences = line.get<std::int64_t>("max-sentences"),
                           1);
  at_least<std::int64_t>("max-tokens", probes.uas.max_tokens = line.get<std::int64_t>("max-tokens"), 3);
  at_least<std::int64_t>("min-relation", probes.uas.min_relation = line.get<std::int64_t>("min-relation"), 1);
  within<std::int64_t>("replicates", probes.bootstrap.replicates = line.get<std::int64_t>("replicates"), 0,
                       most_repetitions);
  within<std::int64_t>("ablation-draws", probes.ablation.draws = line.get<std::int64_t>("ablation-draws"), 1,
                       most_repetitions);
  probes.bootstrap.seed = line.get<std::uint64_t>("seed");
  probes.ablation.silence = parse_silence(line.get<std::string>("ablation-silence"));
  probes.scoring = parse_scoring(line.get<std::string>("scoring"));
  probes.mask_rate = line.get<double>("mask-rate");
  if (!(probes.mask_rate > 0 && probes.mask_rate <= 1))
    throw Error(ErrorKind::usage, "--mask-rate: not above 0 and up to 1");
  out.series.steps = line.has("steps") ? line.get<std::string>("steps") : "";
  out.series.step_regex = line.has("step-regex") ? line.get<std::string>("step-regex") : "";
  if (!out.series.manifest.empty() && !out.series.step_regex.empty()) {
    throw Error(ErrorKind::usage, "--manifest and --step-regex: a manifest states the steps already");
  }
  out.run = line.text("run");
  out.version = ONSET_VERSION;
  out.device = parse_device(line.get<std::string>("device"));
  out.dtype = parse_dtype(line.get<std::string>("dtype"));
  if (out.dtype == torch::kBFloat16 && out.device.is_cpu() && !bfloat16_is_fast())
    make_warn()("--dtype bfloat16: this processor has none and is slower with it than with float32");
  if (line.has("shard")) out.shard = parse_shard(line.get<std::string>("shard"));
  out.watch = line.get<bool>("watch");
  out.watch_seconds = line.get<double>("watch-seconds");
  if (!(out.watch_seconds > 0)) throw Error(ErrorKind::usage, "--watch-seconds: not above 0");
  out.strict = line.get<bool>("strict");
  out.adaptive = line.get<bool>("adaptive");
  read_distances(line, out.detect.onset);
  if (line.has("interval")) {
    out.interval.accuracy = line.get<double>("interval");
    if (!(out.interval.accuracy > 0 && out.interval.accuracy < 1))
      throw Error(ErrorKind::usage, "--interval: not between 0 and 1");
  }
  if (line.has("interval-loss")) {
    out.interval.loss = line.get<double>("interval-loss");
    if (!(out.interval.loss > 0) || !std::isfinite(out.interval.loss))
      throw Error(ErrorKind::usage, "--interval-loss: not above 0");
  }
  return out;
}

/// The headline curves, a row a step.
void print_table(const std::filesystem::path& file) {
  const std::vector<std::string> paths = {"uas/micro", "uas/best_all", "pll/overall", "loss/mlm",
                                          "fisher/trace"};
  const Curves curves = read_curves(file, paths);
  std::vector<std::string> shown;
  for (const std::string& path : paths) {
    if (curves.curves.contains(path)) shown.push_back(path);
  }
  if (shown.empty()) return;
  std::cout << std::setw(10) << "step";
  for (const std::string& path : shown) std::cout << std::setw(14) << path;
  std::cout << '\n' << std::fixed << std::setprecision(4);
  for (std::size_t s = 0; s < curves.steps.size(); ++s) {
    std::cout << std::setw(10) << curves.steps[s];
    for (const std::string& path : shown) std::cout << std::setw(14) << curves.curves.at(path)[s];
    std::cout << '\n';
  }
}

/// What the pass by intervals came to, and what it did not reach.
void print_sample(const SampleReached& sample) {
  const auto count = [](std::int64_t size, std::int64_t available, const char* items) {
    return std::to_string(size < 0 ? available : size) + " of " + std::to_string(available) + items;
  };
  std::string text;
  if (sample.sentence_looks > 0)
    text += count(sample.size.sentences, sample.available.sentences, " sentences");
  if (sample.pair_looks > 0) {
    text +=
        (text.empty() ? "" : ", ") + count(sample.size.pairs, sample.available.pairs, " pairs a paradigm");
  }
  std::cerr << "onset: " << text << "; widest interval";
  for (const SampleReached::Figure& figure : sample.figures)
    std::cerr << ' ' << figure.curve << ' ' << short_number(figure.widest);
  std::cerr << '\n';
  for (const SampleReached::Figure& figure : sample.figures) {
    if (figure.widest < figure.asked) continue;
    make_warn()(figure.curve + ": all there is, and its interval is " + short_number(figure.widest) +
                " wide, not below " + short_number(figure.asked));
  }
}

}  // namespace

int run_analyze(const std::vector<std::string>& words) {
  const AnalyzeOptions defaults;
  CommandLine line(
      {"analyze", "CHECKPOINT_DIR…",
       "Measures every checkpoint and writes one HDF5 time series. Interrupted and run again, it computes "
       "only what is missing.",
       "onset analyze run/ -o series.h5 --parses dev.conllu --pairs blimp/ --pairs-per-paradigm 50"},
      describe(defaults, defaults.probes));
  if (!line.read(words)) return 0;
  const AnalyzeOptions options = parse(line);
  use_threads(line.get<int>("threads"));
  const AnalyzeResult result =
      analyze(options, {make_progress(), make_warn(), stop_on_signals(), make_note()});
  if (result.measured + result.reused == 0) {
    make_note()("no checkpoint falls to this shard; nothing is written");
    return 0;
  }
  print_table(options.output);
  if (line.get<bool>("detect")) print_detection(std::cout, detect(options.output, options.detect));
  for (const FailedCheckpoint& failed : result.failed) make_note()("failed: " + failed.why);
  if (result.sample) print_sample(*result.sample);
  if (options.adaptive) {
    std::cerr << "onset: " << result.measured + result.reused << " of " << result.listed
              << " checkpoints were enough to bracket the onsets\n";
  }
  std::cerr << "onset: " << result.measured << " checkpoints measured, " << result.reused
            << " taken from rows, " << result.failed.size() << " failed -> " << options.output.string()
            << std::fixed << std::setprecision(2) << " (loading " << result.loading_seconds
            << " s, measuring " << result.measuring_seconds << " s)\n";
  if (result.failed.empty()) return 0;
  // One that changed under our hands may be whole by now.
  const bool again = std::ranges::any_of(
      result.failed, [](const FailedCheckpoint& failed) { return failed.kind == ErrorKind::try_again; });
  return again ? static_cast<int>(ErrorKind::try_again) : 3;
}

}  // namespace onset::apps
