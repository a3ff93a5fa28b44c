#include "onset/checkpoint/pickle.h"

#include <gtest/gtest.h>

#include "test/checkpoint/expect_error.h"
#include "test/checkpoint/pickle_builder.h"

namespace onset {
namespace {

std::vector<PickledTensor> read(const std::string& bytes) { return read_state_dict(bytes, "data.pkl"); }

void expect_refused(Pickle pickle, const std::string& fragment) {
  const std::string bytes = pickle.stop();
  expect_error(ErrorKind::bad_data, fragment, [&] { read(bytes); });
}
/// The fault is at the opcode that begins `back` bytes before the end of `pickle`.
void expect_refused_near_end(const Pickle& pickle, std::uint64_t back, const std::string& fragment) {
  expect_refused(pickle,
                 std::string("@").append(std::to_string(pickle.size() - back)) + ": pickle: " + fragment);
}

TEST(PickleReader, ReadsAStateDict) {
  const auto tensors = read(Pickle()
                                .raw("}(")
                                .text("a")
                                .tensor(6, 0, {2, 3}, {3, 1})
                                .text("b")
                                .tensor(6, 1, {2}, {2})
                                .raw("u")
                                .stop());
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors[0].name, "a");
  EXPECT_EQ(tensors[0].storage, "0");
  EXPECT_EQ(tensors[0].storage_items, 6);
  EXPECT_EQ(tensors[0].type, StorageType::float32);
  EXPECT_EQ(tensors[0].sizes, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(tensors[0].strides, (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(tensors[1].name, "b");
  EXPECT_EQ(tensors[1].offset, 1);
  EXPECT_TRUE(read(Pickle().raw("}").stop()).empty());
}

TEST(PickleReader, OrderedDictWithMetadata) {
  // what torch.save(module.state_dict()) adds: BUILD with {"_metadata": OrderedDict({"": {"version": 1}})}
  Pickle pickle;
  pickle.global("collections", "OrderedDict").raw(")R").text("w").tensor(1, 0, {}, {}).raw("s}");
  pickle.text("_metadata").global("collections", "OrderedDict").raw(")R").text("").raw("}").text("version");
  pickle.raw("K\x01sssb");
  EXPECT_EQ(read(pickle.stop()).size(), 1U);
}

TEST(PickleReader, ParametersSizesAndTheMemo) {
  Pickle pickle(4);
  pickle.raw("\x95").number(1000, 8).raw("}");
  pickle.raw("\x8c").number(1, 1).raw("p");  // SHORT_BINUNICODE
  pickle.raw("\x8c").number(12, 1).raw("torch._utils").raw("\x94");
  pickle.raw("\x8c")
      .number(18, 1)
      .raw("_rebuild_parameter")
      .raw("\x94\x93\x94");                              // memo 0, 1; STACK_GLOBAL, memo 2
  pickle.tensor(2, 0, {2}, {1}).raw("\x94\x88}\x87Rs");  // memo 3; TRUE, {}, TUPLE3, REDUCE
  pickle.text("q").raw("h\x03s");                        // the tensor again
  pickle.text("r").global("torch._utils", "_rebuild_tensor_v2").raw("(").storage("HalfStorage", 2).raw("K");
  pickle.number(0, 1).global("torch", "Size").integers({2}).raw("\x85R").integers({1}).raw("\x89}tRs");
  const auto tensors = read(pickle.stop());
  ASSERT_EQ(tensors.size(), 3U);
  EXPECT_EQ(tensors[0].name, "p");
  EXPECT_EQ(tensors[1].sizes, (std::vector<std::int64_t>{2}));
  EXPECT_EQ(tensors[2].type, StorageType::float16);
  EXPECT_EQ(tensors[2].sizes, (std::vector<std::int64_t>{2}));
}

TEST(PickleReader, EveryStorageType) {
  const std::vector<std::pair<std::string, std::int64_t>> widths = {
      {"DoubleStorage", 8}, {"FloatStorage", 4}, {"HalfStorage", 2},  {"BFloat16Storage", 2},
      {"LongStorage", 8},   {"IntStorage", 4},   {"ShortStorage", 2}, {"CharStorage", 1},
      {"ByteStorage", 1},   {"BoolStorage", 1}};
  for (const auto& [name, width] : widths) {
    Pickle pickle;
    pickle.raw("}")
        .text("x")
        .global("torch._utils", "_rebuild_tensor_v2")
        .raw("(")
        .storage(name, 3)
        .integer(0);
    pickle.integers({3}).integers({1}).raw("\x89}tRs");
    EXPECT_EQ(item_size(read(pickle.stop()).at(0).type), width) << name;
  }
}

TEST(PickleReader, GlobalsOffTheListAreNeverCalled) {
  const Pickle attack = Pickle().global("os", "system").text("touch pwned").raw("\x85R");
  expect_refused(attack, "@2: pickle: GLOBAL: global os.system is not among those a state_dict needs");
  expect_refused(Pickle().global("builtins", "eval"), "@2: pickle: GLOBAL: global builtins.eval");
  expect_refused(Pickle().global("torch", "load"), "@2: pickle: GLOBAL: global torch.load");
  expect_refused(Pickle().global("torch._utils", "_rebuild_tensor_v3"),
                 "@2: pickle: GLOBAL: global torch._utils._rebuild");
  expect_refused(Pickle().global("collections", "OrderedDict.clear"),
                 "@2: pickle: GLOBAL: global collections.OrderedDict.");
  expect_refused(Pickle().global("collections.OrderedDict", ""),
                 "@2: pickle: GLOBAL: global collections.OrderedDict. ");
  expect_refused(Pickle(4).text("posix").text("system").raw("\x93"),
                 "@23: pickle: STACK_GLOBAL: global posix.system");
  expect_refused(Pickle().raw("(S'x'\nios\nsystem\n"), "@3: pickle: STRING: not among the opcodes");
  expect_refused(Pickle().raw("(ios\nsystem\n"), "@3: pickle: INST: not among the opcodes");
  expect_refused(Pickle().raw("c").raw(std::string(300, 'x')),
                 "@2: pickle: GLOBAL: a name longer than 256 bytes");
}

TEST(PickleReader, OpcodesOffTheListAreNamed) {
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"0", "POP"},          {"1", "POP_MARK"},       {"2", "DUP"},           {"I01\n", "INT"},
      {"F1\n", "FLOAT"},     {"L1L\n", "LONG"},       {"P1\n", "PERSID"},     {"g0\n", "GET"},
      {"p0\n", "PUT"},       {"d", "DICT"},           {"l", "LIST"},          {"o", "OBJ"},
      {"Vx\n", "UNICODE"},   {"\x81", "NEWOBJ"},      {"\x82\x01", "EXT1"},   {"\x92", "NEWOBJ_EX"},
      {"\x8f", "EMPTY_SET"}, {"\x97", "NEXT_BUFFER"}, {"\x96", "BYTEARRAY8"}, {"\x8d", "BINUNICODE8"},
      {"B", "BINBYTES"},     {"\xff", "byte 255"}};
  for (const auto& [bytes, name] : refused) {
    expect_refused(Pickle().raw(bytes), "@2: pickle: " + name + ": not among the opcodes a state_dict needs");
  }
  expect_refused(Pickle(5), "@0: pickle: PROTO: expected protocol 2 to 4, found 5");
  expect_refused(Pickle(1), "@0: pickle: PROTO: expected protocol 2 to 4, found 1");
}

TEST(PickleReader, TheStackAndTheMemoAreGuarded) {
  expect_refused(Pickle(), "@2: pickle: STOP: expected one value at the end, found 0");
  expect_refused(Pickle().raw("}}"), "@4: pickle: STOP: expected one value at the end, found 2");
  expect_refused(Pickle().raw("}("), "@4: pickle: STOP: expected one value at the end, found 1");
  expect_refused(Pickle().raw("s"), "@2: pickle: SETITEM: the stack is empty");
  expect_refused(Pickle().raw("NNs"), "@4: pickle: SETITEM: the stack is empty");
  expect_refused(Pickle().raw("NNNs"), "@5: pickle: SETITEM: expected a dict, found None");
  expect_refused(Pickle().raw("](NNu"), "@6: pickle: SETITEMS: expected a dict, found a list");
  expect_refused(Pickle().raw("}(Nu"), "@5: pickle: SETITEMS: a key without a value");
  expect_refused(Pickle().raw("}u"), "@3: pickle: SETITEMS: no MARK on the stack");
  expect_refused(Pickle().raw("t"), "@2: pickle: TUPLE: no MARK on the stack");
  expect_refused(Pickle().raw("N(\x85"), "@4: pickle: TUPLE1: the stack is empty");
  expect_refused(Pickle().raw("NN\x87"), "@4: pickle: TUPLE3: the stack is empty");
  expect_refused(Pickle().raw("}Na"), "@4: pickle: APPEND: expected a list, found a dict");
  expect_refused(Pickle().raw("}(Ne"), "@5: pickle: APPENDS: expected a list, found a dict");
  expect_refused(Pickle().raw("h").number(7, 1), "@2: pickle: BINGET: nothing was put in memo slot 7");
  expect_refused(Pickle().raw("j").number(1U << 31U, 4),
                 "@2: pickle: LONG_BINGET: nothing was put in memo slot 2147483648");
  expect_refused(Pickle().raw("q").number(0, 1), "@2: pickle: BINPUT: the stack is empty");
  expect_refused(Pickle().raw("\x94"), "@2: pickle: MEMOIZE: the stack is empty");
  expect_refused(Pickle().raw("}Nb"), "@4: pickle: BUILD: expected a dict, found None");
  expect_refused(Pickle().raw("N}b"), "@4: pickle: BUILD: expected a dict, found None");
  expect_refused(Pickle().raw("NNR"), "@4: pickle: REDUCE: expected a tuple, found None");
  expect_refused(Pickle().raw("N)R"), "@4: pickle: REDUCE: expected a function, found None");
  expect_refused(Pickle().raw("N\x93"), "@3: pickle: STACK_GLOBAL: expected text, found None");
}

TEST(PickleReader, CutShortOrTooLong) {
  const std::string whole = Pickle().raw("}").text("a").tensor(6, 0, {2, 3}, {3, 1}).raw("s").stop();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    expect_error(ErrorKind::bad_data, "data.pkl", [&] { read(whole.substr(0, size)); });
  }
  expect_error(ErrorKind::bad_data, "data.pkl:@0: pickle: expected 1 bytes, found 0", [] { read(""); });
  expect_error(ErrorKind::bad_data,
               std::string("@").append(std::to_string(whole.size())) + ": pickle: 3 bytes after its end",
               [&] { read(whole + "abc"); });
  expect_refused(Pickle().raw("X").number(0xffffffff, 4),
                 "@7: pickled text: expected 4294967295 bytes, found 1");
  expect_refused(Pickle().raw("\x8a").number(9, 1),
                 "@2: pickle: LONG1: expected an integer of at most 8 bytes, found 9");
  expect_error(ErrorKind::bad_data, "data.pkl: pickle: expected at most 16777216 bytes, found 16777217",
               [] { read(std::string((16U << 20U) + 1, 'N')); });
  expect_error(ErrorKind::bad_data, "pickle: NONE: more than 1000000 values",
               [] { read(std::string(2'000'000, 'N')); });
}

TEST(PickleReader, DepthAndCyclesAreHarmless) {
  // a tuple in a tuple ... 900,000 deep, and a list that holds itself
  Pickle deep;
  deep.raw(")").raw(std::string(900'000, '\x85'));
  expect_refused(deep, "@900003: pickle: STOP: expected a dict, found a tuple");
  expect_refused(Pickle().raw("]q").number(0, 1).raw("h").number(0, 1).raw("a"),
                 "STOP: expected a dict, found a list");
}

TEST(PickleReader, WindowsMustLieInTheirStorage) {
  const auto window = [](std::int64_t count, std::int64_t offset, const std::vector<std::int64_t>& sizes,
                         const std::vector<std::int64_t>& strides, const std::string& what) {
    // REDUCE is the last byte
    expect_refused_near_end(Pickle().raw("}").text("a").tensor(count, offset, sizes, strides), 1,
                            "REDUCE: a tensor of size " + what);
  };
  constexpr std::int64_t huge = INT64_MAX;
  window(5, 0, {2, 3}, {3, 1}, "[2, 3], strides [3, 1], offset 0: reaches beyond its storage 0 of 5 numbers");
  window(6, 1, {2, 3}, {3, 1}, "[2, 3], strides [3, 1], offset 1: reaches beyond its storage");
  window(6, -1, {2, 3}, {3, 1}, "[2, 3], strides [3, 1], offset -1: reaches beyond its storage");
  window(6, 7, {0}, {1}, "[0], strides [1], offset 7: reaches beyond its storage");
  window(6, 0, {2, 3}, {-3, 1}, "[2, 3], strides [-3, 1], offset 0: a negative size or stride");
  window(6, 0, {-2, 3}, {3, 1}, "[-2, 3], strides [3, 1], offset 0: a negative size or stride");
  window(6, 0, {2, 3}, {3}, "[2, 3], strides [3], offset 0: expected one stride a dimension");
  window(6, 0, {huge, huge}, {0, 0},
         "[9223372036854775807, 9223372036854775807], strides [0, 0], offset 0: too large");
  window(6, 0, {2, 3}, {huge, 1}, "[2, 3], strides [9223372036854775807, 1], offset 0: too large");
  window(huge, huge, {3}, {huge},
         "[3], strides [9223372036854775807], offset 9223372036854775807: too large");
  window(6, 0, {1LL << 40U}, {0},
         "[1099511627776], strides [0], offset 0: repeats its storage of 6 numbers too often");
  window(6, 0, std::vector<std::int64_t>(65, 1), std::vector<std::int64_t>(65, 1),
         "[1, 1, 1, 1, 1, 1, 1, 1, ...]");
  EXPECT_EQ(read(Pickle().raw("}").text("a").tensor(1, 0, {4, 5}, {0, 0}).raw("s").stop()).size(), 1U);
  EXPECT_EQ(read(Pickle().raw("}").text("a").tensor(6, 6, {0, 3}, {3, 1}).raw("s").stop()).size(), 1U);
}

TEST(PickleReader, CallsAndStoragesOfTheWrongForm) {
  expect_refused(Pickle().global("collections", "OrderedDict").raw("N\x85R"),
                 "REDUCE: OrderedDict: expected 0 arguments, found 1");
  expect_refused(Pickle().global("torch", "Size").raw(")R"), "REDUCE: Size: expected 1 arguments, found 0");
  expect_refused(Pickle().global("torch", "Size").raw("N\x85R"), "REDUCE: expected a tuple, found None");
  expect_refused(Pickle().global("torch._utils", "_rebuild_tensor_v2").raw(")R"),
                 "REDUCE: _rebuild_tensor_v2: expected 6 arguments, found 0");
  expect_refused(Pickle().global("torch._utils", "_rebuild_parameter").raw("NNN\x87R"),
                 "REDUCE: expected a tensor, found None");
  expect_refused(Pickle().global("torch", "FloatStorage").raw(")R"),
                 "REDUCE: expected a function, found a storage type");
  expect_refused(Pickle().raw("NQ"), "@3: pickle: BINPERSID: expected a tuple, found None");
  expect_refused(Pickle().raw(")Q"), "@3: pickle: BINPERSID: a storage: expected 5 parts, found 0");
  expect_refused(Pickle().raw("(").text("module").raw("NNNNtQ"),
                 "BINPERSID: expected the tag storage, found module");
  expect_refused(Pickle().raw("(").text("storage").raw("NNNNtQ"),
                 "BINPERSID: expected a storage type, found None");
  expect_refused(Pickle().storage("FloatStorage", -1), "BINPERSID: storage 0: -1 numbers");
  expect_refused(Pickle()
                     .raw("(")
                     .text("storage")
                     .global("torch", "FloatStorage")
                     .text(std::string(65, '0'))
                     .raw("NNtQ"),
                 "BINPERSID: a storage key longer than 64");
}

TEST(PickleReader, StateDictsOfTheWrongForm) {
  expect_refused(Pickle().raw("N"), "@3: pickle: STOP: expected a dict, found None");
  expect_refused(Pickle().raw("}K\x01Ns"), "STOP: expected text, found an integer");
  expect_refused(Pickle().raw("}").text("a").raw("K\x01s"),
                 " state_dict: a: expected a tensor, found an integer");
  expect_refused(Pickle().raw("}").text("model").raw("}s"),
                 " state_dict: model: expected a tensor, found a dict");
  Pickle twice;
  twice.raw("}").text("a").tensor(1, 0, {1}, {1}).raw("s").text("a").tensor(1, 0, {1}, {1}).raw("s");
  expect_refused(twice, " state_dict: a: there twice");
}

}  // namespace
}  // namespace onset
