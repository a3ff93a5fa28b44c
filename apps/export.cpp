#include "command.h"
#include "onset/series/csv.h"
#include "onset/series/hdf5_file.h"

namespace onset::apps {

int run_export(const std::vector<std::string>& words) {
  po::options_description options;
  options.add_options()("output,o", po::value<std::string>()->value_name("FILE"), "the CSV to write")(
      "pairs", po::bool_switch(), "every sentence's score too")("replicates", po::bool_switch(),
                                                                "bootstrap replicates too");
  CommandLine line(
      {"export", "SERIES.h5",
       "Writes a series as CSV, one number a line: run,step,metric,item,direction,layer,head,value,n.",
       "onset export series.h5 -o series.csv"},
      std::move(options));
  if (!line.read(words)) return 0;
  const auto input = line.input();
  const auto output = line.output_file("output", {input});
  write_csv(read_series(input), output, {line.get<bool>("pairs"), line.get<bool>("replicates")});
  return 0;
}

}  // namespace onset::apps
