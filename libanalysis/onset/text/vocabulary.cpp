#include "onset/text/vocabulary.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "onset/base/error.h"
#include "onset/base/sha256.h"
#include "onset/text/lines.h"
#include "onset/text/unicode.h"

namespace onset {

Vocabulary Vocabulary::read(const std::filesystem::path& path) {
  LineReader reader(path);
  std::vector<std::string> tokens;
  while (const auto line = reader.next()) {
    if (line->carriage_return) {
      throw error_at_line(
          ErrorKind::bad_data, reader.name(), line->number,
          "the line ends in CRLF; a vocabulary has LF alone, for a token must not hold the CR");
    }
    tokens.emplace_back(line->text);
  }
  return Vocabulary(std::move(tokens), reader.name());
}

Vocabulary::Vocabulary(std::vector<std::string> tokens, std::string name)
    : tokens_(std::move(tokens)), sorted_(tokens_.size()) {
  const auto fail = [&](std::int32_t id, const std::string& what) {
    throw error_at_line(ErrorKind::bad_data, name, std::int64_t{id} + 1, what);
  };
  for (std::int32_t id = 0; id < size(); ++id) {
    if (find_invalid_utf8(token(id))) fail(id, "not UTF-8: " + in_quotes(token(id)));
    if (token(id).find_first_of(std::string_view("\0\n\r", 3)) != std::string_view::npos) {
      fail(id, "a NUL or line break in a token: " + in_quotes(token(id)));
    }
  }

  std::iota(sorted_.begin(), sorted_.end(), 0);
  std::ranges::sort(sorted_, {}, [this](std::int32_t id) { return std::pair(token(id), id); });
  for (std::size_t i = 1; i < sorted_.size(); ++i) {
    if (token(sorted_[i - 1]) != token(sorted_[i])) continue;
    fail(sorted_[i],
         in_quotes(token(sorted_[i])) + " is there already, on line " + std::to_string(sorted_[i - 1] + 1));
  }

  const auto special = [&](std::string_view token) {
    if (const auto id = find(token)) return *id;
    throw error_in(ErrorKind::bad_data, name,
                   "no token " + std::string(token) + " among " + std::to_string(size()));
  };
  pad_ = special("[PAD]");
  unk_ = special("[UNK]");
  cls_ = special("[CLS]");
  sep_ = special("[SEP]");
  mask_ = special("[MASK]");
}

std::optional<std::int32_t> Vocabulary::find(std::string_view wanted) const {
  const auto at =
      std::ranges::lower_bound(sorted_, wanted, {}, [this](std::int32_t id) { return token(id); });
  if (at == sorted_.end() || token(*at) != wanted) return std::nullopt;
  return *at;
}

std::string Vocabulary::sha256() const {
  Sha256 hash;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (i > 0) hash.update(std::string_view("\n"));
    hash.update(std::string_view(tokens_[i]));
  }
  return hash.hex();
}

}  // namespace onset
