#include "onset/checkpoint/pickle.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>

#include "onset/base/error.h"
#include "onset/checkpoint/byte_reader.h"
#include "onset/checkpoint/pickle_opcodes.h"
#include "onset/checkpoint/printable.h"

namespace onset {
namespace {

constexpr std::size_t longest_pickle = 16U << 20U;  ///< BERT-base's is 30 kB
constexpr std::size_t most_values = 1'000'000;
constexpr std::size_t longest_key = 64;  ///< every tensor keeps a copy

/// What a value of the machine is.
enum class Kind {
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

constexpr std::array<std::string_view, 12> kind_names = {
    "None",   "a bool", "an integer", "a float",        "text",      "a tuple",
    "a list", "a dict", "a function", "a storage type", "a storage", "a tensor"};

/// The calls a state_dict is made of. Each is carried out here; no name is ever looked up anywhere.
enum class Function { ordered_dict, rebuild_tensor, rebuild_parameter, size };

constexpr std::array<std::pair<std::string_view, Function>, 4> functions = {{
    {"collections.OrderedDict", Function::ordered_dict},
    {"torch._utils._rebuild_tensor_v2", Function::rebuild_tensor},
    {"torch._utils._rebuild_parameter", Function::rebuild_parameter},
    {"torch.Size", Function::size},
}};

constexpr std::array<std::pair<std::string_view, StorageType>, 11> storage_types = {{
    {"torch.DoubleStorage", StorageType::float64},
    {"torch.FloatStorage", StorageType::float32},
    {"torch.HalfStorage", StorageType::float16},
    {"torch.BFloat16Storage", StorageType::bfloat16},
    {"torch.LongStorage", StorageType::int64},
    {"torch.IntStorage", StorageType::int32},
    {"torch.ShortStorage", StorageType::int16},
    {"torch.CharStorage", StorageType::int8},
    {"torch.ByteStorage", StorageType::uint8},
    {"torch.BoolStorage", StorageType::boolean},
    {"torch.storage.UntypedStorage", StorageType::uint8},
}};

/// A value's place in the arena. Values refer to each other by it, so that neither depth nor cycles of the
/// data can hurt.
using Ref = std::uint32_t;

struct Value {
  Kind kind = Kind::none;
  std::int64_t integer = 0;  ///< also a bool, a Function, a StorageType, or the place of a tensor in tensors_
  std::string text;          ///< also the key of a storage
  std::vector<Ref> items;    ///< of a tuple, a list; of a dict: key, value, key, value ...
};

std::string opcode_name(unsigned char opcode) {
  const auto* const known = std::find_if(pickle_opcodes.begin(), pickle_opcodes.end(),
                                         [&](const auto& entry) { return entry.first == opcode; });
  return known == pickle_opcodes.end() ? "byte " + std::to_string(opcode) : std::string(known->second);
}

class Machine {
 public:
  Machine(std::string_view bytes, std::string file) : file_(std::move(file)), reader_(bytes, file_) {}

  std::vector<PickledTensor> run() {
    while (!stopped_) step();
    if (reader_.left() > 0) {
      throw error_at_byte(ErrorKind::bad_data, file_, reader_.position(),
                          "pickle: " + std::to_string(reader_.left()) + " bytes after its end");
    }
    if (stack_.size() != 1 || !marks_.empty()) {
      throw fault("expected one value at the end, found " + std::to_string(stack_.size()));
    }
    return state_dict(stack_.back());
  }

 private:
  Error fault(const std::string& what) const {
    return error_at_byte(ErrorKind::bad_data, file_, place_, "pickle: " + opcode_name(opcode_) + ": " + what);
  }

  // The arena, the stack and the memo.

  Ref make(Value value) {
    if (values_.size() >= most_values) throw fault("more than " + std::to_string(most_values) + " values");
    values_.push_back(std::move(value));
    return static_cast<Ref>(values_.size() - 1);
  }
  void push(Value value) { stack_.push_back(make(std::move(value))); }
  void push_integer(Kind kind, std::int64_t integer) { push({kind, integer, {}, {}}); }

  /// Values above the last mark, or on the whole stack.
  std::size_t reachable() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  Ref pop() {
    if (reachable() == 0) throw fault("the stack is empty");
    const Ref ref = stack_.back();
    stack_.pop_back();
    return ref;
  }
  Value& top(Kind kind) {
    if (reachable() == 0) throw fault("the stack is empty");
    return expect(stack_.back(), kind);
  }
  std::vector<Ref> pop_to_mark() {
    if (marks_.empty()) throw fault("no MARK on the stack");
    const auto mark = static_cast<std::ptrdiff_t>(marks_.back());
    marks_.pop_back();
    std::vector<Ref> items(stack_.begin() + mark, stack_.end());
    stack_.resize(static_cast<std::size_t>(mark));
    return items;
  }
  Value& expect(Ref ref, Kind kind) {
    Value& value = values_[ref];
    if (value.kind != kind) {
      throw fault("expected " + std::string(kind_names[static_cast<std::size_t>(kind)]) + ", found " +
                  std::string(kind_names[static_cast<std::size_t>(value.kind)]));
    }
    return value;
  }

  void remember(std::uint64_t slot) {
    if (reachable() == 0) throw fault("the stack is empty");
    memo_[slot] = stack_.back();
  }
  void recall(std::uint64_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end()) throw fault("nothing was put in memo slot " + std::to_string(slot));
    stack_.push_back(found->second);
  }

  void push_tuple(std::size_t count) {
    if (reachable() < count) throw fault("the stack is empty");
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<Ref> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    push({Kind::tuple, 0, {}, std::move(items)});
  }

  void push_text(std::uint64_t length) {
    push({Kind::text, 0, std::string(reader_.take(length, "pickled text")), {}});
  }

  std::string line() {
    constexpr std::size_t longest = 256;
    std::string out;
    while (true) {
      const char c = reader_.take(1, "name of a global").front();
      if (c == '\n') return out;
      if (out.size() == longest) throw fault("a name longer than " + std::to_string(longest) + " bytes");
      out += c;
    }
  }

  // One opcode.

  void step() {
    place_ = reader_.position();
    opcode_ = static_cast<unsigned char>(reader_.number(1, "pickle"));
    switch (opcode_) {
      case 0x80: {  // PROTO
        const std::uint64_t protocol = reader_.number(1, "pickle protocol");
        if (protocol < 2 || protocol > 4) {
          throw fault("expected protocol 2 to 4, found " + std::to_string(protocol));
        }
        return;
      }
      case 0x95:  // FRAME: a hint for reading ahead
        reader_.number(8, "pickle frame");
        return;
      case '.':
        stopped_ = true;
        return;
      case '(':
        marks_.push_back(stack_.size());
        return;
      case 'N':
        return push_integer(Kind::none, 0);
      case 0x88:
        return push_integer(Kind::boolean, 1);
      case 0x89:
        return push_integer(Kind::boolean, 0);
      case 'J':
        return push_integer(Kind::integer, static_cast<std::int32_t>(reader_.number(4, "integer")));
      case 'K':
        return push_integer(Kind::integer, static_cast<std::int64_t>(reader_.number(1, "integer")));
      case 'M':
        return push_integer(Kind::integer, static_cast<std::int64_t>(reader_.number(2, "integer")));
      case 0x8a:
        return push_integer(Kind::integer, long_integer());
      case 'G':
        reader_.take(8, "float");  // none is ever looked at
        return push_integer(Kind::real, 0);
      case 'X':
        return push_text(reader_.number(4, "length of text"));
      case 0x8c:
        return push_text(reader_.number(1, "length of text"));
      case 'q':
        return remember(reader_.number(1, "memo slot"));
      case 'r':
        return remember(reader_.number(4, "memo slot"));
      case 0x94:
        return remember(memo_.size());
      case 'h':
        return recall(reader_.number(1, "memo slot"));
      case 'j':
        return recall(reader_.number(4, "memo slot"));
      default:
        return step_compound();
    }
  }

  void step_compound() {
    switch (opcode_) {
      case ')':
        return push_tuple(0);
      case 0x85:
        return push_tuple(1);
      case 0x86:
        return push_tuple(2);
      case 0x87:
        return push_tuple(3);
      case 't':
        return push({Kind::tuple, 0, {}, pop_to_mark()});
      case ']':
        return push({Kind::list, 0, {}, {}});
      case '}':
        return push({Kind::dict, 0, {}, {}});
      case 'a': {
        const Ref item = pop();
        top(Kind::list).items.push_back(item);
        return;
      }
      case 'e': {
        const std::vector<Ref> items = pop_to_mark();
        Value& list = top(Kind::list);
        list.items.insert(list.items.end(), items.begin(), items.end());
        return;
      }
      case 's': {
        const Ref value = pop();
        const Ref key = pop();
        Value& dict = top(Kind::dict);
        dict.items.push_back(key);
        dict.items.push_back(value);
        return;
      }
      case 'u': {
        const std::vector<Ref> items = pop_to_mark();
        Value& dict = top(Kind::dict);
        if (items.size() % 2 != 0) throw fault("a key without a value");
        dict.items.insert(dict.items.end(), items.begin(), items.end());
        return;
      }
      case 'c': {
        const std::string module = line();
        return push_global(module + "." + line());
      }
      case 0x93: {
        const std::string name = expect(pop(), Kind::text).text;
        return push_global(expect(pop(), Kind::text).text + "." + name);
      }
      case 'Q':
        return push_storage();
      case 'R':
        return call();
      case 'b':  // the attributes of a dict: `_metadata`, which says nothing about weights
        expect(pop(), Kind::dict);
        top(Kind::dict);
        return;
      default:
        throw fault("not among the opcodes a state_dict needs");
    }
  }

  std::int64_t long_integer() {
    const std::uint64_t length = reader_.number(1, "length of integer");
    if (length > 8) throw fault("expected an integer of at most 8 bytes, found " + std::to_string(length));
    const auto width = static_cast<unsigned>(length);
    std::uint64_t value = reader_.number(width, "integer");
    const bool negative = width > 0 && ((value >> (8 * width - 1)) & 1U) != 0;
    if (negative && width < 8) value |= ~0ULL << (8 * width);
    return static_cast<std::int64_t>(value);
  }

  void push_global(const std::string& name) {
    for (const auto& [known, function] : functions) {
      if (known == name) return push_integer(Kind::function, static_cast<std::int64_t>(function));
    }
    for (const auto& [known, type] : storage_types) {
      if (known == name) return push_integer(Kind::storage_type, static_cast<std::int64_t>(type));
    }
    throw fault("global " + printable(name) + " is not among those a state_dict needs; nothing was executed");
  }

  // Storages and tensors.

  /// ('storage', type, key, device, count) -> a storage
  void push_storage() {
    const std::vector<Ref> parts = expect(pop(), Kind::tuple).items;
    if (parts.size() != 5) {
      throw fault("a storage: expected 5 parts, found " + std::to_string(parts.size()));
    }
    const std::string& tag = expect(parts[0], Kind::text).text;
    if (tag != "storage") throw fault("expected the tag storage, found " + printable(tag));
    const auto type = static_cast<StorageType>(expect(parts[1], Kind::storage_type).integer);
    const std::string& key = expect(parts[2], Kind::text).text;
    if (key.size() > longest_key) throw fault("a storage key longer than " + std::to_string(longest_key));
    expect(parts[3], Kind::text);
    const std::int64_t count = expect(parts[4], Kind::integer).integer;
    if (count < 0) throw fault("storage " + printable(key) + ": " + std::to_string(count) + " numbers");
    // items: the type and the count, as values of their own
    push({Kind::storage, static_cast<std::int64_t>(type), key, {parts[4]}});
  }

  void call() {
    const std::vector<Ref> arguments = expect(pop(), Kind::tuple).items;
    const auto function = static_cast<Function>(expect(pop(), Kind::function).integer);
    const auto expect_count = [&](const char* name, std::size_t least, std::size_t most) {
      if (arguments.size() < least || arguments.size() > most) {
        throw fault(std::string(name) + ": expected " + std::to_string(least) + " arguments, found " +
                    std::to_string(arguments.size()));
      }
    };
    switch (function) {
      case Function::ordered_dict:
        expect_count("OrderedDict", 0, 0);
        return push({Kind::dict, 0, {}, {}});
      case Function::size:
        expect_count("Size", 1, 1);
        expect(arguments[0], Kind::tuple);
        stack_.push_back(arguments[0]);
        return;
      case Function::rebuild_parameter:  // (tensor, requires_grad, hooks): the tensor
        expect_count("_rebuild_parameter", 3, 3);
        expect(arguments[0], Kind::tensor);
        stack_.push_back(arguments[0]);
        return;
      case Function::rebuild_tensor:  // (storage, offset, size, stride, requires_grad, hooks[, metadata])
        expect_count("_rebuild_tensor_v2", 6, 7);
        return push_tensor(arguments);
    }
  }

  std::vector<std::int64_t> integers(Ref tuple) {
    std::vector<std::int64_t> out;
    for (const Ref ref : expect(tuple, Kind::tuple).items) out.push_back(expect(ref, Kind::integer).integer);
    return out;
  }

  void push_tensor(std::span<const Ref> arguments) {
    const Value& storage = expect(arguments[0], Kind::storage);
    PickledTensor tensor;
    tensor.storage = storage.text;
    tensor.type = static_cast<StorageType>(storage.integer);
    tensor.storage_items = values_[storage.items.front()].integer;
    tensor.offset = expect(arguments[1], Kind::integer).integer;
    tensor.sizes = integers(arguments[2]);
    tensor.strides = integers(arguments[3]);
    if (const std::string what = window_fault(tensor); !what.empty()) throw fault(what);
    tensors_.push_back(std::move(tensor));
    push_integer(Kind::tensor, static_cast<std::int64_t>(tensors_.size() - 1));
  }

  std::vector<PickledTensor> state_dict(Ref root) {
    const std::vector<Ref>& items = expect(root, Kind::dict).items;
    std::vector<PickledTensor> out;
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < items.size(); i += 2) {
      const std::string& name = expect(items[i], Kind::text).text;
      const Value& value = values_[items[i + 1]];
      if (value.kind != Kind::tensor) {
        throw error_in(ErrorKind::bad_data, file_,
                       "state_dict: " + printable(name) + ": expected a tensor, found " +
                           std::string(kind_names[static_cast<std::size_t>(value.kind)]));
      }
      if (!seen.insert(name).second) {
        throw error_in(ErrorKind::bad_data, file_, "state_dict: " + printable(name) + ": there twice");
      }
      out.push_back(tensors_[static_cast<std::size_t>(value.integer)]);
      out.back().name = name;
    }
    return out;
  }

  std::string file_;
  ByteReader reader_;
  std::vector<Value> values_;
  std::vector<PickledTensor> tensors_;
  std::vector<Ref> stack_;
  std::vector<std::size_t> marks_;  ///< heights of the stack where MARK was met
  std::unordered_map<std::uint64_t, Ref> memo_;
  std::uint64_t place_ = 0;  ///< of the opcode at hand
  unsigned char opcode_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::vector<PickledTensor> read_state_dict(std::string_view bytes, const std::string& file) {
  if (bytes.size() > longest_pickle) {
    throw error_in(ErrorKind::bad_data, file,
                   "pickle: expected at most " + std::to_string(longest_pickle) + " bytes, found " +
                       std::to_string(bytes.size()));
  }
  return Machine(bytes, file).run();
}

}  // namespace onset
