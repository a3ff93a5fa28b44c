#include "device.h"

#include <torch/cuda.h>

#include "onset/base/error.h"

namespace onset::apps {

torch::Device parse_device(const std::string& text) {
  const bool available = torch::cuda::is_available();
  if (text == "auto") return available ? torch::kCUDA : torch::kCPU;
  if (text == "cpu") return torch::kCPU;
  if (text != "cuda") throw Error(ErrorKind::usage, "--device: \"" + text + "\" is none of auto, cpu, cuda");
  if (!available)
    throw Error(ErrorKind::configuration, "--device cuda: this machine or this LibTorch has no CUDA device");
  return torch::kCUDA;
}

}  // namespace onset::apps
