// A tensor as pytorch_model.bin describes it: which numbers of which storage.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace onset {

/// What the numbers of a storage are.
enum class StorageType { float64, float32, float16, bfloat16, int64, int32, int16, int8, uint8, boolean };

/// Bytes one number takes.
std::int64_t item_size(StorageType type);

/// A tensor as the pickle describes it: a strided window of a storage. Already checked: sizes, strides and
/// offset are not negative, and the window lies within the storage.
struct PickledTensor {
  std::string name;
  std::string storage;  ///< key of the storage: file `data/<key>` of the archive
  StorageType type = StorageType::float32;
  std::int64_t storage_items = 0;  ///< numbers in the storage
  std::int64_t offset = 0;         ///< first number of the window
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> strides;  ///< in numbers, one a dimension
};

/// What is wrong with the tensor's window ("a tensor of size [2, 3], strides [3, 1], offset 1: ..."); empty
/// when it is in order: one stride a dimension, nothing negative, nothing beyond the storage, and no more
/// numbers than the storage has plus 2^24 (a stride of 0 repeats numbers: a few bytes could stand for
/// terabytes).
std::string window_fault(const PickledTensor& tensor);

}  // namespace onset
