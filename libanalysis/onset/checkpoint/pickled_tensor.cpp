#include "onset/checkpoint/pickled_tensor.h"

#include <algorithm>

#include "onset/checkpoint/printable.h"

namespace onset {

std::int64_t item_size(StorageType type) {
  switch (type) {
    case StorageType::float64:
    case StorageType::int64:
      return 8;
    case StorageType::float32:
    case StorageType::int32:
      return 4;
    case StorageType::float16:
    case StorageType::bfloat16:
    case StorageType::int16:
      return 2;
    case StorageType::int8:
    case StorageType::uint8:
    case StorageType::boolean:
      break;
  }
  return 1;
}

std::string window_fault(const PickledTensor& tensor) {
  constexpr std::size_t most_dimensions = 64;
  const std::string shown = "a tensor of size " + shape_text(tensor.sizes) + ", strides " +
                            shape_text(tensor.strides) + ", offset " + std::to_string(tensor.offset) + ": ";
  if (tensor.sizes.size() != tensor.strides.size() || tensor.sizes.size() > most_dimensions) {
    return shown + "expected one stride a dimension, at most " + std::to_string(most_dimensions);
  }
  std::int64_t last = tensor.offset;
  std::int64_t count = 1;
  bool overflow = false;
  for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
    if (tensor.sizes[i] < 0 || tensor.strides[i] < 0) return shown + "a negative size or stride";
    const std::int64_t steps = std::max<std::int64_t>(tensor.sizes[i] - 1, 0);
    std::int64_t reach = 0;
    overflow |= __builtin_mul_overflow(steps, tensor.strides[i], &reach);
    overflow |= __builtin_add_overflow(last, reach, &last);
    overflow |= __builtin_mul_overflow(count, tensor.sizes[i], &count);
  }
  if (overflow) return shown + "too large";
  if (tensor.offset < 0 || tensor.offset > tensor.storage_items ||
      (count > 0 && last >= tensor.storage_items)) {
    return shown + "reaches beyond its storage " + printable(tensor.storage) + " of " +
           std::to_string(tensor.storage_items) + " numbers";
  }
  constexpr std::int64_t most_repeated = 1LL << 24U;
  if (count > most_repeated && count - most_repeated > tensor.storage_items) {
    return shown + "repeats its storage of " + std::to_string(tensor.storage_items) + " numbers too often";
  }
  return "";
}

}  // namespace onset
