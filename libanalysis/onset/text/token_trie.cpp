#include "onset/text/token_trie.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <string_view>

namespace onset {
namespace {

constexpr std::size_t byte_values = 256;
/// Free slots tried for one node before those passed over are given up: bounds the time to build, at the cost
/// of room.
constexpr int patience = 512;

}  // namespace

/// A base at which the slots of all these bytes (ascending) are free; the table is then large enough for any
/// byte.
TokenTrie::NodeId TokenTrie::place(std::span<const std::uint8_t> bytes) {
  int tries = 0;
  for (std::size_t slot = std::max(search_from_, std::size_t{bytes.front()});; ++slot) {
    const std::size_t base = slot - bytes.front();
    if (nodes_.size() < base + byte_values) nodes_.resize(2 * (base + byte_values));
    if (nodes_[slot].parent >= 0) {
      if (slot == search_from_) ++search_from_;
      continue;
    }
    if (std::ranges::all_of(bytes, [&](std::uint8_t byte) { return nodes_[base + byte].parent < 0; })) {
      return static_cast<NodeId>(base);
    }
    if (++tries == patience) search_from_ = std::max(search_from_, slot);
  }
}

TokenTrie::TokenTrie(const Vocabulary& vocabulary) : nodes_(2 * byte_values) {
  struct Work {  // a node and the tokens below it: sorted ids [begin, end), alike in their first `depth`
                 // bytes
    NodeId node;
    std::size_t begin;
    std::size_t end;
    std::size_t depth;
  };
  const auto ids = vocabulary.sorted_ids();
  nodes_[0].parent = std::numeric_limits<NodeId>::max();  // the root: taken, and nobody's child
  std::deque<Work> queue{{0, 0, ids.size(), 0}};          // breadth first: the nodes most used lie together
  std::vector<std::uint8_t> bytes;
  std::vector<std::size_t> bounds;
  std::size_t used = byte_values;
  while (!queue.empty()) {
    auto [node, begin, end, depth] = queue.front();
    queue.pop_front();
    if (begin < end && vocabulary.token(ids[begin]).size() == depth) {
      nodes_[static_cast<std::size_t>(node)].id = ids[begin];
      ++begin;
    }
    if (begin == end) continue;
    bytes.clear();
    bounds.clear();
    for (std::size_t i = begin; i < end; ++i) {
      const auto byte = static_cast<std::uint8_t>(vocabulary.token(ids[i])[depth]);
      if (!bytes.empty() && bytes.back() == byte) continue;
      bytes.push_back(byte);
      bounds.push_back(i);
    }
    bounds.push_back(end);
    const NodeId base = place(bytes);
    nodes_[static_cast<std::size_t>(node)].base = base;
    used = std::max(used, static_cast<std::size_t>(base) + byte_values);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const NodeId child = base + bytes[i];
      nodes_[static_cast<std::size_t>(child)].parent = node;
      queue.push_back({child, bounds[i], bounds[i + 1], depth + 1});
    }
  }
  nodes_.resize(used);

  for (const char mark : std::string_view("##")) {
    const NodeId child = nodes_[static_cast<std::size_t>(continuation_)].base + mark;
    if (nodes_[static_cast<std::size_t>(child)].parent != continuation_) {
      // No token continues a word: start where nothing follows.
      continuation_ = static_cast<NodeId>(nodes_.size());
      nodes_.emplace_back();
      return;
    }
    continuation_ = child;
  }
}

}  // namespace onset
