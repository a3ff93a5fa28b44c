// AdamW (Loshchilov & Hutter, ICLR 2019, algorithm 2), as torch.optim.AdamW computes it:
//
//   w := w - lr * decay * w,   m := b1 m + (1 - b1) g,   v := b2 v + (1 - b2) g^2
//   w := w - lr * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)                       t = 1, 2, …
//
// with the gradient g of the whole model scaled down to norm `clip` where it is longer (factor clip / (norm +
// 1e-6), torch.nn.utils.clip_grad_norm_). On the CPU two passes over memory on all threads, one for the norm
// and one for everything else; in chunks of one size whose sums are added in order, so that the bits do not
// depend on the threads.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "onset/training/parameters.h"
#include "onset/training/train_config.h"

namespace onset {

class AdamW {
 public:
  /// Moments 0, no update made.
  AdamW(const Parameters& parameters, const OptimiserSettings& settings);

  /// Changes the parameters by their gradients at this learning rate. Returns the gradient's norm before
  /// clipping; where that is not finite nothing is changed.
  double update(Parameters& parameters, double lr);

  std::int64_t updates() const { return updates_; }
  const torch::Tensor& first_moment() const { return m_; }  ///< [floats], the parameters' layout
  const torch::Tensor& second_moment() const { return v_; }
  /// Goes on from moments that were saved after this many updates; the caller has filled them in.
  void set_updates(std::int64_t updates) { updates_ = updates; }

 private:
  OptimiserSettings settings_;
  torch::Tensor m_, v_;
  std::int64_t updates_ = 0;
};

}  // namespace onset
