#include "onset/checkpoint/pickle_stack.h"

#include <array>
#include <string_view>
#include <utility>

namespace onset {
namespace {

constexpr std::size_t most_pickle_values = 1'000'000;

constexpr std::array<std::string_view, 12> kind_names = {
    "None",   "a bool", "an integer", "a float",        "text",      "a tuple",
    "a list", "a dict", "a function", "a storage type", "a storage", "a tensor"};

}  // namespace

std::string kind_name(PickleKind kind) { return std::string(kind_names[static_cast<std::size_t>(kind)]); }

void PickleStack::require(std::size_t count) const {
  if (reachable() < count) throw fault_("the stack is empty");
}

void PickleStack::push(PickleValue value) {
  if (values_.size() >= most_pickle_values)
    throw fault_("more than " + std::to_string(most_pickle_values) + " values");
  values_.push_back(std::move(value));
  stack_.push_back(static_cast<PickleRef>(values_.size() - 1));
}

void PickleStack::push_tuple(std::size_t count) {
  require(count);
  const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
  std::vector<PickleRef> items(first, stack_.end());
  stack_.erase(first, stack_.end());
  push({PickleKind::tuple, 0, {}, std::move(items)});
}

PickleRef PickleStack::pop() {
  require(1);
  const PickleRef ref = stack_.back();
  stack_.pop_back();
  return ref;
}

std::vector<PickleRef> PickleStack::pop_to_mark() {
  if (marks_.empty()) throw fault_("no MARK on the stack");
  const auto mark = static_cast<std::ptrdiff_t>(marks_.back());
  marks_.pop_back();
  std::vector<PickleRef> items(stack_.begin() + mark, stack_.end());
  stack_.resize(static_cast<std::size_t>(mark));
  return items;
}

PickleValue& PickleStack::expect(PickleRef ref, PickleKind kind) {
  PickleValue& value = values_[ref];
  if (value.kind != kind) throw fault_("expected " + kind_name(kind) + ", found " + kind_name(value.kind));
  return value;
}

PickleValue& PickleStack::top(PickleKind kind) {
  require(1);
  return expect(stack_.back(), kind);
}

PickleRef PickleStack::only() const {
  if (stack_.size() != 1 || !marks_.empty())
    throw fault_("expected one value at the end, found " + std::to_string(stack_.size()));
  return stack_.back();
}

void PickleStack::remember(std::uint64_t slot) {
  require(1);
  memo_[slot] = stack_.back();
}

void PickleStack::recall(std::uint64_t slot) {
  const auto found = memo_.find(slot);
  if (found == memo_.end()) throw fault_("nothing was put in memo slot " + std::to_string(slot));
  stack_.push_back(found->second);
}

}  // namespace onset
