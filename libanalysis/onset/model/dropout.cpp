#include "onset/model/dropout.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>

#include "onset/model/attention_kernel.h"
#include "onset/model/kernel_device.h"

namespace onset {
namespace {

torch::Tensor dropped(const torch::Tensor& x, const KeyedDropout& how) {
  const torch::Tensor in = x.contiguous();
  torch::Tensor out = torch::empty_like(in);
  constexpr std::int64_t block = 1 << 14;  // a multiple of the vector width
  at::parallel_for(0, (in.numel() + block - 1) / block, 1, [&](std::int64_t begin, std::int64_t end) {
    drop_elements(in.data_ptr<float>(), out.data_ptr<float>(),
                  {begin * block, std::min(end * block, in.numel())}, how);
  });
  return out;
}

struct KernelDropout : torch::autograd::Function<KernelDropout> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x, double rate,
                               std::int64_t key) {
    context->saved_data["rate"] = rate;
    context->saved_data["key"] = key;
    return dropped(x, {static_cast<float>(rate), static_cast<std::uint64_t>(key)});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& outputs) {
    const KeyedDropout how{static_cast<float>(context->saved_data["rate"].toDouble()),
                           static_cast<std::uint64_t>(context->saved_data["key"].toInt())};
    return {dropped(outputs[0], how), torch::Tensor(), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor keyed_dropout(const torch::Tensor& x, const KeyedDropout& how) {
  if (how.rate <= 0) return x;
  if (!runs_in_kernel(x)) return torch::dropout(x, how.rate, true);
  return KernelDropout::apply(x, how.rate, static_cast<std::int64_t>(how.key));
}

}  // namespace onset
