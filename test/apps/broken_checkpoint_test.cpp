// Checkpoints that are broken, each in its own way, seen from outside: alone, the program ends with one line
// and the contract's exit code; among others, the checkpoint is named, the others are measured, and the code
// is 3. What the readers refuse in detail is tested in test/checkpoint.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <regex>

#include "onset/series/hdf5_file.h"
#include "program.h"
#include "test/checkpoint/pickle_builder.h"
#include "test/edited_text.h"

namespace onset {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// model.safetensors in its two parts.
struct Weights {
  std::string header, tensors;
};

Weights read_weights(const fs::path& checkpoint) {
  const std::string bytes = read_file(checkpoint / "model.safetensors");
  std::uint64_t size = 0;
  for (unsigned i = 0; i < 8; ++i) size |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8U * i);
  return {bytes.substr(8, size), bytes.substr(8 + size)};
}

void write_weights(const fs::path& checkpoint, const Weights& weights) {
  write_text(checkpoint / "model.safetensors",
             little(weights.header.size(), 8) + weights.header + weights.tensors);
}

using Spoil = std::function<void(const fs::path& checkpoint)>;

/// Replaces the first `what` of a file, which must be there.
Spoil edit(const std::string& file, const std::string& what, const std::string& by) {
  return [=](const fs::path& checkpoint) {
    write_text(checkpoint / file, replaced(read_file(checkpoint / file), what, by));
  };
}

Spoil header(const std::string& what, const std::string& by) {
  return [=](const fs::path& checkpoint) {
    Weights weights = read_weights(checkpoint);
    weights.header = replaced(weights.header, what, by);
    write_weights(checkpoint, weights);
  };
}

Spoil file_of(const std::string& bytes) {
  return [=](const fs::path& checkpoint) { write_text(checkpoint / "model.safetensors", bytes); };
}

Spoil header_of(const std::string& text) { return file_of(little(text.size(), 8) + text); }

/// The weights come from this pytorch_model.bin instead.
Spoil bin_of(const std::string& bytes) {
  return [=](const fs::path& checkpoint) {
    fs::remove(checkpoint / "model.safetensors");
    write_text(checkpoint / "pytorch_model.bin", bytes);
  };
}

Spoil pickle_of(Pickle pickle) { return bin_of(zip_of({{"m/data.pkl", pickle.stop()}})); }

std::string archive() {
  return zip_of({{"m/data.pkl", Pickle().raw("}").text("a").tensor(6, 0, {2, 3}, {3, 1}).raw("s").stop()},
                 {"m/data/0", std::string(24, '\0')}});
}

/// The last lines of the vocabulary, so that those before keep their numbers.
Spoil vocabulary(const std::function<std::string(std::string)>& change) {
  return [=](const fs::path& checkpoint) {
    write_text(checkpoint / "vocab.txt", change(read_file(checkpoint / "vocab.txt")));
  };
}

struct Fault {
  std::string name;  ///< F and its number in the catalogue of faults, then what is wrong
  Spoil spoil;
  int code;
  std::string message;  ///< part of the one line
};

/// Shows the case's name when a test fails.
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }

const std::string query = "bert.encoder.layer.0.attention.self.query.weight";
const Fault faults[] = {
    {"F1HeaderLongerThanTheFile", file_of(little(1000, 8) + "{}"), 65,
     "model.safetensors:@0: header length: expected at most 2, found 1000"},
    {"F1HeaderOverTheLimit",
     [](const fs::path& checkpoint) {
       write_text(checkpoint / "model.safetensors", little(100'000'001, 8) + "{");
       fs::resize_file(checkpoint / "model.safetensors", 100'000'100);
     },
     65, "header length: expected at most 100000000, found 100000001"},
    {"F2Empty", file_of(""), 65, "model.safetensors: the file is empty"},
    {"F2SevenBytes", file_of("1234567"), 65, "expected 8 bytes with the header's length, found 7"},
    {"F3NotUtf8", header_of("{\"\xff\":1}"), 65, "model.safetensors:@10: not JSON"},
    {"F3NotJson", header_of("{\"a\": nothing}"), 65, "not JSON"},
    {"F3Deep", header_of("{\"a\":" + std::string(100'000, '[')), 65, "JSON nested deeper than 32 levels"},
    {"F4KeyTwice",
     header_of(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
               R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"),
     65, "@61: key a is given twice, first at byte 9"},
    {"F5Overlap",
     file_of(little(111, 8) +
             R"({"a":{"dtype":"I16","shape":[2],"data_offsets":[0,4]},)"
             R"("b":{"dtype":"U8","shape":[2,2],"data_offsets":[3,7]}}      )" +
             std::string(7, 'x')),
     65, "b: data_offsets: expected to begin at 4, found 3: it overlaps"},
    {"F5Hole",
     file_of(little(111, 8) +
             R"({"a":{"dtype":"I16","shape":[2],"data_offsets":[0,4]},)"
             R"("b":{"dtype":"U8","shape":[2,2],"data_offsets":[5,9]}}      )" +
             std::string(9, 'x')),
     65, "b: data_offsets: expected to begin at 4, found 5: a hole"},
    {"F5Negative", header_of(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[-1,0]}})"), 65,
     "a: data_offsets: expected whole numbers from 0 to 2^62, found -1"},
    {"F6Overflow", header_of(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})"),
     65, "a: "},
    {"F6Mismatch", header("\"F32\"", "\"F16\""), 65, "model.safetensors: bert."},
    {"F7Trailing",
     [](const fs::path& checkpoint) {
       write_text(checkpoint / "model.safetensors", read_file(checkpoint / "model.safetensors") + "PK");
     },
     65, "bytes of tensors after the header, found"},
    {"F7Truncated",
     [](const fs::path& checkpoint) {
       fs::resize_file(checkpoint / "model.safetensors", fs::file_size(checkpoint / "model.safetensors") - 1);
     },
     65, "model.safetensors: "},
    {"F8UnknownDtype", header("\"F32\"", "\"F33\""), 65, "dtype: expected one of "},
    {"F10LayerTooMany",
     [](const fs::path& checkpoint) {
       const std::string config = read_file(checkpoint / "config.json");
       write_text(checkpoint / "config.json",
                  std::regex_replace(config, std::regex("\"num_hidden_layers\": *[0-9]+"),
                                     "\"num_hidden_layers\": 1"));
     },
     65, ": a layer that config.json does not have: num_hidden_layers 1"},
    {"F10MissingTensor", header(query, "bert.encoder.layer.0.attention.self.queri.weight"), 65,
     query + ": missing; the closest name is bert.encoder.layer.0.attention.self.queri.weight"},
    {"F12NoCentralDirectory", bin_of(archive().substr(0, 100)), 65,
     "pytorch_model.bin:@100: zip archive: no end record"},
    {"F13NamesDisagree", bin_of([] {
       std::string bytes = archive();
       return overwritten(bytes, 30, "n");  // the name in the first local header: m/data.pkl
     }()),
     65, "pytorch_model.bin:@"},
    {"F13TwoPickles", bin_of(zip_of({{"m/data.pkl", "N."}, {"n/data.pkl", "N."}})), 65,
     "a second data.pkl, n/data.pkl"},
    {"F13BadCrc", bin_of(overwritten(archive(), 42, "]")), 65, "entry m/data.pkl: expected CRC-32"},
    {"F13LeavesItsFolder", bin_of(zip_of({{"../data.pkl", "N."}})), 65, "pytorch_model.bin:"},
    {"F14OsSystem", pickle_of(Pickle().global("os", "system").text("touch pwned").raw("\x85R")), 65,
     "(data.pkl):@2: pickle: GLOBAL: global os.system is not among"},
    {"F14StackGlobal", pickle_of(Pickle(4).text("posix").text("system").raw("\x93")), 65,
     "@23: pickle: STACK_GLOBAL: global posix.system"},
    {"F14Inst", pickle_of(Pickle().raw("(ios\nsystem\n")), 65, "@3: pickle: INST: not among the opcodes"},
    {"F15SetItemOnNone", pickle_of(Pickle().raw("NNNs")), 65,
     "@5: pickle: SETITEM: expected a dict, found None"},
    {"F15MemoMiss", pickle_of(Pickle().raw("h\x07")), 65, "@2: pickle: "},
    {"F15StackUnderflow", pickle_of(Pickle().raw("s")), 65, "@2: pickle: SETITEM: the stack is empty"},
    {"F15StorageTooShort", pickle_of(Pickle().raw("}").text("a").tensor(5, 0, {2, 3}, {3, 1}).raw("s")), 65,
     "a tensor of size [2, 3], strides [3, 1], offset 0"},
    {"F17HeadsDoNotDivide", edit("config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5"),
     78, "config.json: num_attention_heads: expected a divisor of hidden_size 64, found 5"},
    {"F17NegativeSize", edit("config.json", "\"intermediate_size\": 256", "\"intermediate_size\": -1"), 78,
     "intermediate_size: expected 1 to 1048576, found -1"},
    {"F18MoreLinesThanRows", vocabulary([](const std::string& text) { return text + "onelinemore\n"; }), 65,
     "vocab.txt: expected at most "},
    {"F19NoMask", edit("vocab.txt", "[MASK]", "[MUSK]"), 65, "vocab.txt: "},
    {"F19TwiceTheSame", vocabulary([](const std::string& text) {
       const std::size_t last = text.rfind('\n', text.size() - 2);
       return text.substr(0, last + 1) + "[CLS]\n";
     }),
     65, "vocab.txt:"},
    {"F20Activation", edit("config.json", "\"gelu\"", "\"swish\""), 78,
     "config.json: hidden_act: expected gelu, gelu_new or relu, found swish"},
    {"F20Architecture", edit("config.json", "\"bert\"", "\"roberta\""), 78,
     "config.json: model_type: expected bert, found roberta"},
};

class BrokenCheckpoint : public testing::Test {
 protected:
  fs::path checkpoint(int step) const { return folder_ / "run" / ("checkpoint-" + std::to_string(step)); }
  /// Makes checkpoint-<step> of the small series' checkpoint-<from>.
  void copy(int step, int from) const {
    fs::create_directories(folder_ / "run");
    fs::copy(fs::path(small_series().run()) / ("checkpoint-" + std::to_string(from)), checkpoint(step),
             fs::copy_options::recursive);
  }
  Outcome analyze(const std::string& more = "") const {
    return run_program("analyze " + (folder_ / "run").string() + " -o " + series().string() + " --parses " +
                           small_series().corpus() + "/dev.conllu --min-relation 5 --max-sentences 8 " +
                           "--probes uas --replicates 2 --threads 1 " + more,
                       folder_);
  }
  fs::path series() const { return folder_ / "s.h5"; }

  TemporaryFolder folder_;
};

class BrokenAlone : public BrokenCheckpoint, public testing::WithParamInterface<Fault> {};

TEST_P(BrokenAlone, OneLineAndTheContractsCode) {
  copy(300, 300);
  GetParam().spoil(checkpoint(300));
  const Outcome outcome = analyze();
  EXPECT_EQ(outcome.code, GetParam().code) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(checkpoint(300).string()));
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().message));
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  EXPECT_FALSE(fs::exists(series()));
  EXPECT_FALSE(fs::exists("pwned"));
}

INSTANTIATE_TEST_SUITE_P(Faults, BrokenAlone, testing::ValuesIn(faults),
                         [](const auto& info) { return info.param.name; });

TEST_F(BrokenCheckpoint, AmongOthersEachIsNamedAndTheOthersAreMeasured) {
  copy(0, 100);
  copy(1'000, 500);
  int step = 0;
  for (const Fault& fault : faults) {
    copy(++step, 300);
    fault.spoil(checkpoint(step));
  }
  const Outcome outcome = analyze();
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  step = 0;
  for (const Fault& fault : faults) {
    const std::size_t place = outcome.err.find("failed: " + checkpoint(++step).string() + "/");
    const std::string line = outcome.err.substr(std::min(place, outcome.err.size()));
    EXPECT_THAT(line.substr(0, line.find('\n')), HasSubstr(fault.message)) << fault.name;
  }
  const Series found = read_series(series());
  ASSERT_EQ(found.steps.size(), 2U);
  EXPECT_EQ(found.steps[0].step, 0);
  EXPECT_EQ(found.steps[1].step, 1'000);
}

}  // namespace
}  // namespace onset
