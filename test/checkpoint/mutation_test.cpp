// The readers of this room on thousands of spoilt files: what is read keeps the readers' promises, the rest
// is refused with one line.
#include <set>

#include "onset/checkpoint/config.h"
#include "onset/checkpoint/safetensors.h"
#include "onset/checkpoint/torch_zip.h"
#include "test/checkpoint/folders.h"
#include "test/checkpoint/pickle_builder.h"
#include "test/mutations.h"

namespace onset {
namespace {

/// Reads a tensor's numbers, so that a window beyond the file would be noticed; of a large one the ends.
void touch(const torch::Tensor& tensor) {
  if (tensor.numel() == 0) return;
  if (tensor.numel() <= 1 << 12) {
    EXPECT_EQ(tensor.clone().numel(), tensor.numel());
    return;
  }
  torch::Tensor first = tensor;
  torch::Tensor last = tensor;
  while (first.dim() > 0) {
    first = first.select(0, 0);
    last = last.select(0, -1);
  }
  EXPECT_EQ(first.clone().numel() + last.clone().numel(), 2);
}

void read_tensors(const std::filesystem::path& path, const auto& open) {
  const auto file = open(path);
  std::set<std::string> names;
  for (const auto& entry : file.entries()) {
    if (names.insert(entry.name).second) touch(file.tensor(entry.name));
  }
}

void read_safetensors(const std::filesystem::path& path) {
  read_tensors(path, [](const auto& file) { return SafetensorsFile(file); });
}

void read_torch_zip(const std::filesystem::path& path) {
  read_tensors(path, [](const auto& file) { return TorchZipFile(file); });
}

const std::vector<std::string> json_words = {"\"",
                                             "{",
                                             "}",
                                             "[",
                                             "]",
                                             ",",
                                             ":",
                                             "0",
                                             "-1",
                                             "4294967296",
                                             "9223372036854775807",
                                             "18446744073709551616",
                                             "1e308",
                                             "1e999",
                                             "null",
                                             "true",
                                             "\\u0000",
                                             "\\ud800",
                                             "\"F64\"",
                                             "\"BF16\"",
                                             "\"shape\":[0,9]",
                                             "\"dtype\":\"I8\"",
                                             "\"__metadata__\":{},",
                                             std::string(1, '\0'),
                                             "\xc3",
                                             std::string(40, '[')};

TEST(Mutations, Safetensors) {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
      R"("b":{"dtype":"F16","shape":[2],"data_offsets":[16,20]}})";
  const std::string data(20, 'x');
  const MemoryFile file;
  Mutator mutate(json_words);
  const auto make = [&] {
    // half of them with the length that fits, or few would come as far as the header's content
    if (mutate.below(2) == 0) return mutate(little(header.size(), 8) + header + data);
    const std::string spoilt = mutate(header);
    return little(spoilt.size(), 8) + spoilt + data;
  };
  survive(20'000, {ErrorKind::bad_data}, file.path().string(), make, [&](const std::string& bytes) {
    file.put(bytes);
    read_safetensors(file.path());
  });
}

/// A state_dict of two tensors over one storage of six numbers, with what torch.save leaves in between.
std::string good_pickle() {
  return Pickle()
      .global("collections", "OrderedDict")
      .raw(")Rq\x01(")
      .text("a")
      .tensor(6, 0, {2, 3}, {3, 1})
      .raw("q\x02")
      .text("b")
      .tensor(6, 2, {2}, {2})
      .raw("u}(")
      .text("_metadata")
      .raw("h\x01ub")
      .stop();
}

std::vector<std::string> pickle_words() {
  std::vector<std::string> words = {"ccollections\nOrderedDict\n",
                                    "ctorch._utils\n_rebuild_tensor_v2\n",
                                    "ctorch._utils\n_rebuild_parameter\n",
                                    "ctorch\nFloatStorage\n",
                                    "ctorch\nSize\n",
                                    "cos\nsystem\n",
                                    std::string("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", 10),
                                    std::string("\x8b\x00\x00\x00\x01", 5),
                                    "X\xff\xff\xff\x7f",
                                    "h\x01",
                                    "h\x02",
                                    "j\xff\xff\xff\xff",
                                    "K\x05",
                                    "\x80\x04"};
  for (const char opcode : std::string("()tRubs}]0:12NQ.aeo\x85\x86\x87\x88\x89\x93\x94")) {
    words.emplace_back(1, opcode);
  }
  return words;
}

TEST(Mutations, Pickle) {
  Mutator mutate(pickle_words());
  survive(
      30'000, {ErrorKind::bad_data}, "data.pkl:", [&] { return mutate(good_pickle()); },
      [](const std::string& bytes) {
        for (const PickledTensor& tensor : read_state_dict(bytes, "data.pkl")) {
          EXPECT_EQ(window_fault(tensor), "");
        }
      });
}

/// An archive whose sums fit, so that its parts are read.
std::string archive(const std::string& pickle, bool with64) {
  return zip_of(
      {{"m/data.pkl", pickle, 0x808}, {"m/byteorder", "little"}, {"m/data/0", std::string(24, 'x')}}, with64);
}

TEST(Mutations, ZipRecords) {
  const MemoryFile file;
  Mutator mutate({"PK\x01\x02", std::string("PK\x03\x04"), "PK\x05\x06", "PK\x06\x06", "PK\x06\x07",
                  "PK\x07\x08", "../", "/", "m/data.pkl", "\\"});
  const auto make = [&] { return mutate(archive(good_pickle(), mutate.below(2) == 0)); };
  survive(20'000, {ErrorKind::bad_data}, file.path().string(), make, [&](const std::string& bytes) {
    file.put(bytes);
    const ZipArchive zip(file.path());
    for (const auto& [name, entry] : zip.entries()) {
      EXPECT_LE(entry.begin + entry.size, bytes.size());
      EXPECT_EQ(std::filesystem::path(name).is_absolute(), false);
      for (const auto& part : std::filesystem::path(name)) EXPECT_NE(part, "..");
    }
    read_torch_zip(file.path());
  });
}

TEST(Mutations, PicklesInSoundArchives) {
  const MemoryFile file;
  Mutator mutate(pickle_words());
  const auto make = [&] { return archive(mutate(good_pickle()), false); };
  survive(10'000, {ErrorKind::bad_data}, file.path().string(), make, [&](const std::string& bytes) {
    file.put(bytes);
    read_torch_zip(file.path());
  });
}

TEST(Mutations, Config) {
  Mutator mutate(json_words);
  const std::string good = read_file(fixture("safetensors") / "config.json");
  survive(
      20'000, {ErrorKind::bad_data, ErrorKind::configuration}, "config.json:", [&] { return mutate(good); },
      [](const std::string& bytes) {
        const BertConfig config = parse_config(bytes, "config.json");
        EXPECT_GT(std::min({config.layers, config.hidden, config.heads, config.ffn, config.positions,
                            config.vocab_size, config.type_vocab}),
                  0);
        EXPECT_EQ(config.hidden % config.heads, 0);
        EXPECT_EQ(parse_config(config_json(config), "again"), config);
      });
}

}  // namespace
}  // namespace onset
