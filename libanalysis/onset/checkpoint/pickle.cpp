#include "onset/checkpoint/pickle.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "onset/base/error.h"
#include "onset/checkpoint/byte_reader.h"
#include "onset/checkpoint/pickle_opcodes.h"
#include "onset/checkpoint/pickle_stack.h"
#include "onset/checkpoint/printable.h"

namespace onset {
namespace {

constexpr std::size_t longest_pickle = 16U << 20U;  ///< BERT-base's is 30 kB
constexpr std::size_t longest_key = 64;             ///< every tensor keeps a copy

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

std::string opcode_name(unsigned char opcode) {
  const auto* const known = std::find_if(pickle_opcodes.begin(), pickle_opcodes.end(),
                                         [&](const auto& entry) { return entry.first == opcode; });
  return known == pickle_opcodes.end() ? "byte " + std::to_string(opcode) : std::string(known->second);
}

class Machine {
 public:
  Machine(std::string_view bytes, std::string file)
      : file_(std::move(file)),
        reader_(bytes, file_),
        stack_([this](const std::string& what) { return fault(what); }) {}

  std::vector<PickledTensor> run() {
    while (!stopped_) step();
    if (reader_.left() > 0) {
      throw error_at_byte(ErrorKind::bad_data, file_, reader_.position(),
                          "pickle: " + std::to_string(reader_.left()) + " bytes after its end");
    }
    return state_dict(stack_.only());
  }

 private:
  Error fault(const std::string& what) const {
    return error_at_byte(ErrorKind::bad_data, file_, place_, "pickle: " + opcode_name(opcode_) + ": " + what);
  }

  void push_text(std::uint64_t length) {
    stack_.push({PickleKind::text, 0, std::string(reader_.take(length, "pickled text")), {}});
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
        stack_.mark();
        return;
      case 'N':
        return stack_.push_integer(PickleKind::none, 0);
      case 0x88:
        return stack_.push_integer(PickleKind::boolean, 1);
      case 0x89:
        return stack_.push_integer(PickleKind::boolean, 0);
      case 'J':
        return stack_.push_integer(PickleKind::integer,
                                   static_cast<std::int32_t>(reader_.number(4, "integer")));
      case 'K':
        return stack_.push_integer(PickleKind::integer,
                                   static_cast<std::int64_t>(reader_.number(1, "integer")));
      case 'M':
        return stack_.push_integer(PickleKind::integer,
                                   static_cast<std::int64_t>(reader_.number(2, "integer")));
      case 0x8a:
        return stack_.push_integer(PickleKind::integer, long_integer());
      case 'G':
        reader_.take(8, "float");  // none is ever looked at
        return stack_.push_integer(PickleKind::real, 0);
      case 'X':
        return push_text(reader_.number(4, "length of text"));
      case 0x8c:
        return push_text(reader_.number(1, "length of text"));
      case 'q':
        return stack_.remember(reader_.number(1, "memo slot"));
      case 'r':
        return stack_.remember(reader_.number(4, "memo slot"));
      case 0x94:
        return stack_.remember_next();
      case 'h':
        return stack_.recall(reader_.number(1, "memo slot"));
      case 'j':
        return stack_.recall(reader_.number(4, "memo slot"));
      default:
        return step_compound();
    }
  }

  void step_compound() {
    switch (opcode_) {
      case ')':
        return stack_.push_tuple(0);
      case 0x85:
        return stack_.push_tuple(1);
      case 0x86:
        return stack_.push_tuple(2);
      case 0x87:
        return stack_.push_tuple(3);
      case 't':
        return stack_.push({PickleKind::tuple, 0, {}, stack_.pop_to_mark()});
      case ']':
        return stack_.push({PickleKind::list, 0, {}, {}});
      case '}':
        return stack_.push({PickleKind::dict, 0, {}, {}});
      case 'a': {
        const PickleRef item = stack_.pop();
        stack_.top(PickleKind::list).items.push_back(item);
        return;
      }
      case 'e': {
        const std::vector<PickleRef> items = stack_.pop_to_mark();
        PickleValue& list = stack_.top(PickleKind::list);
        list.items.insert(list.items.end(), items.begin(), items.end());
        return;
      }
      case 's': {
        const PickleRef value = stack_.pop();
        const PickleRef key = stack_.pop();
        PickleValue& dict = stack_.top(PickleKind::dict);
        dict.items.push_back(key);
        dict.items.push_back(value);
        return;
      }
      case 'u': {
        const std::vector<PickleRef> items = stack_.pop_to_mark();
        PickleValue& dict = stack_.top(PickleKind::dict);
        if (items.size() % 2 != 0) throw fault("a key without a value");
        dict.items.insert(dict.items.end(), items.begin(), items.end());
        return;
      }
      case 'c': {
        const std::string module = line();
        return push_global(module + "." + line());
      }
      case 0x93: {
        const std::string name = stack_.expect(stack_.pop(), PickleKind::text).text;
        return push_global(stack_.expect(stack_.pop(), PickleKind::text).text + "." + name);
      }
      case 'Q':
        return push_storage();
      case 'R':
        return call();
      case 'b':  // the attributes of a dict: `_metadata`, which says nothing about weights
        stack_.expect(stack_.pop(), PickleKind::dict);
        stack_.top(PickleKind::dict);
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
      if (known == name)
        return stack_.push_integer(PickleKind::function, static_cast<std::int64_t>(function));
    }
    for (const auto& [known, type] : storage_types) {
      if (known == name)
        return stack_.push_integer(PickleKind::storage_type, static_cast<std::int64_t>(type));
    }
    throw fault("global " + printable(name) + " is not among those a state_dict needs; nothing was executed");
  }

  // Storages and tensors.

  /// ('storage', type, key, device, count) -> a storage
  void push_storage() {
    const std::vector<PickleRef> parts = stack_.expect(stack_.pop(), PickleKind::tuple).items;
    if (parts.size() != 5) {
      throw fault("a storage: expected 5 parts, found " + std::to_string(parts.size()));
    }
    const std::string& tag = stack_.expect(parts[0], PickleKind::text).text;
    if (tag != "storage") throw fault("expected the tag storage, found " + printable(tag));
    const auto type = static_cast<StorageType>(stack_.expect(parts[1], PickleKind::storage_type).integer);
    const std::string& key = stack_.expect(parts[2], PickleKind::text).text;
    if (key.size() > longest_key) throw fault("a storage key longer than " + std::to_string(longest_key));
    stack_.expect(parts[3], PickleKind::text);
    const std::int64_t count = stack_.expect(parts[4], PickleKind::integer).integer;
    if (count < 0) throw fault("storage " + printable(key) + ": " + std::to_string(count) + " numbers");
    // items: the count, as a value of its own
    stack_.push({PickleKind::storage, static_cast<std::int64_t>(type), key, {parts[4]}});
  }

  void call() {
    const std::vector<PickleRef> arguments = stack_.expect(stack_.pop(), PickleKind::tuple).items;
    const auto function = static_cast<Function>(stack_.expect(stack_.pop(), PickleKind::function).integer);
    const auto expect_count = [&](const char* name, std::size_t least, std::size_t most) {
      if (arguments.size() < least || arguments.size() > most) {
        throw fault(std::string(name) + ": expected " + std::to_string(least) + " arguments, found " +
                    std::to_string(arguments.size()));
      }
    };
    switch (function) {
      case Function::ordered_dict:
        expect_count("OrderedDict", 0, 0);
        return stack_.push({PickleKind::dict, 0, {}, {}});
      case Function::size:
        expect_count("Size", 1, 1);
        stack_.expect(arguments[0], PickleKind::tuple);
        stack_.push_again(arguments[0]);
        return;
      case Function::rebuild_parameter:  // (tensor, requires_grad, hooks): the tensor
        expect_count("_rebuild_parameter", 3, 3);
        stack_.expect(arguments[0], PickleKind::tensor);
        stack_.push_again(arguments[0]);
        return;
      case Function::rebuild_tensor:  // (storage, offset, size, stride, requires_grad, hooks[, metadata])
        expect_count("_rebuild_tensor_v2", 6, 7);
        return push_tensor(arguments);
    }
  }

  std::vector<std::int64_t> integers(PickleRef tuple) {
    std::vector<std::int64_t> out;
    for (const PickleRef ref : stack_.expect(tuple, PickleKind::tuple).items)
      out.push_back(stack_.expect(ref, PickleKind::integer).integer);
    return out;
  }

  void push_tensor(std::span<const PickleRef> arguments) {
    const PickleValue& storage = stack_.expect(arguments[0], PickleKind::storage);
    PickledTensor tensor;
    tensor.storage = storage.text;
    tensor.type = static_cast<StorageType>(storage.integer);
    tensor.storage_items = stack_.at(storage.items.front()).integer;
    tensor.offset = stack_.expect(arguments[1], PickleKind::integer).integer;
    tensor.sizes = integers(arguments[2]);
    tensor.strides = integers(arguments[3]);
    if (const std::string what = window_fault(tensor); !what.empty()) throw fault(what);
    tensors_.push_back(std::move(tensor));
    stack_.push_integer(PickleKind::tensor, static_cast<std::int64_t>(tensors_.size() - 1));
  }

  std::vector<PickledTensor> state_dict(PickleRef root) {
    const std::vector<PickleRef>& items = stack_.expect(root, PickleKind::dict).items;
    std::vector<PickledTensor> out;
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < items.size(); i += 2) {
      const std::string& name = stack_.expect(items[i], PickleKind::text).text;
      const PickleValue& value = stack_.at(items[i + 1]);
      if (value.kind != PickleKind::tensor) {
        throw error_in(
            ErrorKind::bad_data, file_,
            "state_dict: " + printable(name) + ": expected a tensor, found " + kind_name(value.kind));
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
  PickleStack stack_;
  std::vector<PickledTensor> tensors_;
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
