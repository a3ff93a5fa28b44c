#include "onset/model/layer.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>

#include "onset/model/dropout.h"
#include "onset/model/kernel_device.h"
#include "onset/model/layer_kernel.h"

namespace onset {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

float* data(const torch::Tensor& x) { return x.data_ptr<float>(); }

/// Rows go to threads in chunks of this many, whatever the number of threads: sums over rows are made chunk
/// by chunk and come out the same bit for bit.
constexpr std::int64_t chunk_rows = 64;

/// Calls work(chunk, first row, rows) in parallel.
template <typename Work>
void for_each_chunk(std::int64_t rows, const Work& work) {
  at::parallel_for(0, (rows + chunk_rows - 1) / chunk_rows, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t chunk = begin; chunk < end; ++chunk) {
      work(chunk, chunk * chunk_rows, std::min(chunk_rows, rows - chunk * chunk_rows));
    }
  });
}

torch::Tensor chunk_sums(std::int64_t rows, std::int64_t columns, const torch::Tensor& like) {
  return torch::empty({(rows + chunk_rows - 1) / chunk_rows, columns}, like.options());
}

/// x W^T
torch::Tensor product(const torch::Tensor& x, const torch::Tensor& weight) {
  return torch::mm(x, weight.t());
}

void activate_all(const torch::Tensor& z, const torch::Tensor& bias, Activation activation,
                  const torch::Tensor& y) {
  const std::int64_t columns = z.size(1);
  for_each_chunk(z.size(0), [&](std::int64_t, std::int64_t first, std::int64_t rows) {
    activate_rows(data(z) + first * columns, data(bias), {rows, columns}, activation,
                  data(y) + first * columns);
  });
}

struct LinearActivate : torch::autograd::Function<LinearActivate> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& weight,
                               const torch::Tensor& bias, std::int64_t activation) {
    const torch::Tensor z = product(x, weight);
    torch::Tensor y = torch::empty_like(z);
    activate_all(z, bias, static_cast<Activation>(activation), y);
    context->save_for_backward({x, weight, bias, z});
    context->saved_data["activation"] = activation;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& outputs) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor& z = saved[3];
    const auto activation = static_cast<Activation>(context->saved_data["activation"].toInt());
    const torch::Tensor dy = outputs[0].contiguous();
    const torch::Tensor dz = torch::empty_like(z);
    const std::int64_t columns = z.size(1);
    const torch::Tensor sums = chunk_sums(z.size(0), columns, z);
    for_each_chunk(z.size(0), [&](std::int64_t chunk, std::int64_t first, std::int64_t rows) {
      activate_rows_backward(data(z) + first * columns, data(saved[2]), data(dy) + first * columns,
                             {rows, columns}, activation, data(dz) + first * columns,
                             data(sums) + chunk * columns);
    });
    return {torch::mm(dz, saved[1]), torch::mm(dz.t(), saved[0]), sums.sum(0), torch::Tensor()};
  }
};

NormaliseInputs inputs_at(const torch::Tensor& gamma, const KeyedDropout& dropout, double epsilon,
                          std::int64_t first) {
  NormaliseInputs in;
  in.gamma = data(gamma);
  in.epsilon = static_cast<float>(epsilon);
  in.dropout = dropout;
  in.first_row = first;
  return in;
}

/// z becomes the sums where they are kept, the result otherwise.
torch::Tensor normalise_all(torch::Tensor z, const Linear& linear, const torch::Tensor& residual,
                            const LayerNorm& norm, double epsilon, const KeyedDropout& dropout,
                            const torch::Tensor& mean_inverse) {
  const std::int64_t columns = z.size(1);
  const std::int64_t all = z.size(0);
  torch::Tensor y = mean_inverse.defined() ? torch::empty_like(z) : z;
  for_each_chunk(all, [&](std::int64_t, std::int64_t first, std::int64_t rows) {
    NormaliseInputs in = inputs_at(norm.weight, dropout, epsilon, first);
    in.z = data(z) + first * columns;
    in.bias = data(linear.bias);
    in.residual = data(residual) + first * columns;
    in.beta = data(norm.bias);
    NormaliseKept kept;
    if (mean_inverse.defined()) {
      kept = {data(z) + first * columns, data(mean_inverse) + first, data(mean_inverse) + all + first};
    }
    normalise_rows(in, {rows, columns}, kept, data(y) + first * columns);
  });
  return y;
}

struct LinearAddNormalise : torch::autograd::Function<LinearAddNormalise> {
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x, const torch::Tensor& weight,
                               const torch::Tensor& bias, const torch::Tensor& residual,
                               const torch::Tensor& gamma, const torch::Tensor& beta, double epsilon,
                               const KeyedDropout& dropout) {
    const torch::Tensor z = product(x, weight);
    const torch::Tensor mean_inverse = torch::empty({2, z.size(0)}, z.options());
    torch::Tensor y =
        normalise_all(z, {weight, bias}, residual, {gamma, beta}, epsilon, dropout, mean_inverse);
    context->save_for_backward({x, weight, gamma, z, mean_inverse});
    context->saved_data["rate"] = static_cast<double>(dropout.rate);
    context->saved_data["key"] = static_cast<std::int64_t>(dropout.key);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& outputs) {
    const variable_list saved = context->get_saved_variables();
    const torch::Tensor& sum = saved[3];
    const std::int64_t all = sum.size(0);
    const std::int64_t columns = sum.size(1);
    const KeyedDropout dropout{static_cast<float>(context->saved_data["rate"].toDouble()),
                               static_cast<std::uint64_t>(context->saved_data["key"].toInt())};
    const torch::Tensor dy = outputs[0].contiguous();
    const torch::Tensor dsum = torch::empty_like(sum);
    const torch::Tensor dz = dropout.rate > 0 ? torch::empty_like(sum) : dsum;
    const torch::Tensor sums = chunk_sums(all, 3 * columns, sum);
    for_each_chunk(all, [&](std::int64_t chunk, std::int64_t first, std::int64_t rows) {
      const std::int64_t at = first * columns;
      float* const totals = data(sums) + chunk * 3 * columns;
      normalise_rows_backward(
          inputs_at(saved[2], dropout, 0, first),
          {data(sum) + at, data(saved[4]) + first, data(saved[4]) + all + first}, {rows, columns},
          {data(dy) + at, data(dsum) + at, data(dz) + at, totals, totals + columns, totals + 2 * columns});
    });
    const torch::Tensor total = sums.sum(0);
    return {torch::mm(dz, saved[1]),
            torch::mm(dz.t(), saved[0]),
            total.narrow(0, 2 * columns, columns),
            dsum,
            total.narrow(0, 0, columns),
            total.narrow(0, columns, columns),
            torch::Tensor(),
            torch::Tensor()};
  }
};

}  // namespace

torch::Tensor activate(const torch::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return torch::relu(x);
    case Activation::gelu_new:
      return torch::gelu(x, "tanh");
    case Activation::gelu:
      break;
  }
  return torch::gelu(x);
}

torch::Tensor linear_activate(const torch::Tensor& x, const Linear& linear, Activation activation) {
  if (!runs_in_kernel(x)) return activate(torch::linear(x, linear.weight, linear.bias), activation);
  if (torch::GradMode::is_enabled()) {
    return LinearActivate::apply(x, linear.weight, linear.bias, static_cast<std::int64_t>(activation));
  }
  torch::Tensor z = product(x, linear.weight);
  activate_all(z, linear.bias, activation, z);
  return z;
}

torch::Tensor linear_add_normalise(const torch::Tensor& x, const Linear& linear,
                                   const torch::Tensor& residual, const LayerNorm& norm, double epsilon,
                                   const KeyedDropout& dropout) {
  if (!runs_in_kernel(x)) {
    const torch::Tensor added =
        residual + keyed_dropout(torch::linear(x, linear.weight, linear.bias), dropout);
    return torch::layer_norm(added, {added.size(-1)}, norm.weight, norm.bias, epsilon);
  }
  if (torch::GradMode::is_enabled()) {
    return LinearAddNormalise::apply(x, linear.weight, linear.bias, residual, norm.weight, norm.bias, epsilon,
                                     dropout);
  }
  return normalise_all(product(x, linear.weight), linear, residual, norm, epsilon, dropout, {});
}

}  // namespace onset
