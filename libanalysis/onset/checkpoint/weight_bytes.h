// Mapped bytes as tensors, shared by the readers of weight files.
#pragma once

#include <torch/types.h>

#include <cstddef>
#include <memory>
#include <span>

#include "onset/base/file.h"

namespace onset {

/// A one-dimensional tensor over `bytes`, which lie within `file`; it keeps the mapping alive. A copy where
/// the bytes are not aligned for the dtype. bytes.size() is a multiple of the dtype's size.
torch::Tensor tensor_over(const std::shared_ptr<const MappedFile>& file, std::span<const std::byte> bytes,
                          torch::ScalarType dtype);

/// Throws Error(bad_data) with the reason when the file is no weight file at all: empty, or the pointer Git
/// LFS leaves where the file was not fetched.
void require_real_file(const MappedFile& file);

}  // namespace onset
