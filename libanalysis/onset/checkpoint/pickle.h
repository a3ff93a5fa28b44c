// Reads the pickle inside pytorch_model.bin without executing anything: a machine that knows the opcodes
// torch.save writes and the handful of names a state_dict needs, and refuses all else with the opcode's name
// and byte offset.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "onset/checkpoint/pickled_tensor.h"

namespace onset {

/// The tensors of the pickled state_dict `bytes`, in its order. `file` is used in messages; offsets in them
/// count from the start of the pickle. Throws Error(bad_data).
std::vector<PickledTensor> read_state_dict(std::string_view bytes, const std::string& file);

}  // namespace onset
