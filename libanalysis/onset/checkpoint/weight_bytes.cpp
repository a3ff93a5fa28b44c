#include "onset/checkpoint/weight_bytes.h"

#include <cstdint>
#include <cstring>

#include "onset/base/error.h"

namespace onset {

torch::Tensor tensor_over(const std::shared_ptr<const MappedFile>& file, std::span<const std::byte> bytes,
                          torch::ScalarType dtype) {
  const std::size_t width = torch::elementSize(dtype);
  const auto count = static_cast<std::int64_t>(bytes.size() / width);
  if (count == 0) return torch::empty({0}, dtype);
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % width != 0) {
    torch::Tensor copy = torch::empty({count}, dtype);
    std::memcpy(copy.data_ptr(), bytes.data(), bytes.size());
    return copy;
  }
  // LibTorch has no read-only tensors; the mapping itself is.
  auto* const data = const_cast<std::byte*>(bytes.data());
  return torch::from_blob(
      data, {count}, [file](void* /*data*/) {}, torch::TensorOptions(dtype));
}

void require_real_file(const MappedFile& file) {
  if (file.bytes().empty()) throw error_in(ErrorKind::bad_data, file.path().string(), "the file is empty");
  if (file.text().starts_with("version https://git-lfs")) {
    throw error_in(ErrorKind::bad_data, file.path().string(),
                   "a Git LFS pointer instead of the weights: fetch the file itself (git lfs pull)");
  }
}

}  // namespace onset
