#include "onset/training/packing.h"

#include <algorithm>
#include <utility>

namespace onset {

Packer::Packer(const PackingOptions& options, SequenceSink sink) : options_(options), sink_(std::move(sink)) {
  begin();
}

void Packer::begin() {
  ids_.assign(1, options_.cls);
  heads_.assign(1, no_head);
}

void Packer::end() {
  ids_.push_back(options_.sep);
  heads_.push_back(no_head);
  sink_(ids_, heads_);
  begin();
}

void Packer::add(const TokenisedSentence& sentence) {
  const auto tokens = static_cast<std::int64_t>(sentence.ids.size());
  const std::int64_t room = options_.max_tokens - 2;
  if (tokens == 0) {
    ++empty_;
    return;
  }
  if (options_.packing == Packing::sentence && tokens > room) {
    ++left_out_;
    return;
  }
  // Token i lies at place i + `before` of a line of tokens cut every `room`.
  const auto before = static_cast<std::int64_t>(ids_.size()) - 1;
  for (std::int64_t i = 0; i < tokens; ++i) {
    const std::int64_t block = (before + i) / room;
    const std::int32_t head = sentence.heads[static_cast<std::size_t>(i)];
    std::int64_t position = head;
    if (head == root) {
      position = 0;
    } else if (head >= 0) {
      position = (before + head) / room == block ? 1 + (before + head) % room : std::int64_t{no_head};
    }
    ids_.push_back(sentence.ids[static_cast<std::size_t>(i)]);
    heads_.push_back(static_cast<std::int16_t>(std::min<std::int64_t>(position, last_head_position)));
    if (options_.packing == Packing::block &&
        static_cast<std::int64_t>(ids_.size()) == options_.max_tokens - 1)
      end();
  }
  if (options_.packing == Packing::sentence) end();
}

void Packer::finish() {
  if (ids_.size() > 1) end();
}

}  // namespace onset
