// What a pickle's opcodes work on: values in an arena, a stack of them with marks, and the memo. Values refer
// to each other by their place in the arena, so that neither depth nor cycles of the data can hurt.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "onset/base/error.h"

namespace onset {

enum class PickleKind {
  none,
  boolean,
  integer,
  real,
  text,
  tuple,
  list,
  dict,
  function,
  storage_type,
  storage,
  tensor
};

/// With its article: "an integer".
std::string kind_name(PickleKind kind);

/// A value's place in the arena.
using PickleRef = std::uint32_t;

struct PickleValue {
  PickleKind kind = PickleKind::none;
  std::int64_t integer = 0;  ///< also a bool, and whatever number stands for a function, a type or a tensor
  std::string text;          ///< also the key of a storage
  std::vector<PickleRef> items;  ///< of a tuple, a list; of a dict: key, value, key, value ...
};

/// Every call that finds too little, another kind or too much throws what `fault` makes of the reason.
class PickleStack {
 public:
  explicit PickleStack(std::function<Error(const std::string& what)> fault) : fault_(std::move(fault)) {}

  void push(PickleValue value);
  void push_integer(PickleKind kind, std::int64_t integer) { push({kind, integer, {}, {}}); }
  void push_tuple(std::size_t count);  ///< of the values on top
  void push_again(PickleRef ref) { stack_.push_back(ref); }
  PickleRef pop();

  void mark() { marks_.push_back(stack_.size()); }
  std::vector<PickleRef> pop_to_mark();

  PickleValue& at(PickleRef ref) { return values_[ref]; }
  PickleValue& expect(PickleRef ref, PickleKind kind);  ///< at(ref), which must be of this kind
  PickleValue& top(PickleKind kind);
  PickleRef only() const;  ///< the one value left at the end

  void remember(std::uint64_t slot);
  void remember_next() { remember(memo_.size()); }
  void recall(std::uint64_t slot);

 private:
  /// Values above the last mark, or on the whole stack.
  std::size_t reachable() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }
  void require(std::size_t count) const;

  std::function<Error(const std::string&)> fault_;
  std::vector<PickleValue> values_;
  std::vector<PickleRef> stack_;
  std::vector<std::size_t> marks_;  ///< heights of the stack where MARK was met
  std::unordered_map<std::uint64_t, PickleRef> memo_;
};

}  // namespace onset
