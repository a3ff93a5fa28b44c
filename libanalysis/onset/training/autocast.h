// Mixed precision while the object lives: matrix products in bfloat16, parameters and everything else in
// float32.
#pragma once

#include <ATen/autocast_mode.h>
#include <torch/version.h>

namespace onset {

class Autocast {
 public:
  explicit Autocast(bool wanted) : wanted_(wanted) {
    if (wanted_) set(true);
  }
  ~Autocast() {
    if (!wanted_) return;
    at::autocast::clear_cache();  // the casts of parameters that will have changed
    set(false);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  static void set(bool on) {
#if TORCH_VERSION_MAJOR >= 2 && TORCH_VERSION_MINOR >= 4
    at::autocast::set_autocast_enabled(at::kCUDA, on);
    at::autocast::set_autocast_dtype(at::kCUDA, at::kBFloat16);
#else
    at::autocast::set_enabled(on);
    at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
#endif
  }
  bool wanted_;
};

}  // namespace onset
