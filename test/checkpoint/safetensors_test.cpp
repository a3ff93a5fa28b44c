#include "onset/checkpoint/safetensors.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "onset/base/sha256.h"
#include "test/checkpoint/expect_error.h"
#include "test/checkpoint/folders.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

/// A file with this header and so many bytes of tensors (0, 1, 2, ...).
std::string file_of(const std::string& header, std::size_t data_size) {
  std::string out;
  for (unsigned i = 0; i < 8; ++i) out += static_cast<char>(header.size() >> (8U * i));
  out += header;
  for (std::size_t i = 0; i < data_size; ++i) out += static_cast<char>(i);
  return out;
}

/// {"a": two int16, "b": four bytes}
constexpr const char* good =
    R"({"a":{"dtype":"I16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[2,2],"data_offsets":[4,8]}})";

class Safetensors : public ::testing::Test {
 protected:
  SafetensorsFile open(const std::string& bytes) {
    write_text(path(), bytes);
    return SafetensorsFile(path());
  }
  void expect_refused(const std::string& bytes, const std::string& fragment) {
    expect_error(ErrorKind::bad_data, path().string() + ":" + fragment, [&] { open(bytes); });
  }
  /// The good file with a piece of its header replaced.
  void expect_header_refused(const std::string& what, const std::string& by, const std::string& fragment) {
    expect_refused(file_of(replaced(good, what, by), 8), fragment);
  }
  std::filesystem::path path() const { return folder_ / "model.safetensors"; }

  TemporaryFolder folder_;
};

TEST_F(Safetensors, ReadsEntriesMetadataAndValues) {
  const SafetensorsFile file =
      open(file_of(R"({"__metadata__":{"format":"pt"},)" + std::string(good).substr(1), 8));
  ASSERT_EQ(file.entries().size(), 2U);
  EXPECT_EQ(file.entries()[0].name, "a");
  EXPECT_EQ(file.entries()[1].shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"format", "pt"}}));
  // bytes 0 1 2 3, little-endian: 0x0100 and 0x0302
  EXPECT_TRUE(torch::equal(file.tensor("a"), torch::tensor({0x0100, 0x0302}, torch::kInt16)));
  EXPECT_TRUE(torch::equal(file.tensor("b"), torch::tensor({4, 5, 6, 7}, torch::kUInt8).view({2, 2})));
  expect_error(ErrorKind::bad_data, "no tensor c", [&] { file.tensor("c"); });
}

TEST_F(Safetensors, AcceptsPaddingScalarsAndEmptyTensors) {
  const SafetensorsFile file = open(file_of(
      R"({"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"e":{"dtype":"F32","shape":[0,3],"data_offsets":[4,4]}}   )",
      4));
  EXPECT_EQ(file.tensor("s").dim(), 0);
  EXPECT_EQ(file.tensor("e").sizes(), (std::vector<std::int64_t>{0, 3}));
  EXPECT_TRUE(open(file_of("{}", 0)).entries().empty());
}

TEST_F(Safetensors, TensorsOutliveTheFileAndAreViews) {
  torch::Tensor first;
  {
    const SafetensorsFile file(fixture("safetensors") / "model.safetensors");
    first = file.tensor("bert.embeddings.word_embeddings.weight");
    EXPECT_EQ(first.data_ptr(), file.tensor("bert.embeddings.word_embeddings.weight").data_ptr());
  }
  EXPECT_TRUE(std::isfinite(first.sum().item<float>()));
}

TEST_F(Safetensors, UnalignedBytesAreCopied) {
  // the float begins one byte after a flag: bytes 1 2 3 4 = 0x04030201
  const SafetensorsFile file = open(file_of(
      R"({"flag":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"I32","shape":[1],"data_offsets":[1,5]}})",
      5));
  EXPECT_EQ(file.tensor("x").item<int>(), 0x04030201);
}

TEST_F(Safetensors, DamagedFramesAreRefused) {
  expect_refused("", " the file is empty");
  expect_refused("\x01\x02\x03", " expected 8 bytes with the header's length, found 3");
  expect_refused(file_of(good, 8).substr(0, 50), "@0: header length: expected at most 42, found 108");
  expect_refused(std::string(7, '\xff') + "\x7f{}",
                 "@0: header length: expected at most 2, found 9223372036854775807");
  expect_refused(std::string(8, '\xff') + "{}",
                 "@0: header length: expected at most 2, found 18446744073709551615");
  expect_refused(file_of("", 0), "@8: header: expected {, found nothing");
  expect_refused(file_of(" {}", 0), "@8: header: expected {, found  ");
  expect_refused(file_of("[1]", 0), "@8: header: expected {, found [");
  expect_refused(file_of("{\"a\":", 0), "@13: not JSON: syntax error");
  expect_refused(file_of("{\"\xff\":1}", 0), "@10: not JSON: syntax error");
  expect_refused(file_of(std::string(100'000, '{'), 0), "@9: not JSON");
  // "{" is the first level and byte 8, so the 32nd "[" is the 33rd level: byte 13 + 31
  std::string deep = "{\"a\":";
  expect_refused(file_of(deep + std::string(100'000, '['), 0), "@44: JSON nested deeper than 32 levels");
  expect_refused("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", " a Git LFS pointer");
}

TEST_F(Safetensors, HeadersOverTheLimitAreRefusedBeforeReading) {
  // a hole, so that the file costs nothing: 100,000,001 bytes of header are announced and there
  write_text(path(), std::string("\x01\xe1\xf5\x05\0\0\0\0", 8) + "{");
  std::filesystem::resize_file(path(), 100'000'100);
  expect_error(ErrorKind::bad_data, "@0: header length: expected at most 100000000, found 100000001",
               [&] { SafetensorsFile{path()}; });
}

TEST_F(Safetensors, TwoTensorsOfOneNameWithBothPlaces) {
  // "a" stands at byte 8 + 1; "b" (53 bytes on) becomes a second "a"
  expect_header_refused("\"b\"", "\"a\"", "@62: key a is given twice, first at byte 9");
  expect_header_refused(R"("shape":[2],)", R"("shape":[2],"shape":[2],)",
                        "@40: key shape is given twice, first at byte 28");
}

TEST_F(Safetensors, OffsetsThatDoNotCoverTheBufferAreRefused) {
  expect_header_refused("[4,8]", "[3,7]", " b: data_offsets: expected to begin at 4, found 3: it overlaps");
  expect_header_refused("[0,4]", "[4,8]", " a: data_offsets: expected to begin at 0, found 4: a hole");
  expect_header_refused("[4,8]", "[8,4]",
                        " b: data_offsets: [8, 4] is not within the 8 bytes after the header");
  expect_header_refused("[4,8]", "[-4,8]",
                        " b: data_offsets: expected whole numbers from 0 to 2^62, found -4");
  expect_header_refused("[4,8]", "[4,8.5]",
                        " b: data_offsets: expected whole numbers from 0 to 2^62, found 8.5");
  expect_header_refused("[4,8]", "[5,9]", " b: data_offsets: [5, 9] is not within the 8 bytes");
  expect_header_refused("[4,8]", "[4,18446744073709551615]",
                        " b: data_offsets: expected whole numbers from 0 to 2^62");
  expect_header_refused("[4,8]", "[4]", " b: data_offsets: expected 2 numbers, found 1");
  expect_header_refused("[4,8]", "4", " b: data_offsets: expected a list, found 4");
  expect_refused(file_of(good, 9), " expected 8 bytes of tensors after the header, found 9");
  expect_refused(file_of(good, 7), " b: data_offsets: [4, 8] is not within the 7 bytes");
  expect_refused(file_of("{}", 1), " expected 0 bytes of tensors after the header, found 1");
}

TEST_F(Safetensors, ShapesThatDoNotFitAreRefused) {
  expect_header_refused("[2]", "[3]", " a: shape [3]: expected 6 bytes, found 4");
  expect_header_refused("[2,2]", "[4294967296,4294967296]",
                        " b: shape [4294967296, 4294967296]: expected more than 2^64");
  expect_header_refused("[2,2]", "[4611686018427387904,4]",
                        " b: shape [4611686018427387904, 4]: expected more than 2^64");
  expect_header_refused("[2,2]", "[-2,-2]", " b: shape: expected whole numbers from 0 to 2^62, found -2");
  expect_header_refused("[2,2]", "[[2],2]", " b: shape: expected whole numbers from 0 to 2^62, found a list");
  expect_header_refused("[2,2]", "\"4\"", " b: shape: expected a list, found the text \"4\"");
  std::string ones = "[4";
  for (int i = 0; i < 64; ++i) ones += ",1";
  expect_header_refused("[2,2]", ones + "]", " b: shape: expected at most 64 dimensions, found 65");
}

TEST_F(Safetensors, FieldsThatAreWrongAreRefused) {
  expect_header_refused("U8", "F8_E4M3",
                        " b: dtype: expected one of F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL, found");
  expect_header_refused("\"U8\"", "8", " b: dtype: expected one of F64");
  expect_header_refused(R"("dtype":"U8",)", "", " b: no field dtype");
  expect_header_refused(R"("shape":[2,2],)", "", " b: no field shape");
  expect_header_refused(R"(,"data_offsets":[4,8])", "", " b: no field data_offsets");
  expect_header_refused(R"("dtype":"U8",)", R"("dtype":"U8","more":1,)", " b: unknown field more");
  expect_refused(file_of(R"({"a":1})", 0), " a: expected an object, found 1");
  expect_refused(file_of(R"({"__metadata__":1})", 0), " __metadata__: expected an object, found 1");
  expect_refused(file_of(R"({"__metadata__":{"k":1}})", 0), " __metadata__: k: expected text, found 1");
}

TEST_F(Safetensors, WritesWhatItReads) {
  const auto floats = torch::arange(6, torch::kFloat32).view({2, 3});
  const std::vector<std::pair<std::string, torch::Tensor>> tensors = {
      {"flags", torch::tensor({true, false, true})},
      {"zeta", floats},
      {"alpha", floats.t()},  // not contiguous: written row by row
      {"half", floats.to(torch::kBFloat16)},
      {"ids", torch::tensor({7, -1}, torch::kInt64)},
  };
  write_safetensors(path(), tensors, {{"format", "pt"}});
  const SafetensorsFile file(path());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_TRUE(torch::equal(file.tensor(name), tensor)) << name;
    EXPECT_EQ(file.tensor(name).scalar_type(), tensor.scalar_type()) << name;
  }
  // by falling element size, then name
  std::vector<std::string> order;
  for (const TensorEntry& entry : file.entries()) order.push_back(entry.name);
  EXPECT_EQ(order, (std::vector<std::string>{"ids", "alpha", "zeta", "half", "flags"}));
  EXPECT_EQ(file.metadata().at("format"), "pt");

  const std::string bytes = read_file(path());
  EXPECT_EQ(static_cast<unsigned char>(bytes[0]) % 8, 0) << "the tensors begin aligned";
  write_safetensors(path(), tensors, {{"format", "pt"}});
  EXPECT_EQ(read_file(path()), bytes);
  EXPECT_EQ(safetensors_sha256(tensors, {{"format", "pt"}}), sha256_hex(bytes));
  EXPECT_NE(safetensors_sha256(tensors, {}), sha256_hex(bytes));
}

TEST_F(Safetensors, WritesTheReferencesBytes) {
  // the same tensors, written again: the file transformers wrote, byte for byte
  const SafetensorsFile reference(fixture("safetensors") / "model.safetensors");
  std::vector<std::pair<std::string, torch::Tensor>> tensors;
  for (const TensorEntry& entry : reference.entries())
    tensors.emplace_back(entry.name, reference.tensor(entry.name));
  write_safetensors(path(), tensors, reference.metadata());
  EXPECT_EQ(read_file(path()), reference.file().text());
}

TEST_F(Safetensors, WritingRefusesWhatCannotBeRead) {
  const torch::Tensor x = torch::zeros({1});
  expect_error(ErrorKind::bug, "a: the name is taken", [&] {
    write_safetensors(path(), {{"a", x}, {"a", x}}, {});
  });
  expect_error(ErrorKind::bug, "no name for dtype", [&] {
    write_safetensors(path(), {{"a", torch::zeros({1}, torch::kComplexFloat)}}, {});
  });
  expect_error(ErrorKind::io, "cannot create", [&] {
    write_safetensors(folder_ / "none/m.safetensors", {{"a", x}}, {});
  });
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace
}  // namespace onset
