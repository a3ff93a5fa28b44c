#include "onset/text/wordpiece.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "onset/base/error.h"
#include "onset/text/token_trie.h"
#include "onset/text/unicode.h"

namespace onset {
namespace {

enum class ByteClass : std::uint8_t { word, space, punctuation, cleaned };

/// `cleaned`: what only Unicode clean-up can treat, which is any byte above ASCII and the controls that are
/// dropped.
constexpr std::array<ByteClass, 256> make_byte_classes() {
  std::array<ByteClass, 256> classes{};
  for (std::size_t byte = 0; byte < classes.size(); ++byte) {
    const bool letter_or_digit =
        (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
    if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
      classes[byte] = ByteClass::space;
    } else if (byte < 0x20 || byte >= 0x7F) {
      classes[byte] = ByteClass::cleaned;
    } else {
      classes[byte] = letter_or_digit ? ByteClass::word : ByteClass::punctuation;
    }
  }
  return classes;
}

constexpr std::array<ByteClass, 256> byte_classes = make_byte_classes();

ByteClass class_of(char byte) { return byte_classes[static_cast<std::uint8_t>(byte)]; }

std::array<std::uint8_t, 256> make_byte_map(bool lower_case) {
  std::array<std::uint8_t, 256> map{};
  for (std::size_t byte = 0; byte < map.size(); ++byte) {
    const bool lowered = lower_case && byte >= 'A' && byte <= 'Z';
    map[byte] = static_cast<std::uint8_t>(lowered ? byte + ('a' - 'A') : byte);
  }
  return map;
}

}  // namespace

WordPiece::WordPiece(std::shared_ptr<const Vocabulary> vocabulary, WordPieceOptions options)
    : vocabulary_(std::move(vocabulary)),
      options_(options),
      trie_(std::make_unique<TokenTrie>(*vocabulary_)),
      byte_map_(make_byte_map(options.lower_case)) {
  if (options_.max_word_characters < 1) {
    throw Error(ErrorKind::configuration,
                "max_word_characters: " + std::to_string(options_.max_word_characters) + " is not above 0");
  }
}

WordPiece::~WordPiece() = default;
WordPiece::WordPiece(WordPiece&&) noexcept = default;
WordPiece& WordPiece::operator=(WordPiece&&) noexcept = default;

/// One word, without white space or punctuation inside: greedy longest match, or [UNK].
void WordPiece::append_word(std::string_view word, std::size_t characters,
                            std::vector<std::int32_t>& out) const {
  const std::size_t mark = out.size();
  bool known = characters <= static_cast<std::size_t>(options_.max_word_characters);
  auto start = trie_->word_start();
  while (known && !word.empty()) {
    const TokenTrie::Match match = trie_->longest(start, word, byte_map_);
    known = match.id >= 0;
    if (!known) break;
    out.push_back(match.id);
    word.remove_prefix(match.length);
    start = trie_->continuation();
  }
  if (known) return;
  out.resize(mark);
  out.push_back(vocabulary_->unk());
}

/// What stands between two ASCII white spaces, by way of Unicode clean-up. False: not UTF-8.
bool WordPiece::append_cleaned(std::string_view chunk, Special special,
                               std::vector<std::int32_t>& out) const {
  const auto text = clean(chunk, {.lower_case = options_.lower_case,
                                  .strip_accents = options_.strip_accents.value_or(options_.lower_case),
                                  .split_chinese = options_.split_chinese});
  if (!text) return false;
  std::string word;
  std::size_t characters = 0;
  const auto flush = [&] {
    if (characters > 0) append_word(word, characters, out);
    word.clear();
    characters = 0;
  };
  std::u32string_view rest = *text;
  while (!rest.empty()) {
    const std::u32string_view token = rest.substr(0, rest.find(U' '));
    rest.remove_prefix(std::min(token.size() + 1, rest.size()));
    if (special == Special::kept) {
      // Hugging Face looks again after clean-up, which may have removed what hid a special token.
      if (const auto id = special_equal_to(token)) {
        out.push_back(*id);
        continue;
      }
    }
    for (const char32_t character : token) {
      const bool punctuation = is_punctuation(character);
      if (punctuation) flush();
      append_utf8(character, word);
      ++characters;
      if (punctuation) flush();
    }
    flush();
  }
  return true;
}

std::optional<std::int32_t> WordPiece::special_equal_to(std::u32string_view text) const {
  for (const std::int32_t id : special_ids()) {
    if (std::ranges::equal(text, vocabulary_->token(id))) return id;
  }
  return std::nullopt;
}

void WordPiece::append(std::string_view utf8, Special special, std::vector<std::int32_t>& out) const {
  const std::size_t before = out.size();
  for (std::size_t at = 0; at < utf8.size(); ++at) {  // one chunk between ASCII white spaces a turn
    const std::size_t chunk = at;
    const std::size_t mark = out.size();
    while (at < utf8.size() && class_of(utf8[at]) != ByteClass::space) {
      const std::size_t word = at;
      while (at < utf8.size() && class_of(utf8[at]) == ByteClass::word) ++at;
      if (at > word) {
        append_word(utf8.substr(word, at - word), at - word, out);
      } else if (class_of(utf8[at]) == ByteClass::punctuation) {
        append_word(utf8.substr(at, 1), 1, out);
        ++at;
      } else {
        // The whole chunk anew: clean-up may join what comes before with what follows.
        out.resize(mark);
        while (at < utf8.size() && class_of(utf8[at]) != ByteClass::space) ++at;
        if (append_cleaned(utf8.substr(chunk, at - chunk), special, out)) continue;
        out.resize(before);
        const std::size_t bad = find_invalid_utf8(utf8).value_or(chunk);
        throw error_at_byte(ErrorKind::bad_data, "text", bad, "not UTF-8: " + in_quotes(utf8.substr(bad, 1)));
      }
    }
  }
}

std::vector<std::int32_t> WordPiece::pieces(std::string_view utf8) const {
  std::vector<std::int32_t> ids;
  append(utf8, Special::ordinary, ids);
  return ids;
}

void WordPiece::append_pieces(std::string_view utf8, std::vector<std::int32_t>& out) const {
  append(utf8, Special::ordinary, out);
}

std::vector<std::int32_t> WordPiece::encode(std::string_view utf8) const {
  std::vector<std::int32_t> ids;
  ids.reserve(utf8.size() / 3 + 2);  // English has about four bytes a token
  ids.push_back(vocabulary_->cls());
  append(utf8, Special::ordinary, ids);
  ids.push_back(vocabulary_->sep());
  return ids;
}

std::vector<std::int32_t> WordPiece::pieces_with_special(std::string_view utf8) const {
  std::vector<std::int32_t> ids;
  std::size_t done = 0;
  for (std::size_t at = utf8.find('['); at != std::string_view::npos; at = utf8.find('[', at)) {
    const auto special = special_ids();
    const auto id = std::ranges::find_if(
        special, [&](std::int32_t token) { return utf8.substr(at).starts_with(vocabulary_->token(token)); });
    if (id == special.end()) {
      ++at;
      continue;
    }
    append(utf8.substr(done, at - done), Special::kept, ids);
    ids.push_back(*id);
    at += vocabulary_->token(*id).size();
    done = at;
  }
  append(utf8.substr(done), Special::kept, ids);
  return ids;
}

std::array<std::int32_t, 5> WordPiece::special_ids() const {
  return {vocabulary_->unk(), vocabulary_->cls(), vocabulary_->sep(), vocabulary_->pad(),
          vocabulary_->mask()};
}

std::vector<std::vector<std::int32_t>> encode_lines(const WordPiece& wordpiece,
                                                    std::span<const std::string_view> lines, int threads,
                                                    TypedSpecials typed, std::int64_t first_line) {
  constexpr std::size_t block = 256;  // lines a thread takes at a time
  std::vector<std::vector<std::int32_t>> ids(lines.size());
  std::atomic<std::size_t> next_block = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  std::size_t bad_line = std::numeric_limits<std::size_t>::max();  // the first; under mutex, as is the error
  std::exception_ptr error;

  // Blocks are taken in order and finished once taken, so that the first bad line is found whatever the
  // threads do.
  const auto work = [&] {
    while (!failed) {
      const std::size_t begin = block * next_block++;
      if (begin >= lines.size()) return;
      std::size_t line = begin;
      try {
        for (; line < std::min(begin + block, lines.size()); ++line)
          if (typed == TypedSpecials::ordinary) {
            ids[line] = wordpiece.encode(lines[line]);
          } else {
            ids[line] = {wordpiece.vocabulary().cls()};
            const std::vector<std::int32_t> pieces = wordpiece.pieces_with_special(lines[line]);
            ids[line].insert(ids[line].end(), pieces.begin(), pieces.end());
            ids[line].push_back(wordpiece.vocabulary().sep());
          }
      } catch (...) {
        failed = true;
        const std::lock_guard lock(mutex);
        if (line < bad_line) {
          bad_line = line;
          error = std::current_exception();
        }
      }
    }
  };
  const std::size_t wanted =
      threads > 0 ? static_cast<std::size_t>(threads) : std::thread::hardware_concurrency();
  const std::size_t blocks = (lines.size() + block - 1) / block;
  {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < std::min(wanted, blocks); ++i) helpers.emplace_back(work);
    work();
  }
  if (!error) return ids;
  try {
    std::rethrow_exception(error);
  } catch (const Error& inner) {
    throw error_in(inner.kind(), "line " + std::to_string(first_line + static_cast<std::int64_t>(bad_line)),
                   inner.what());
  }
}

}  // namespace onset
