#include "onset/training/train_config.h"

#include <algorithm>
#include <limits>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/checkpoint/json_text.h"
#include "onset/checkpoint/paths.h"
#include "onset/training/json_section.h"
#include "onset/training/probe_section.h"

namespace onset {
namespace {

using nlohmann::json;
using Bounds = JsonSection::Bounds;

constexpr std::int64_t most_steps = 1'000'000'000'000;

const std::vector<std::pair<std::string_view, Packing>> packings = {{"sentence", Packing::sentence},
                                                                    {"block", Packing::block}};
const std::vector<std::pair<std::string_view, RegulariserKind>> kinds = {
    {"uniform", RegulariserKind::uniform}, {"max", RegulariserKind::max}};
const std::vector<std::pair<std::string_view, RegulariserTerms>> term_names = {
    {"both", RegulariserTerms::both},
    {"heads", RegulariserTerms::heads},
    {"children", RegulariserTerms::children}};
const std::vector<std::pair<std::string_view, Reduction>> reductions = {{"sum", Reduction::sum},
                                                                        {"mean", Reduction::mean}};
const std::vector<std::pair<std::string_view, DeviceChoice>> devices = {
    {"auto", DeviceChoice::automatic}, {"cpu", DeviceChoice::cpu}, {"cuda", DeviceChoice::cuda}};
const std::vector<std::pair<std::string_view, Dtype>> dtypes = {{"float32", Dtype::float32},
                                                                {"bfloat16", Dtype::bfloat16}};

template <typename T>
std::string_view name_of(const std::vector<std::pair<std::string_view, T>>& names, T value) {
  return std::ranges::find(names, value, &std::pair<std::string_view, T>::second)->first;
}

void read_model(const JsonSection& whole, const std::filesystem::path& file, ModelSettings& model) {
  const JsonSection section =
      whole.section("model", {"layers", "hidden", "heads", "ffn", "positions", "dropout", "vocab"});
  section.read("layers", model.layers, 1, 1024);
  section.read("hidden", model.hidden, 1, 65'536);
  section.read("heads", model.heads, 1, 65'536);
  section.read("ffn", model.ffn, 1, 1'048'576);
  section.read("positions", model.positions, 3, 1'048'576);
  if (section.has("dropout"))
    model.dropout = section.number("dropout", section.at("dropout"), {.high = 1, .high_excluded = true});
  model.vocab = section.path("vocab", file);
  const BertConfig shape = model_shape(model, 1);
  if (!whole.has("init") && shape.hidden % shape.heads != 0) {
    throw section.fault("heads", "expected a divisor of model.hidden " + std::to_string(shape.hidden) +
                                     ", found " + std::to_string(shape.heads));
  }
}

void read_data(const JsonSection& whole, const std::filesystem::path& file, DataSettings& data) {
  if (!whole.has("data")) throw whole.fault("data", "missing: name files under data.parsed or data.text");
  const JsonSection section = whole.section("data", {"parsed", "text", "dev", "max_tokens", "packing"});
  for (const std::string& path : section.texts("parsed")) data.parsed.push_back(file.parent_path() / path);
  for (const std::string& path : section.texts("text")) data.text.push_back(file.parent_path() / path);
  if (data.parsed.empty() && data.text.empty())
    throw whole.fault("data", "0 files to train on: name some under data.parsed or data.text");
  data.dev = section.path("dev", file);
  section.read("max_tokens", data.max_tokens, 3, 1'048'576);
  section.read_choice("packing", data.packing, packings);
}

std::vector<LambdaStage> read_lambda(const JsonSection& section) {
  const Bounds any{.low = std::numeric_limits<double>::lowest()};
  const json& value = section.at("lambda");
  if (!value.is_array()) return {{0, section.number("lambda", value, any)}};
  std::vector<LambdaStage> out;
  for (const json& stage : value) {
    if (!stage.is_array() || stage.size() != 2)
      throw section.fault("lambda",
                          "expected a number or a list of [step, value], found in it " + stage.dump());
    out.push_back(
        {section.integer("lambda", stage[0], 0, most_steps), section.number("lambda", stage[1], any)});
  }
  if (out.empty() || out.front().from != 0)
    throw section.fault("lambda", "expected the first stage from step 0, found " + value.dump());
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (out[i].from <= out[i - 1].from)
      throw section.fault("lambda", "expected ascending steps, found " + std::to_string(out[i].from) +
                                        " after " + std::to_string(out[i - 1].from));
  }
  return out;
}

void read_objective(const JsonSection& whole, ObjectiveSettings& objective) {
  const JsonSection section =
      whole.section("objective", {"mask", "regulariser", "p", "terms", "reduction", "lambda"});
  section.read("mask", objective.mask, {.high = 1, .low_excluded = true});
  RegulariserConfig& regulariser = objective.regulariser;
  section.read_choice("regulariser", regulariser.kind, kinds);
  section.read("p", regulariser.p, {.high = 1000, .low_excluded = true});
  section.read_choice("terms", regulariser.terms, term_names);
  section.read_choice("reduction", regulariser.reduction, reductions);
  if (section.has("lambda")) objective.lambda = read_lambda(section);
  if (regulariser.kind == RegulariserKind::max && regulariser.p != 1)
    throw section.fault(
        "p", "expected 1 with regulariser max, which has no exponent, found " + json(regulariser.p).dump());
}

void read_optimiser(const JsonSection& whole, OptimiserSettings& optimiser) {
  const JsonSection section =
      whole.section("optimiser", {"lr", "warmup", "horizon", "weight_decay", "betas", "eps", "clip"});
  section.read("lr", optimiser.lr, {});
  section.read("warmup", optimiser.warmup, 0, most_steps);
  section.read("horizon", optimiser.horizon, 1, most_steps);
  section.read("weight_decay", optimiser.weight_decay, {});
  section.read("eps", optimiser.eps, {.low_excluded = true});
  section.read("clip", optimiser.clip, {});
  if (section.has("betas")) {
    const json& betas = section.at("betas");
    if (!betas.is_array() || betas.size() != 2)
      throw section.fault("betas", "expected two numbers, found " + betas.dump());
    optimiser.beta1 = section.number("betas", betas[0], {.high = 1, .high_excluded = true});
    optimiser.beta2 = section.number("betas", betas[1], {.high = 1, .high_excluded = true});
  }
  if (optimiser.warmup >= optimiser.horizon)
    throw section.fault("warmup", "expected below optimiser.horizon " + std::to_string(optimiser.horizon) +
                                      ", found " + std::to_string(optimiser.warmup));
}

void read_schedule(const JsonSection& section, StepSchedule& schedule) {
  section.read("log_per_decade", schedule.log_per_decade, 0, 10'000);
  section.read("every", schedule.every, 0, most_steps);
  if (!section.has("at")) return;
  if (!section.at("at").is_array())
    throw section.fault("at", "expected a list of steps, found " + json_kind(section.at("at")));
  for (const json& step : section.at("at")) schedule.at.push_back(section.integer("at", step, 0, most_steps));
}

std::optional<LiveSettings> read_live(const JsonSection& whole, const std::filesystem::path& file) {
  if (!whole.has("live")) return std::nullopt;
  const JsonSection section = whole.section("live", probe_keys({"log_per_decade", "every", "at", "densify"}));
  LiveSettings live;
  live.probes = read_probe_options(section, file);
  read_schedule(section, live.steps);
  if (section.has("densify")) {
    const JsonSection more = section.section("densify", {"every", "threshold", "hold"});
    DensifySettings& densify = live.densify.emplace();
    more.read("every", densify.every, 1, most_steps);
    if (more.has("threshold"))
      densify.threshold = more.number("threshold", more.at("threshold"), {.low_excluded = true});
    more.read("hold", densify.hold, 0, 1'000'000);
  }
  return live;
}

void require_files(const TrainConfig& config) {
  std::vector<std::filesystem::path> files = config.data.parsed;
  files.insert(files.end(), config.data.text.begin(), config.data.text.end());
  const ProbeOptions live = config.live.value_or(LiveSettings{}).probes;
  for (const auto& file : {config.data.dev, config.model.vocab, live.parses, live.text}) {
    if (!file.empty()) files.push_back(file);
  }
  for (const auto& file : files) {
    if (!is_file(file)) throw error_in(ErrorKind::missing_input, file.string(), "no such file");
  }
  if (!live.pairs.empty() && !is_file(live.pairs) && !is_folder(live.pairs))
    throw error_in(ErrorKind::missing_input, live.pairs.string(), "no such file or folder");
  if (!config.init.empty() && !is_folder(config.init))
    throw error_in(ErrorKind::missing_input, config.init.string(), "no such folder");
}

}  // namespace

TrainConfig parse_train_config(std::string_view text, const std::filesystem::path& file) {
  const json object = parse_json(text, file.string());
  const JsonSection whole(object, file.string(), "",
                          {"model", "init", "data", "objective", "optimiser", "steps", "batch", "accumulate",
                           "seed", "device", "dtype", "save", "live"});
  TrainConfig config;
  config.file = file;
  config.init = whole.path("init", file);
  if (!whole.has("model") && config.init.empty())
    throw whole.fault("model", "missing: give the model's sizes, or init, a checkpoint to start from");
  read_model(whole, file, config.model);
  if (config.init.empty() && config.model.vocab.empty())
    config.model.vocab = file.parent_path() / "vocab.txt";
  read_data(whole, file, config.data);
  read_objective(whole, config.objective);
  read_optimiser(whole, config.optimiser);
  if (!whole.has("steps")) throw whole.fault("steps", "missing: how many updates to make");
  whole.read("steps", config.steps, 1, most_steps);
  whole.read("batch", config.batch, 1, 1'000'000);
  whole.read("accumulate", config.accumulate, 1, 1'000'000);
  auto seed = static_cast<std::int64_t>(config.seed);
  whole.read("seed", seed, 0);
  config.seed = static_cast<std::uint64_t>(seed);
  whole.read_choice("device", config.device, devices);
  whole.read_choice("dtype", config.dtype, dtypes);
  read_schedule(whole.section("save", {"log_per_decade", "every", "at"}), config.save);
  config.live = read_live(whole, file);
  if (config.init.empty()) longest_sequence(config, model_shape(config.model, 1).positions);
  return config;
}

TrainConfig read_train_config(const std::filesystem::path& file) {
  TrainConfig config = parse_train_config(read_file(file), file);
  require_files(config);
  return config;
}

BertConfig model_shape(const ModelSettings& settings, std::int64_t vocabulary) {
  BertConfig shape;
  shape.layers = settings.layers.value_or(shape.layers);
  shape.hidden = settings.hidden.value_or(shape.hidden);
  shape.heads = settings.heads.value_or(shape.heads);
  shape.ffn = settings.ffn.value_or(shape.ffn);
  shape.positions = settings.positions.value_or(shape.positions);
  shape.hidden_dropout = settings.dropout.value_or(shape.hidden_dropout);
  shape.attention_dropout = settings.dropout.value_or(shape.attention_dropout);
  shape.vocab_size = vocabulary;
  return shape;
}

BertConfig model_shape_of(const ModelSettings& settings, const BertConfig& found,
                          const std::filesystem::path& file) {
  const auto same = [&](const char* key, const std::optional<std::int64_t>& given,
                        std::int64_t of_checkpoint) {
    if (!given || *given == of_checkpoint) return;
    throw error_in(ErrorKind::configuration, file.string(),
                   std::string("model.") + key + ": expected that of init, " + std::to_string(of_checkpoint) +
                       ", found " + std::to_string(*given));
  };
  same("layers", settings.layers, found.layers);
  same("hidden", settings.hidden, found.hidden);
  same("heads", settings.heads, found.heads);
  same("ffn", settings.ffn, found.ffn);
  same("positions", settings.positions, found.positions);
  BertConfig shape = found;
  shape.hidden_dropout = settings.dropout.value_or(found.hidden_dropout);
  shape.attention_dropout = settings.dropout.value_or(found.attention_dropout);
  return shape;
}

std::int64_t longest_sequence(const TrainConfig& config, std::int64_t positions) {
  const std::int64_t longest = config.data.max_tokens.value_or(std::min<std::int64_t>(128, positions));
  if (longest <= positions) return longest;
  throw error_in(ErrorKind::configuration, config.file.string(),
                 "data.max_tokens: expected at most the model's positions " + std::to_string(positions) +
                     ", found " + std::to_string(longest));
}

std::string canonical_settings(const TrainConfig& config, const BertConfig& shape) {
  json lambda = json::array();
  for (const LambdaStage& stage : config.objective.lambda) lambda.push_back({stage.from, stage.value});
  const RegulariserConfig& regulariser = config.objective.regulariser;
  const OptimiserSettings& optimiser = config.optimiser;
  const json all = {
      {"model", json::parse(config_json(shape))},
      {"data",
       {{"max_tokens", longest_sequence(config, shape.positions)},
        {"packing", name_of(packings, config.data.packing)}}},
      {"objective",
       {{"mask", config.objective.mask},
        {"regulariser", name_of(kinds, regulariser.kind)},
        {"p", regulariser.p},
        {"terms", name_of(term_names, regulariser.terms)},
        {"reduction", name_of(reductions, regulariser.reduction)},
        {"lambda", lambda}}},
      {"optimiser",
       {{"lr", optimiser.lr},
        {"warmup", optimiser.warmup},
        {"horizon", optimiser.horizon},
        {"weight_decay", optimiser.weight_decay},
        {"betas", {optimiser.beta1, optimiser.beta2}},
        {"eps", optimiser.eps},
        {"clip", optimiser.clip}}},
      {"steps", config.steps},
      {"batch", config.batch},
      {"accumulate", config.accumulate},
      {"seed", config.seed},
      {"device", name_of(devices, config.device)},
      {"dtype", name_of(dtypes, config.dtype)},
      {"save",
       {{"log_per_decade", config.save.log_per_decade},
        {"every", config.save.every},
        {"at", config.save.at}}},
  };
  return all.dump();
}

}  // namespace onset
