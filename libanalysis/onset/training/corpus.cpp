#include "onset/training/corpus.h"

#include <ATen/Parallel.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "onset/base/error.h"
#include "onset/base/sha256.h"
#include "onset/base/writer_lock.h"
#include "onset/checkpoint/json_text.h"
#include "onset/checkpoint/paths.h"
#include "onset/text/lines.h"

namespace onset {
namespace {

static_assert(std::endian::native == std::endian::little, "the files are mapped as they are");

constexpr int format = 2;  // raised whenever the same inputs give other files
constexpr const char* ids_file = "ids.i32";
constexpr const char* heads_file = "heads.i16";
constexpr const char* offsets_file = "offsets.i64";
constexpr std::size_t portion = 4096;  // sentences tokenised at a time

std::string key_of(const CorpusInputs& inputs, const WordPiece& wordpiece, const PackingOptions& packing) {
  const WordPieceOptions& pieces = wordpiece.options();
  const nlohmann::json options = {format,
                                  packing.packing == Packing::block,
                                  packing.max_tokens,
                                  pieces.lower_case,
                                  pieces.strip_accents.value_or(pieces.lower_case),
                                  pieces.split_chinese,
                                  pieces.max_word_characters,
                                  wordpiece.vocabulary().sha256()};
  Sha256 key;
  key.update(options.dump());
  for (const auto* const files : {&inputs.parsed, &inputs.text}) {
    for (const auto& file : *files) {
      const MappedFile mapped(file);
      key.update(files == &inputs.parsed ? "parsed " : "text ").update(Sha256().update(mapped).hex());
    }
  }
  return key.hex();
}

/// A file written from its beginning to its end.
class Output {
 public:
  explicit Output(const std::filesystem::path& path)
      : path_(path), file_(std::fopen(path.c_str(), "wb"), &std::fclose) {
    if (!file_) throw fault("create");
  }
  template <typename T>
  void write(std::span<const T> values) {
    if (std::fwrite(values.data(), sizeof(T), values.size(), file_.get()) != values.size())
      throw fault("write");
  }
  void close() {
    if (std::fflush(file_.get()) != 0) throw fault("write");
    file_.reset();
    sync_path(path_);
  }

 private:
  Error fault(const char* doing) const {
    return error_in(ErrorKind::io, path_.string(),
                    std::string("cannot ") + doing + ": " + std::strerror(errno));
  }
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

class Builder {
 public:
  Builder(const std::filesystem::path& folder, const WordPiece& wordpiece, const PackingOptions& packing,
          const CorpusHooks& hooks)
      : folder_(folder),
        wordpiece_(wordpiece),
        hooks_(hooks),
        ids_(folder / ids_file),
        heads_(folder / heads_file),
        offsets_(folder / offsets_file),
        packer_(packing, [this](auto ids, auto heads) { take(ids, heads); }) {
    offsets_.write(std::span<const std::int64_t>(&counts_.tokens, 1));
  }

  void add(const CorpusInputs& inputs) {
    for (const auto& file : inputs.parsed) {
      ConlluReader reader(file, hooks_.warn);
      std::int64_t found = 0;
      while (add_portion<ParsedSentence>([&] { return reader.next(); }, found)) {
      }
      if (found == 0) throw error_in(ErrorKind::bad_data, file.string(), "0 sentences");
    }
    for (const auto& file : inputs.text) {
      LineReader reader(file);
      std::int64_t found = 0;
      const auto next = [&]() -> std::optional<std::string> {
        while (const auto line = reader.next()) {
          if (line->text.find_first_not_of(" \t\r\v\f") != std::string_view::npos)
            return std::string(line->text);
        }
        return std::nullopt;
      };
      while (add_portion<std::string>(next, found)) {
      }
      if (found == 0) throw error_in(ErrorKind::bad_data, file.string(), "0 lines of text");
    }
  }

  CorpusCounts finish() {
    packer_.finish();
    counts_.left_out = packer_.left_out();
    counts_.empty = packer_.empty();
    ids_.close();
    heads_.close();
    offsets_.close();
    nlohmann::ordered_json description = {{"sentences", counts_.sentences}, {"left_out", counts_.left_out},
                                          {"empty", counts_.empty},         {"sequences", counts_.sequences},
                                          {"tokens", counts_.tokens},       {"arcs", counts_.arcs}};
    for (const char* const file : {ids_file, heads_file, offsets_file})
      description["sha256"][file] = Sha256().update(MappedFile(folder_ / file)).hex();
    write_file_atomically(folder_ / "corpus.json", description.dump(2) + "\n");
    return counts_;
  }

 private:
  template <typename Item, typename Next>
  bool add_portion(const Next& next, std::int64_t& found) {
    throw_if_stopped(hooks_.stop);
    std::vector<Item> items;
    while (items.size() < portion) {
      auto item = next();
      if (!item) break;
      items.push_back(std::move(*item));
    }
    std::vector<TokenisedSentence> tokenised(items.size());
    at::parallel_for(0, static_cast<std::int64_t>(items.size()), 64,
                     [&](std::int64_t begin, std::int64_t end) {
                       for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
                         tokenised[i] = tokenise(items[i], wordpiece_);
                     });
    for (const TokenisedSentence& sentence : tokenised) packer_.add(sentence);
    found += static_cast<std::int64_t>(items.size());
    counts_.sentences += static_cast<std::int64_t>(items.size());
    if (hooks_.progress) hooks_.progress({"tokenising", counts_.sentences, 0, "sentences"});
    return items.size() == portion;
  }

  void take(std::span<const std::int32_t> ids, std::span<const std::int16_t> heads) {
    ids_.write(ids);
    heads_.write(heads);
    ++counts_.sequences;
    counts_.tokens += static_cast<std::int64_t>(ids.size());
    for (const std::int16_t head : heads) counts_.arcs += head >= 0 ? 1 : 0;
    offsets_.write(std::span<const std::int64_t>(&counts_.tokens, 1));
  }

  std::filesystem::path folder_;
  const WordPiece& wordpiece_;
  const CorpusHooks& hooks_;
  Output ids_, heads_, offsets_;
  CorpusCounts counts_;
  Packer packer_;
};

/// Builds under the lock of `folder`; nothing is to do where another has built it meanwhile.
void build(const std::filesystem::path& folder, const CorpusInputs& inputs, const WordPiece& wordpiece,
           const PackingOptions& packing, const CorpusHooks& hooks) {
  std::filesystem::path temporary = folder;
  temporary += ".tmp-building";  // WriterLock removes what a killed build left
  std::filesystem::create_directory(temporary);
  try {
    Builder builder(temporary, wordpiece, packing, hooks);
    builder.add(inputs);
    const CorpusCounts counts = builder.finish();
    std::string place;
    for (const auto* const files : {&inputs.parsed, &inputs.text}) {
      for (const auto& file : *files) place += (place.empty() ? "" : ", ") + file.string();
    }
    if (counts.sequences == 0) {
      throw error_in(ErrorKind::bad_data, place,
                     "no sentence is left: " + std::to_string(counts.left_out) + " longer than " +
                         std::to_string(packing.max_tokens) + " tokens, " + std::to_string(counts.empty) +
                         " without a token");
    }
    if (counts.left_out > 0 && hooks.warn) {
      hooks.warn(place + ": " + std::to_string(counts.left_out) + " of " + std::to_string(counts.sentences) +
                 " sentences left out (over " + std::to_string(packing.max_tokens) + " tokens)");
    }
    sync_path(temporary);
    std::filesystem::rename(temporary, folder);
    sync_path(folder.parent_path());
  } catch (const std::filesystem::filesystem_error& error) {
    std::error_code ignored;
    std::filesystem::remove_all(temporary, ignored);
    throw error_in(ErrorKind::io, folder.string(), error.code().message());
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove_all(temporary, ignored);
    throw;
  }
}

CorpusCounts counts_in(const nlohmann::json& description, const std::string& file) {
  const auto count = [&](const char* key) {
    if (!description.contains(key) || !description[key].is_number_unsigned())
      throw error_in(ErrorKind::bad_data, file, std::string(key) + ": expected a count");
    return description[key].get<std::int64_t>();
  };
  return {count("sentences"), count("left_out"), count("empty"),
          count("sequences"), count("tokens"),   count("arcs")};
}

template <typename T>
std::span<const T> values(const MappedFile& file) {
  return {reinterpret_cast<const T*>(file.bytes().data()), file.bytes().size() / sizeof(T)};
}

}  // namespace

Corpus::Corpus(const std::filesystem::path& folder, std::string key)
    : key_(std::move(key)),
      ids_(folder / ids_file),
      heads_(folder / heads_file),
      offsets_(folder / offsets_file) {
  const std::filesystem::path json = folder / "corpus.json";
  const nlohmann::json description = parse_json(read_file(json), json.string());
  counts_ = counts_in(description, json.string());
  // Training trusts every offset, head and id.
  for (const MappedFile* const file : {&ids_, &heads_, &offsets_}) {
    const std::string name = file->path().filename().string();
    if (description.contains("sha256") && description["sha256"].is_object() &&
        description["sha256"].value(name, nlohmann::json()) == Sha256().update(*file).hex())
      continue;
    throw error_in(
        ErrorKind::bad_data, file->path().string(),
        "its SHA-256 is not the one in corpus.json: damaged; remove its folder to have it made again");
  }
  const auto holds = [](const MappedFile& file, std::int64_t items, std::size_t width) {
    return file.bytes().size() == static_cast<std::uint64_t>(items) * width;
  };
  if (!holds(ids_, counts_.tokens, sizeof(std::int32_t)) ||
      !holds(heads_, counts_.tokens, sizeof(std::int16_t)) ||
      !holds(offsets_, counts_.sequences + 1, sizeof(std::int64_t))) {
    throw error_in(ErrorKind::bad_data, json.string(),
                   "its counts are not those of the files: damaged; remove its folder to have it made again");
  }
}

Corpus Corpus::open(const std::filesystem::path& cache, const CorpusInputs& inputs,
                    const WordPiece& wordpiece, const PackingOptions& packing, const CorpusHooks& hooks) {
  const std::string key = key_of(inputs, wordpiece, packing);
  const std::filesystem::path folder = cache / key.substr(0, 16);
  std::error_code fault;
  std::filesystem::create_directories(cache, fault);
  if (fault) throw error_in(ErrorKind::io, cache.string(), "cannot create: " + fault.message());
  for (bool told = false; !is_folder(folder);) {
    throw_if_stopped(hooks.stop);
    try {
      const WriterLock lock(folder);
      if (!is_folder(folder)) build(folder, inputs, wordpiece, packing, hooks);
    } catch (const Interrupted&) {
      throw;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::try_again) throw;
      if (!told && hooks.warn) hooks.warn(std::string("waiting: ") + error.what());
      told = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  }
  return {folder, key};
}

TokenSequence Corpus::operator[](std::int64_t sequence) const {
  const auto offsets = values<std::int64_t>(offsets_);
  const auto at = static_cast<std::size_t>(sequence);
  const auto begin = static_cast<std::size_t>(offsets[at]);
  const auto tokens = static_cast<std::size_t>(offsets[at + 1]) - begin;
  return {values<std::int32_t>(ids_).subspan(begin, tokens),
          values<std::int16_t>(heads_).subspan(begin, tokens)};
}

}  // namespace onset
