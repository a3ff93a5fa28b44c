// --device: auto, cpu or cuda.
#pragma once

#include <torch/types.h>

#include <string>

namespace onset::apps {

/// Throws Error: usage for another word, configuration where CUDA is asked for and not there.
torch::Device parse_device(const std::string& text);

}  // namespace onset::apps
