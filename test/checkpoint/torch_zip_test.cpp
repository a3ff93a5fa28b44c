#include "onset/checkpoint/torch_zip.h"

#include <gtest/gtest.h>

#include "test/checkpoint/expect_error.h"
#include "test/checkpoint/folders.h"
#include "test/checkpoint/pickle_builder.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

/// 0, 1, 2, ... as float32, little-endian
std::string floats(int count) {
  std::string out(static_cast<std::size_t>(count) * sizeof(float), '\0');
  for (int i = 0; i < count; ++i) {
    const auto value = static_cast<float>(i);
    std::memcpy(out.data() + static_cast<std::size_t>(i) * sizeof value, &value, sizeof value);
  }
  return out;
}

/// A state_dict of one tensor "a" over the storage "0" of six numbers
std::string pickle_of(const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& strides) {
  return Pickle().raw("}").text("a").tensor(6, 0, sizes, strides).raw("s").stop();
}

class TorchZip : public ::testing::Test {
 protected:
  TorchZipFile open(const std::string& bytes) {
    write_text(path(), bytes);
    return TorchZipFile(path());
  }
  void expect_refused(const std::string& bytes, const std::string& fragment) {
    expect_error(ErrorKind::bad_data, path().string() + fragment, [&] { open(bytes); });
  }
  std::filesystem::path path() const { return folder_ / "pytorch_model.bin"; }

  TemporaryFolder folder_;
};

TEST_F(TorchZip, StridesGiveTheRightNumbers) {
  const auto values = [&](const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& strides) {
    return open(zip_of({{"m/data.pkl", pickle_of(sizes, strides)}, {"m/data/0", floats(6)}})).tensor("a");
  };
  EXPECT_TRUE(torch::equal(values({2, 3}, {3, 1}), torch::arange(6, torch::kFloat32).view({2, 3})));
  EXPECT_TRUE(torch::equal(values({3, 2}, {1, 3}), torch::tensor({{0.F, 3.F}, {1.F, 4.F}, {2.F, 5.F}})));
  EXPECT_TRUE(torch::equal(values({2, 2}, {0, 5}), torch::tensor({{0.F, 5.F}, {0.F, 5.F}})));
  EXPECT_EQ(values({}, {}).item<float>(), 0.F);
  EXPECT_EQ(values({0, 3}, {3, 1}).numel(), 0);
}

TEST_F(TorchZip, UnalignedStoragesAreCopied) {
  // the padding makes the storage begin at an odd byte whatever came before
  for (const std::string padding : {"", "x", "xx", "xxx"}) {
    const TorchZipFile file = open(
        zip_of({{"m/data.pkl", pickle_of({6}, {1})}, {"m/pad", padding}, {"m/data/0", floats(6)}}, true));
    EXPECT_TRUE(torch::equal(file.tensor("a"), torch::arange(6, torch::kFloat32)));
  }
}

TEST_F(TorchZip, TensorsShareOneStorage) {
  const TorchZipFile file(fixture("bin") / "pytorch_model.bin");
  EXPECT_EQ(file.tensor("cls.predictions.decoder.weight").data_ptr(),
            file.tensor("bert.embeddings.word_embeddings.weight").data_ptr());
  expect_error(ErrorKind::bad_data, "no tensor x", [&] { file.tensor("x"); });
}

TEST_F(TorchZip, OtherFormatsAreNamed) {
  expect_refused("", ": the file is empty");
  expect_refused(
      "\x80\x02\x8a\x0al\xfc\x9c"
      "F\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.",
      ":@0: the format torch.save wrote before PyTorch 1.6, which is not read");
  expect_refused("version https://git-lfs.github.com/spec/v1\n",
                 ": a Git LFS pointer instead of the weights");
  expect_refused(std::string(1000, '\0'), ":@1000: zip archive: no end record");
}

TEST_F(TorchZip, ArchivesThatHoldNoOrTwoPickles) {
  const std::string pickle = pickle_of({6}, {1});
  expect_refused(zip_of({{"m/version", "3"}}), ": zip archive: no entry FOLDER/data.pkl among its 1");
  expect_refused(zip_of({{"data.pkl", pickle}}), ": zip archive: no entry FOLDER/data.pkl among its 1");
  expect_refused(zip_of({{"a/b/data.pkl", pickle}}), ": zip archive: no entry FOLDER/data.pkl among its 1");
  expect_refused(zip_of({{"m/data.pkl", "N."}, {"n/data.pkl", pickle}}),
                 ":@42: zip archive: a second data.pkl, n/data.pkl");
  expect_refused(zip_of({{"m/data.pkl", pickle}, {"m/data.pkl", pickle}}), ":@");
}

TEST_F(TorchZip, StoragesThatDoNotFit) {
  const std::string pickle = pickle_of({6}, {1});
  expect_refused(zip_of({{"m/data.pkl", pickle}}), ": zip archive: no entry m/data/0 among its 1");
  expect_refused(zip_of({{"m/data.pkl", pickle}, {"m/data/0", floats(5)}}),
                 ": a: expected 6 numbers of 4 bytes in m/data/0, found 20 bytes");
  expect_refused(zip_of({{"m/data.pkl", pickle}, {"m/data/0", floats(6) + "x"}}),
                 ": a: expected 6 numbers of 4 bytes in m/data/0, found 25 bytes");
}

TEST_F(TorchZip, DamagedBytes) {
  const std::string good = zip_of({{"m/data.pkl", pickle_of({6}, {1})}, {"m/data/0", floats(6)}});
  EXPECT_NO_THROW(open(good));
  // the pickle begins at 40; its third byte is EMPTY_DICT
  expect_refused(overwritten(good, 42, "]"), ":@40: zip archive: entry m/data.pkl: expected CRC-32 ");
  const std::size_t storage = good.find(floats(6));
  expect_refused(overwritten(good, storage, "x"), std::string(":@").append(std::to_string(storage)) +
                                                      ": zip archive: entry m/data/0: expected CRC-32");
}

TEST_F(TorchZip, AttacksInThePickleAreRefusedAtTheirOpcode) {
  const std::string attack = Pickle().global("os", "system").text("touch pwned").raw("\x85R").stop();
  expect_refused(zip_of({{"m/data.pkl", attack}}),
                 "(data.pkl):@2: pickle: GLOBAL: global os.system is not among");
  EXPECT_FALSE(std::filesystem::exists("pwned"));
}

TEST_F(TorchZip, ByteOrder) {
  const std::string pickle = pickle_of({6}, {1});
  EXPECT_NO_THROW(open(zip_of({{"m/data.pkl", pickle}, {"m/byteorder", "little"}, {"m/data/0", floats(6)}})));
  expect_refused(zip_of({{"m/data.pkl", pickle}, {"m/byteorder", "big"}, {"m/data/0", floats(6)}}), ":@");
}

}  // namespace
}  // namespace onset
