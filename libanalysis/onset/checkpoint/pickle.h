// Reads the pickle inside pytorch_model.bin without executing anything: a machine that knows the opcodes
// torch.save writes and the handful of names a state_dict needs, and refuses all else with the opcode's name
// and byte offset.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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

/// The tensors of the pickled state_dict `bytes`, in its order. `file` is used in messages; offsets in them
/// count from the start of the pickle. Throws Error(bad_data).
std::vector<PickledTensor> read_state_dict(std::string_view bytes, const std::string& file);

}  // namespace onset
