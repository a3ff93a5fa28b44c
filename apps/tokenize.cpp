#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "command.h"
#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/text/wordpiece.h"

namespace onset::apps {
namespace {

/// Lines whose ids are computed and printed together.
constexpr std::size_t lines_at_once = 1 << 14;

void print(const std::vector<std::vector<std::int32_t>>& lines) {
  std::string text;
  for (const auto& ids : lines) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (i > 0) text += ' ';
      text += std::to_string(ids[i]);
    }
    text += '\n';
  }
  std::cout << text;
}

}  // namespace

int run_tokenize(const std::vector<std::string>& words) {
  po::options_description options;
  options.add_options()("vocab", po::value<std::string>()->value_name("F.txt"), "vocabulary, a token a line")(
      "cased", po::bool_switch(), "keep case and accents")(
      "ordinary", po::bool_switch(),
      "[MASK] and its like typed in the text are ordinary characters, as the probes read them; else those "
      "tokens, as in Hugging Face")("threads",
                                    po::value<int>()->value_name("N")->default_value(0, "all cores"),
                                    "also OMP_NUM_THREADS, SLURM_CPUS_PER_TASK");
  CommandLine line(
      {"tokenize", "[FILE|-]", "Prints the token ids of each line of text, [CLS] and [SEP] included.",
       "echo 'the cats sleep' | onset tokenize --vocab vocab.txt"},
      std::move(options));
  if (!line.read(words)) return 0;
  const auto vocabulary = std::make_shared<const Vocabulary>(Vocabulary::read(line.required_path("vocab")));
  const WordPiece wordpiece(vocabulary, {.lower_case = !line.get<bool>("cased")});
  const TypedSpecials typed = line.get<bool>("ordinary") ? TypedSpecials::ordinary : TypedSpecials::kept;
  const int threads = use_threads(line.get<int>("threads"));
  const std::filesystem::path input = line.has("input") ? line.input() : "-";
  std::ifstream file;
  if (input != "-") {
    file.open(input, std::ios::binary);
    if (!file)
      throw error_in(ErrorKind::io, input.string(), std::string("cannot open: ") + std::strerror(errno));
  }
  std::istream& in = input == "-" ? std::cin : file;
  std::ios::sync_with_stdio(false);
  std::vector<std::string> lines;
  std::int64_t first = 1;
  const auto flush = [&] {
    const std::vector<std::string_view> views(lines.begin(), lines.end());
    try {
      print(encode_lines(wordpiece, views, threads, typed, first));
    } catch (const Error& error) {
      throw error_in(error.kind(), input.string(), error.what());
    }
    first += static_cast<std::int64_t>(lines.size());
    lines.clear();
    if (!std::cout) throw Error(ErrorKind::io, "standard output: cannot write");
  };
  errno = 0;
  for (std::string text; std::getline(in, text); errno = 0) {
    lines.push_back(std::move(text));
    if (lines.size() == lines_at_once) flush();
  }
  if (in.bad())
    throw error_in(ErrorKind::io, input.string(), std::string("cannot read: ") + std::strerror(errno));
  flush();
  return 0;
}

}  // namespace onset::apps
