#include "onset/checkpoint/tokenizer_files.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "onset/base/error.h"
#include "onset/base/file.h"
#include "onset/checkpoint/json_text.h"
#include "onset/checkpoint/paths.h"

namespace onset {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

fs::path find_vocabulary(const fs::path& folder, const fs::path& override_vocab) {
  if (!override_vocab.empty()) {
    if (is_file(override_vocab)) return override_vocab;
    throw error_in(ErrorKind::missing_input, override_vocab.string(), "no such file");
  }
  fs::path inside = folder / "vocab.txt";
  if (is_file(inside)) return inside;
  fs::path beside = plain_path(folder).parent_path() / "vocab.txt";
  if (is_file(beside)) return beside;
  throw error_in(ErrorKind::missing_input, inside.string(),
                 "no vocabulary: sought here and at " + beside.string() + "; name one with --vocab" +
                     (is_file(folder / "tokenizer.json") ? " (tokenizer.json is not read)" : ""));
}

std::optional<bool> read_flag(const json& object, const char* key, const fs::path& file) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  if (!found->is_boolean()) {
    throw error_in(ErrorKind::configuration, file.string(),
                   std::string(key) + ": expected true or false, found " + json_kind(*found));
  }
  return found->get<bool>();
}

}  // namespace

TokenizerFiles find_tokenizer(const fs::path& checkpoint_folder, const fs::path& override_vocab) {
  TokenizerFiles out;
  out.vocab = find_vocabulary(checkpoint_folder, override_vocab);
  fs::path settings = checkpoint_folder / "tokenizer_config.json";
  if (!is_file(settings)) settings = out.vocab.parent_path() / "tokenizer_config.json";
  if (!is_file(settings)) return out;

  const MappedFile file(settings);
  const json object = parse_json(file.text(), settings.string());
  if (!object.is_object()) {
    throw error_in(ErrorKind::configuration, settings.string(),
                   "expected an object, found " + json_kind(object));
  }
  out.lower_case = read_flag(object, "do_lower_case", settings).value_or(out.lower_case);
  out.strip_accents = read_flag(object, "strip_accents", settings);
  out.split_chinese = read_flag(object, "tokenize_chinese_chars", settings).value_or(out.split_chinese);
  if (!read_flag(object, "do_basic_tokenize", settings).value_or(true)) {
    throw error_in(ErrorKind::configuration, settings.string(),
                   "do_basic_tokenize: expected true, found false");
  }
  return out;
}

std::int64_t count_vocabulary_lines(const fs::path& vocab) {
  const MappedFile file(vocab);
  const std::string_view text = file.text();
  const auto ends = std::count(text.begin(), text.end(), '\n');
  return ends + (!text.empty() && text.back() != '\n' ? 1 : 0);
}

void require_vocabulary_fits(const fs::path& vocab, std::int64_t lines, std::int64_t embedding_rows) {
  if (lines <= embedding_rows) return;
  throw error_in(ErrorKind::bad_data, vocab.string(),
                 "expected at most " + std::to_string(embedding_rows) +
                     " lines, one a row of the word embedding, found " + std::to_string(lines));
}

}  // namespace onset
