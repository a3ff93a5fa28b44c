#include "command.h"
#include "onset/base/error.h"
#include "onset/base/writer_lock.h"
#include "onset/series/assemble.h"
#include "onset/series/hdf5_file.h"

namespace onset::apps {

int run_merge(const std::vector<std::string>& words) {
  po::options_description options;
  options.add_options()("output,o", po::value<std::string>()->value_name("FILE"),
                        "the series file to write (.h5)");
  CommandLine line(
      {"merge", "PART.h5…", "Makes one series of several: shards, other probes, other steps of one run.",
       "onset merge part-0.h5 part-1.h5 -o series.h5"},
      std::move(options));
  if (!line.read(words)) return 0;
  const auto inputs = line.inputs();
  const auto output = line.series_output({});  // may be one of the parts: it then grows
  const WriterLock lock(output);
  std::vector<Series> parts;
  for (const auto& part : inputs) parts.push_back(read_series(part));
  write_series(output, merge(parts));
  return 0;
}

}  // namespace onset::apps
