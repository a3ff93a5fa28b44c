// The vocabulary as a byte trie: longest-match look-ups in one pass over the text, without copying or hashing
// it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "onset/text/vocabulary.h"

namespace onset {

/// A double array (Aoe 1989): the child of node n by byte c is slot base[n] + c, if that slot says n is its
/// parent. One load a byte; 1 MB for BERT's 30,522 tokens.
class TokenTrie {
 public:
  /// What each byte of the text is read as, so that ASCII need not be lower-cased beforehand.
  using ByteMap = std::array<std::uint8_t, 256>;
  using NodeId = std::int32_t;

  struct Match {
    std::int32_t id = -1;    ///< -1: no token begins the text
    std::size_t length = 0;  ///< of the token's text, in bytes
  };

  explicit TokenTrie(const Vocabulary& vocabulary);

  /// Where tokens that begin a word start.
  NodeId word_start() const { return 0; }
  /// Where the texts of tokens that continue a word start, after their `##`.
  NodeId continuation() const { return continuation_; }

  /// The longest token, at least a byte long, that begins `text`, from one of the two starts.
  Match longest(NodeId start, std::string_view text, const ByteMap& map) const {
    Match best;
    NodeId node = start;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const NodeId child =
          nodes_[static_cast<std::size_t>(node)].base + map[static_cast<std::uint8_t>(text[i])];
      const Node& next = nodes_[static_cast<std::size_t>(child)];
      if (next.parent != node) break;
      node = child;
      if (next.id >= 0) best = {.id = next.id, .length = i + 1};
    }
    return best;
  }

 private:
  struct Node {
    NodeId base = 0;
    NodeId parent = -1;    ///< -1: the slot is free
    std::int32_t id = -1;  ///< of the token that ends here; -1: none
  };

  NodeId place(std::span<const std::uint8_t> bytes);

  std::vector<Node> nodes_;
  NodeId continuation_ = 0;
  std::size_t search_from_ = 1;  ///< while building: slots before it are not looked at any more
};

}  // namespace onset
