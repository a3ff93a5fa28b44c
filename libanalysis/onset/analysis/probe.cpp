#include "onset/analysis/probe.h"

#include <map>

namespace onset {

std::vector<Measurement> run_probes(const Bert& bert, std::span<const Probe* const> probes,
                                    const PassOptions& options) {
  std::vector<std::unique_ptr<ProbeRun>> runs;
  std::map<std::shared_ptr<const std::vector<TokenIds>>, PassReaders> passes;
  for (const Probe* const probe : probes) {
    runs.push_back(probe->start(bert));
    if (const auto sentences = probe->sentences()) runs.back()->join(passes[sentences]);
  }
  for (const auto& [sentences, readers] : passes) run_sentence_pass(bert, *sentences, readers, options);
  std::vector<Measurement> out;
  for (const auto& run : runs) out.push_back(run->finish(options));
  return out;
}

}  // namespace onset
