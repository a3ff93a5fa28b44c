#include "onset/analysis/probes.h"

#include <algorithm>
#include <functional>

#include "onset/analysis/inputs.h"
#include "onset/base/error.h"

namespace onset {
namespace {

struct ProbeEntry {
  const char* name;
  const char* needs;  ///< the options that bring its input, for messages
  bool by_default;    ///< runs unasked where its input is given
  bool (*has_input)(const ProbeOptions&);
  std::unique_ptr<Probe> (*make)(ProbeInputs&);
};

bool has_parses(const ProbeOptions& options) { return !options.parses.empty(); }
bool has_pairs(const ProbeOptions& options) { return !options.pairs.empty(); }
bool has_parses_and_pairs(const ProbeOptions& options) { return has_parses(options) && has_pairs(options); }
bool has_sentences(const ProbeOptions& options) { return !options.text.empty() || !options.parses.empty(); }

/// Every probe there is.
constexpr ProbeEntry table[] = {
    {"uas", "--parses", true, has_parses, make_uas_probe},
    {"pll", "--pairs", true, has_pairs, make_pll_probe},
    {"twonn", "--text or --parses", true, has_sentences, make_twonn_probe},
    {"loss", "--text or --parses", true, has_sentences, make_loss_probe},
    {"fisher", "--text or --parses", false, has_sentences, make_fisher_probe},
    {"ablation", "--parses and --pairs", false, has_parses_and_pairs, make_ablation_probe},
};

const ProbeEntry& entry_of(const std::string& name) {
  std::string names;
  for (const ProbeEntry& entry : table) {
    if (name == entry.name) return entry;
    names += names.empty() ? entry.name : std::string(", ") + entry.name;
  }
  throw Error(ErrorKind::usage, "--probes: there is no probe \"" + name + "\"; there are " + names);
}

}  // namespace

std::vector<std::string> choose_probes(const ProbeOptions& options) {
  for (const auto& path : {options.parses, options.pairs, options.text}) {
    if (!path.empty() && !std::filesystem::exists(path)) {
      throw error_in(ErrorKind::missing_input, path.string(), "no such file");
    }
  }
  std::vector<std::string> chosen;
  if (options.probes.empty()) {
    for (const ProbeEntry& entry : table) {
      if (entry.by_default && entry.has_input(options)) chosen.emplace_back(entry.name);
    }
    if (chosen.empty()) throw Error(ErrorKind::usage, "nothing to measure: give --parses, --pairs or --text");
  }
  for (const std::string& name : options.probes) {
    const ProbeEntry& entry = entry_of(name);
    if (!entry.has_input(options)) {
      throw Error(ErrorKind::missing_input, "--probes " + name + " needs " + entry.needs);
    }
    if (std::ranges::find(chosen, name) == chosen.end()) chosen.push_back(name);
  }
  return chosen;
}

std::vector<std::unique_ptr<Probe>> make_probes(const ProbeOptions& options, const ProbeSubject& subject,
                                                const Warn& warn) {
  ProbeInputs inputs(options, subject, warn);
  return make_probes(inputs);
}

std::vector<std::unique_ptr<Probe>> make_probes(ProbeInputs& inputs) {
  std::vector<std::unique_ptr<Probe>> probes;
  for (const std::string& name : choose_probes(inputs.options()))
    probes.push_back(entry_of(name).make(inputs));
  return probes;
}

}  // namespace onset
