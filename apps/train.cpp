#include <iomanip>
#include <iostream>

#include "command.h"
#include "onset/base/error.h"
#include "onset/training/trainer.h"

namespace onset::apps {

int run_train(const std::vector<std::string>& words) {
  po::options_description options;
  options.add_options()("config", po::value<std::string>()->value_name("FILE"),
                        "train.json: model, data, objective, optimiser, steps (examples/*.json)")(
      "output,o", po::value<std::string>()->value_name("RUN"),
      "folder to write: checkpoint-<step>/, log.csv; tokenised text goes to token-cache/ beside it")(
      "resume", po::bool_switch(), "go on with the run that is there; start it where there is none")(
      "threads", po::value<int>()->value_name("N")->default_value(0, "all cores"), "threads");
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
  const TrainResult result = train(config, how, {make_progress(), make_warn(), stop_on_signals()});
  std::cerr << "onset: steps " << result.first_step << " to " << result.last_step << " -> "
            << how.run.string();
  if (result.seconds > 0) {
    std::cerr << std::fixed << std::setprecision(4) << " (loss " << result.loss << ", "
              << std::setprecision(0) << static_cast<double>(result.tokens) / result.seconds << " tokens/s)";
  }
  std::cerr << '\n';
  return 0;
}

}  // namespace onset::apps
