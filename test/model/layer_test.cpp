#include "onset/model/layer.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "onset/model/dropout.h"

namespace onset {
namespace {

torch::Tensor double_parameter(const torch::Tensor& x) {
  return x.detach().to(torch::kFloat64).requires_grad_();
}

torch::Tensor activated(const torch::Tensor& x, Activation activation) {
  if (activation == Activation::relu) return torch::relu(x);
  return activation == Activation::gelu ? torch::gelu(x) : torch::gelu(x, "tanh");
}

std::string name_of(const testing::TestParamInfo<Activation>& info) {
  return info.param == Activation::relu ? "relu" : info.param == Activation::gelu ? "gelu" : "gelu_new";
}

class LinearActivate : public testing::TestWithParam<Activation> {};

// An identity product leaves the activation alone: against LibTorch in double precision, from far below 0 to
// far above.
TEST_P(LinearActivate, IsTheActivationEverywhere) {
  const torch::Tensor x = torch::linspace(-30, 30, 60'001, torch::kFloat64).view({-1, 1});
  const torch::Tensor y =
      linear_activate(x.to(torch::kFloat32), {torch::ones({1, 1}), torch::zeros({1})}, GetParam());
  const torch::Tensor expected = activated(x.to(torch::kFloat32).to(torch::kFloat64), GetParam());
  const torch::Tensor error = (y.to(torch::kFloat64) - expected).abs() / x.abs().clamp_min(1);
  EXPECT_LT(error.max().item<double>(), 2e-7);
}

TEST_P(LinearActivate, NotANumberStaysSo) {
  const torch::Tensor x = torch::tensor({{1.F}, {NAN}, {-1.F}});
  const torch::Tensor y = linear_activate(x, {torch::ones({1, 1}), torch::zeros({1})}, GetParam());
  EXPECT_TRUE(std::isfinite(y[0].item<float>()));
  EXPECT_TRUE(std::isnan(y[1].item<float>()));
  EXPECT_TRUE(std::isfinite(y[2].item<float>()));
}

// 130 rows: more than two chunks, the last not full; 37 columns: not whole vectors. Gradients in float64 by
// LibTorch.
TEST_P(LinearActivate, GradientsEqualThoseOfLibTorchInDoublePrecision) {
  torch::manual_seed(5);
  const torch::Tensor x = torch::randn({130, 21});
  const Linear linear{torch::randn({37, 21}) * 0.3, torch::randn({37})};
  const torch::Tensor direction = torch::randn({130, 37});

  const torch::Tensor xd = double_parameter(x);
  const torch::Tensor wd = double_parameter(linear.weight);
  const torch::Tensor bd = double_parameter(linear.bias);
  (activated(torch::linear(xd, wd, bd), GetParam()) * direction).sum().backward();

  const torch::Tensor xf = x.clone().requires_grad_();
  const Linear parameters{linear.weight.clone().requires_grad_(), linear.bias.clone().requires_grad_()};
  const torch::Tensor y = linear_activate(xf, parameters, GetParam());
  (y * direction).sum().backward();
  EXPECT_LT((y - activated(torch::linear(xd, wd, bd), GetParam())).abs().max().item<double>(), 1e-5);
  EXPECT_LT((xf.grad() - xd.grad()).abs().max().item<double>(), 1e-5);
  EXPECT_LT((parameters.weight.grad() - wd.grad()).abs().max().item<double>(), 1e-4);
  EXPECT_LT((parameters.bias.grad() - bd.grad()).abs().max().item<double>(), 1e-4);

  const torch::NoGradGuard no_grad;
  EXPECT_TRUE(torch::equal(y, linear_activate(xf, parameters, GetParam())))
      << "the same with and without a graph";
}

INSTANTIATE_TEST_SUITE_P(All, LinearActivate,
                         testing::Values(Activation::gelu, Activation::gelu_new, Activation::relu), name_of);

struct Case {
  torch::Tensor x = torch::randn({130, 21});
  torch::Tensor residual = torch::randn({130, 37}) * 2 + 1;
  Linear linear{torch::randn({37, 21}) * 0.3, torch::randn({37})};
  LayerNorm norm{torch::randn({37}), torch::randn({37})};
};

// By hand: one row, product 0, bias (1, 3), residual (1, -1): s = (2, 2): variance 0, so y = beta. And s =
// (2, 4): mean 3, variance 1: y = gamma * (-1, 1) / sqrt(1 + 3) + beta.
TEST(LinearAddNormalise, IsTheFormulaByHand) {
  const Linear linear{torch::zeros({2, 3}), torch::tensor({1.0F, 3.0F})};
  const LayerNorm norm{torch::tensor({2.0F, 10.0F}), torch::tensor({0.5F, -1.0F})};
  const torch::Tensor x = torch::ones({2, 3});
  const torch::Tensor residual = torch::tensor({{1.0F, -1.0F}, {1.0F, 1.0F}});
  const torch::NoGradGuard no_grad;
  const torch::Tensor y = linear_add_normalise(x, linear, residual, norm, 3.0);
  EXPECT_TRUE(torch::allclose(y, torch::tensor({{0.5F, -1.0F}, {0.5F - 1.0F, -1.0F + 5.0F}}))) << y;
}

TEST(LinearAddNormalise, GradientsEqualThoseOfLibTorchInDoublePrecision) {
  torch::manual_seed(6);
  const Case in;
  const torch::Tensor direction = torch::randn({130, 37});
  const KeyedDropout dropout{0.25F, 77};
  for (const KeyedDropout& how : {KeyedDropout{}, dropout}) {
    // keyed_dropout has a test of its own; on ones it gives the factors.
    const torch::Tensor factors = keyed_dropout(torch::ones({130, 37}), how).to(torch::kFloat64);
    std::vector<torch::Tensor> doubles;
    std::vector<torch::Tensor> floats;
    for (const torch::Tensor& t :
         {in.x, in.linear.weight, in.linear.bias, in.residual, in.norm.weight, in.norm.bias}) {
      doubles.push_back(double_parameter(t));
      floats.push_back(t.clone().requires_grad_());
    }
    const torch::Tensor expected =
        torch::layer_norm(torch::linear(doubles[0], doubles[1], doubles[2]) * factors + doubles[3], {37},
                          doubles[4], doubles[5], 1e-12);
    (expected * direction).sum().backward();
    const torch::Tensor y = linear_add_normalise(floats[0], {floats[1], floats[2]}, floats[3],
                                                 {floats[4], floats[5]}, 1e-12, how);
    (y * direction).sum().backward();
    EXPECT_LT((y - expected).abs().max().item<double>(), 1e-5);
    for (std::size_t i = 0; i < floats.size(); ++i) {
      EXPECT_LT((floats[i].grad() - doubles[i].grad()).abs().max().item<double>(), 1e-4) << "tensor " << i;
    }
    const torch::NoGradGuard no_grad;
    EXPECT_TRUE(torch::equal(y, linear_add_normalise(floats[0], {floats[1], floats[2]}, floats[3],
                                                     {floats[4], floats[5]}, 1e-12, how)))
        << "the same with and without a graph";
  }
}

// Sums over rows are made chunk by chunk, whoever makes them.
// The products' factors are eighths, whose sums are exact in any order: what a BLAS does with its threads
// does not show, what our kernel does would.
TEST(LinearAddNormalise, GradientsDoNotDependOnTheNumberOfThreads) {
  torch::manual_seed(7);
  const Case in;
  const auto eighths = [](const torch::Tensor& x) { return torch::round(x * 8) / 8; };
  const torch::Tensor x = eighths(in.x);
  const torch::Tensor weight = eighths(in.linear.weight);
  const int threads = torch::get_num_threads();
  std::vector<torch::Tensor> gradients;
  for (const int n : {1, 2, 5}) {
    torch::set_num_threads(n);
    const torch::Tensor gamma = in.norm.weight.clone().requires_grad_();
    const torch::Tensor bias = in.linear.bias.clone().requires_grad_();
    linear_add_normalise(x, {weight, bias}, in.residual, {gamma, in.norm.bias}, 1e-12)
        .square()
        .sum()
        .backward();
    gradients.push_back(torch::cat({gamma.grad(), bias.grad()}));
  }
  torch::set_num_threads(threads);
  EXPECT_TRUE(torch::equal(gradients[0], gradients[1]));
  EXPECT_TRUE(torch::equal(gradients[0], gradients[2]));
}

}  // namespace
}  // namespace onset
