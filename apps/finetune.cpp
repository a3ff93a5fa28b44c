#include <cmath>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "command.h"
#include "device.h"
#include "onset/base/error.h"
#include "onset/training/finetune_series.h"

namespace onset::apps {
namespace {

std::string task_names() {
  std::string out;
  for (const GlueTask& task : glue_tasks()) out += (out.empty() ? "" : ", ") + task.name;
  return out;
}

std::string shortest(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

po::options_description describe(const FinetuneOptions& defaults) {
  const FinetuneSettings& settings = defaults.settings;
  po::options_description out("Options", 110, 70);
  const auto whole = [](std::int64_t value, const char* name = "N") {
    return po::value<std::int64_t>()->value_name(name)->default_value(value);
  };
  const auto real = [](double value) {
    return po::value<double>()->value_name("R")->default_value(value, shortest(value));
  };
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  const std::string task_help = "one of " + task_names();
  out.add_options()("task", text("NAME"), task_help.c_str());
  out.add_options()("data", text("DIR"), "folder of its train.tsv and dev.tsv, or the folder of all GLUE");
  out.add_options()("output,o", text("FILE"), "the series file to write: .h5, or .csv");
  out.add_options()("epochs", whole(settings.epochs), "passes through the training table");
  out.add_options()("batch", whole(settings.batch), "examples of one update");
  out.add_options()("lr", real(settings.lr), "highest learning rate");
  out.add_options()("warmup", real(settings.warmup), "share of the updates in which the rate rises");
  out.add_options()("weight-decay", real(settings.weight_decay), "but of biases and LayerNorms");
  out.add_options()("clip", real(settings.clip), "largest norm of the gradient; 0: none");
  out.add_options()("max-tokens", whole(settings.max_tokens),
                    "shorten longer examples ([CLS] and [SEP] counted)");
  out.add_options()("patience", whole(settings.patience),
                    "stop after N epochs that are no better and report the best; 0: report the last");
  out.add_options()("max-examples", po::value<std::int64_t>()->value_name("N"),
                    "the first N of the training table");
  out.add_options()("seeds", whole(defaults.seeds), "fine-tune each checkpoint N times");
  out.add_options()("seed", po::value<std::uint64_t>()->value_name("N")->default_value(defaults.seed),
                    "the first of them");
  out.add_options()("steps", text("LIST|a:b:c"), "which steps: 0,100,200 or start:stop:stride");
  out.add_options()("manifest", text("F.csv"), "step,path of each checkpoint");
  out.add_options()("step-regex", text("RE"), "first group = the step in a folder's name");
  out.add_options()("vocab", text("F.txt"), "vocabulary, instead of the checkpoints' own");
  out.add_options()("run", text("NAME"), "the run's name in the file; default: the folder's");
  out.add_options()("device", text("NAME")->default_value("auto"), "auto, cpu or cuda");
  out.add_options()("threads", po::value<int>()->value_name("N")->default_value(0, "all cores"),
                    "also OMP_NUM_THREADS, SLURM_CPUS_PER_TASK");
  return out;
}

void require(bool good, const std::string& what) {
  if (!good) throw Error(ErrorKind::usage, what);
}

std::int64_t at_least(const CommandLine& line, const char* option, std::int64_t least) {
  const auto value = line.get<std::int64_t>(option);
  std::ostringstream text;
  text << "--" << option << ": " << value << " is below " << least;
  require(value >= least, text.str());
  return value;
}

/// Written so that NaN fails.
double between(const CommandLine& line, const char* option, double low, double high) {
  const auto value = line.get<double>(option);
  std::ostringstream text;
  text << "--" << option << ": " << value << " is not from " << low << " to " << high;
  require(value >= low && value <= high, text.str());
  return value;
}

FinetuneOptions parse(const CommandLine& line) {
  FinetuneOptions out;
  // What is missing is noticed before what makes no sense.
  out.checkpoints = line.inputs();
  out.output = line.required_path("output");
  out.data = line.required_path("data");
  out.vocab = line.path("vocab");
  out.series.manifest = line.path("manifest");
  for (const auto& path : {out.data, out.vocab, out.series.manifest}) {
    std::error_code ignored;
    if (!path.empty() && !std::filesystem::exists(path, ignored))
      throw error_in(ErrorKind::missing_input, path.string(), "no such file or folder");
  }
  const std::vector<std::filesystem::path> read = {out.vocab, out.series.manifest};
  const std::string extension = out.output.extension().string();
  require(extension == ".h5" || extension == ".csv", "--output: expected a name ending in .h5 or .csv");
  if (extension == ".h5") {
    line.series_output(read);
  } else {
    line.output_file("output", read);
  }
  require(line.has("task"), "finetune: --task is required: one of " + task_names());
  out.task = glue_task(line.get<std::string>("task")).name;
  out.settings.epochs = at_least(line, "epochs", 1);
  out.settings.batch = at_least(line, "batch", 1);
  out.settings.lr = between(line, "lr", 0, 1e3);
  out.settings.warmup = between(line, "warmup", 0, 1);
  out.settings.weight_decay = between(line, "weight-decay", 0, 1e3);
  out.settings.clip = between(line, "clip", 0, 1e9);
  out.settings.max_tokens = at_least(line, "max-tokens", 5);
  out.settings.patience = at_least(line, "patience", 0);
  if (line.has("max-examples")) out.max_examples = at_least(line, "max-examples", 1);
  out.seeds = at_least(line, "seeds", 1);
  out.seed = line.get<std::uint64_t>("seed");
  out.series.steps = line.has("steps") ? line.get<std::string>("steps") : "";
  out.series.step_regex = line.has("step-regex") ? line.get<std::string>("step-regex") : "";
  require(out.series.manifest.empty() || out.series.step_regex.empty(),
          "--manifest and --step-regex: a manifest states the steps already");
  out.run = line.text("run");
  out.version = ONSET_VERSION;
  out.device = parse_device(line.get<std::string>("device"));
  return out;
}

/// Mean and spread over the seeds, a row a step.
void print_table(const FinetuneResult& result) {
  std::cout << std::setw(10) << "step";
  for (const std::string& metric : result.metrics)
    std::cout << std::setw(22) << metric << std::setw(10) << "+-";
  std::cout << '\n' << std::fixed << std::setprecision(4);
  for (const FinetunedStep& step : result.steps) {
    std::cout << std::setw(10) << step.step;
    for (std::size_t m = 0; m < step.mean.size(); ++m) {
      std::cout << std::setw(22) << step.mean[m] << std::setw(10);
      if (std::isnan(step.spread[m])) {
        std::cout << "-";  // one seed
      } else {
        std::cout << step.spread[m];
      }
    }
    std::cout << '\n';
  }
}

}  // namespace

int run_finetune(const std::vector<std::string>& words) {
  CommandLine line(
      {"finetune", "CHECKPOINT_DIR…",
       "Fine-tunes every checkpoint on a GLUE task, with several seeds each, and writes the development "
       "scores as a time series. Interrupted and run again, it computes only what is missing.",
       "onset finetune run/ --task cola --data glue/ -o glue.h5"},
      describe({}));
  if (!line.read(words)) return 0;
  const FinetuneOptions options = parse(line);
  use_threads(line.get<int>("threads"));
  const FinetuneResult result = finetune_series(options, {make_progress(), make_warn(), stop_on_signals()});
  print_table(result);
  for (const FinetuneFailure& failed : result.failed) make_note()("failed: " + failed.why);
  std::cerr << "onset: " << result.trained << " runs made, " << result.reused << " taken from rows, "
            << result.failed.size() << " checkpoints failed -> " << options.output.string() << '\n';
  if (result.diverged) return static_cast<int>(ErrorKind::bug);
  return result.failed.empty() ? 0 : 3;
}

}  // namespace onset::apps
