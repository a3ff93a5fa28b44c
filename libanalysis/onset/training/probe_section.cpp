#include "onset/training/probe_section.h"

#include <limits>

namespace onset {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();

}  // namespace

std::vector<std::string_view> probe_keys(std::vector<std::string_view> others) {
  for (const char* const key : {"probes", "parses", "pairs", "text", "max_sentences", "pairs_per_paradigm",
                                "max_tokens", "min_relation", "replicates"})
    others.emplace_back(key);
  return others;
}

ProbeOptions read_probe_options(const JsonSection& section, const std::filesystem::path& file) {
  ProbeOptions out;
  out.probes = section.texts("probes");
  out.parses = section.path("parses", file);
  out.pairs = section.path("pairs", file);
  out.text = section.path("text", file);
  section.read("max_sentences", out.max_sentences, 1, most);
  section.read("pairs_per_paradigm", out.pairs_per_paradigm, 1, most);
  section.read("max_tokens", out.uas.max_tokens, 3, most);
  section.read("min_relation", out.uas.min_relation, 1, most);
  section.read("replicates", out.bootstrap.replicates, 0, most);
  return out;
}

}  // namespace onset
