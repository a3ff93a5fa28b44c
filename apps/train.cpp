#include <iomanip>
#include <iostream>
#include <optional>
#include <sstream>

#include "command.h"
#include "onset/analysis/live_series.h"
#include "onset/base/error.h"
#include "onset/training/trainer.h"
#include "onset/training/training_state.h"

namespace onset::apps {
namespace {

LiveSeriesOptions live_options(const TrainConfig& config, const std::filesystem::path& run) {
  LiveSeriesOptions out;
  out.run = run;
  out.probes = config.live->probes;
  out.version = ONSET_VERSION;
  if (const auto& densify = config.live->densify) {
    out.suspicion.threshold = densify->threshold.value_or(out.suspicion.threshold);
    if (densify->hold) out.suspicion.hold = static_cast<std::size_t>(*densify->hold);
  }
  return out;
}

/// Trainer and live series brought together: neither knows the other.
class LiveProbes : public LiveObserver {
 public:
  LiveProbes(const TrainConfig& config, const std::filesystem::path& run, AnalyzeWatcher watcher) try
      : series_(live_options(config, run), std::move(watcher)) {
  } catch (const Error& error) {
    // A probe's name is an option of the command line elsewhere; here the file is at fault.
    if (error.kind() != ErrorKind::usage) throw;
    throw error_in(ErrorKind::configuration, config.file.string(), std::string("live: ") + error.what());
  }

  void prepare(const BertConfig& shape, const std::shared_ptr<const WordPiece>& wordpiece) override {
    series_.prepare({wordpiece, shape, "float32"});  // as parameters are, whatever products are computed in
  }
  LiveVerdict begin(std::int64_t step) override { return verdict(series_.begin(step)); }
  LiveVerdict measure(const LiveModel& model) override {
    return verdict(series_.measure(
        {model.step, checkpoint_folder({}, model.step).filename().string(), model.sha256}, model.bert));
  }

  void print_totals() const {
    const LiveTotals& totals = series_.totals();
    std::cerr << "onset: live probes at " << totals.measured + totals.reused << " steps, " << totals.reused
              << " of them taken from rows, took " << std::fixed << std::setprecision(1) << totals.seconds
              << " s -> " << series_.file().string() << '\n';
  }

 private:
  static LiveVerdict verdict(const std::optional<SuspectedBreak>& found) {
    if (!found) return {};
    std::ostringstream why;
    why << "a break of " << found->curve << " is suspected (" << std::fixed << std::setprecision(1)
        << found->score << " standard errors at step " << found->step << ")";
    return {true, why.str()};
  }

  LiveSeries series_;
};

}  // namespace

int run_train(const std::vector<std::string>& words) {
  po::options_description options;
  options.add_options()("config", po::value<std::string>()->value_name("FILE"),
                        "train.json: model, data, objective, optimiser, steps (examples/*.json)")(
      "output,o", po::value<std::string>()->value_name("RUN"),
      "folder to write: checkpoint-<step>/, log.csv, live.h5; tokenised text goes to token-cache/ beside it")(
      "resume", po::bool_switch(), "go on with the run that is there; start it where there is none")(
      "threads", po::value<int>()->value_name("N")->default_value(0, "all cores"),
      "also OMP_NUM_THREADS, SLURM_CPUS_PER_TASK");
  CommandLine line(
      {"train", "",
       "Trains a BERT by masked language modelling, with the syntactic regulariser if asked. Interrupted "
       "and run again with --resume, it goes on as if it had not been.",
       "onset train --config examples/demo/base.json -o run/"},
      std::move(options));
  if (!line.read(words)) return 0;
  const std::filesystem::path file = line.required_path("config");
  const TrainOptions how{line.required_path("output"), line.get<bool>("resume")};
  if (line.get<int>("threads") < 0) throw Error(ErrorKind::usage, "--threads: below 0");
  const TrainConfig config = read_train_config(file);
  use_threads(line.get<int>("threads"));
  TrainHooks hooks{make_progress(), make_warn(), stop_on_signals()};
  hooks.note = make_note();
  std::optional<LiveProbes> live;
  if (config.live)
    hooks.live = &live.emplace(config, how.run, AnalyzeWatcher{hooks.progress, hooks.warn, hooks.stop});
  const TrainResult result = train(config, how, hooks);
  std::cerr << "onset: steps " << result.first_step << " to " << result.last_step << " -> "
            << how.run.string();
  if (result.seconds > 0) {
    std::cerr << std::fixed << std::setprecision(4) << " (loss " << result.loss << ", "
              << std::setprecision(0) << static_cast<double>(result.tokens) / result.seconds << " tokens/s)";
  }
  std::cerr << '\n';
  if (live) live->print_totals();
  return 0;
}

}  // namespace onset::apps
