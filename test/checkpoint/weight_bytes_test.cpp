#include "onset/checkpoint/weight_bytes.h"

#include <gtest/gtest.h>

#include "test/checkpoint/expect_error.h"
#include "test/checkpoint/folders.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

/// 1 and -2 as float32, little-endian: sign, exponent and fraction by hand
const std::string one_and_minus_two("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8);

class WeightBytes : public ::testing::Test {
 protected:
  std::shared_ptr<const MappedFile> file(const std::string& bytes) const {
    write_text(folder_ / "w", bytes);
    return std::make_shared<const MappedFile>(folder_ / "w");
  }
  TemporaryFolder folder_;
};

TEST_F(WeightBytes, AlignedBytesAreNotCopied) {
  const auto mapped = file(one_and_minus_two);
  const torch::Tensor tensor = tensor_over(mapped, mapped->bytes(), torch::kFloat32);
  EXPECT_EQ(tensor.data_ptr(), static_cast<const void*>(mapped->bytes().data()));
  EXPECT_TRUE(torch::equal(tensor, torch::tensor({1.F, -2.F})));
}

TEST_F(WeightBytes, UnalignedBytesAreCopied) {
  const auto mapped = file("x" + one_and_minus_two);
  const torch::Tensor tensor = tensor_over(mapped, mapped->bytes().subspan(1), torch::kFloat32);
  EXPECT_TRUE(torch::equal(tensor, torch::tensor({1.F, -2.F})));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data_ptr()) % 4, 0U);
  EXPECT_EQ(mapped.use_count(), 1) << "a copy needs no mapping";
}

TEST_F(WeightBytes, TheTensorKeepsTheMappingAlive) {
  auto mapped = file(one_and_minus_two);
  const std::weak_ptr<const MappedFile> watched = mapped;
  torch::Tensor tensor = tensor_over(mapped, mapped->bytes().subspan(4), torch::kFloat32);
  mapped.reset();
  EXPECT_FALSE(watched.expired());
  EXPECT_EQ(tensor.item<float>(), -2.F);
  tensor.reset();
  EXPECT_TRUE(watched.expired());
}

TEST_F(WeightBytes, OtherTypes) {
  const auto mapped = file(std::string("\x00\x3c\x80\x3f\x01\x00\xff\xff", 8));
  const auto value = [&](std::size_t at, torch::ScalarType dtype) {
    return tensor_over(mapped, mapped->bytes().subspan(at, 2), dtype).item<double>();
  };
  EXPECT_EQ(value(0, torch::kFloat16), 1.0);   // 0x3c00: exponent 15 of bias 15
  EXPECT_EQ(value(2, torch::kBFloat16), 1.0);  // 0x3f80: exponent 127 of bias 127
  EXPECT_EQ(value(4, torch::kInt16), 1.0);
  EXPECT_EQ(value(6, torch::kInt16), -1.0);
  EXPECT_EQ(tensor_over(mapped, mapped->bytes().subspan(8), torch::kFloat64).numel(), 0);
}

TEST_F(WeightBytes, FilesThatAreNone) {
  const std::string place = (folder_ / "w").string();
  expect_error(ErrorKind::bad_data, std::string(place).append(": the file is empty"),
               [&] { require_real_file(*file("")); });
  expect_error(
      ErrorKind::bad_data,
      std::string(place).append(
          ": a Git LFS pointer instead of the weights: fetch the file itself (git lfs pull)"),
      [&] {
        require_real_file(*file("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"));
      });
  EXPECT_NO_THROW(require_real_file(*file("version 1")));
}

}  // namespace
}  // namespace onset
