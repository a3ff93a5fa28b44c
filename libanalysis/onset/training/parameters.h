// A model's parameters as one array of floats: what the optimiser goes through in one pass. The tensors of
// the Bert are views of it, so that the model and the array are the same memory.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "onset/model/bert.h"

namespace onset {

/// One parameter's place in the array.
struct ParameterSlice {
  std::string name;
  std::int64_t begin =
      0;  ///< a multiple of 16 floats, so that vectors never cross from one parameter to the next
  std::vector<std::int64_t> shape;
  /// Weight decay pulls weights towards 0, but neither biases nor LayerNorms (Devlin et al.'s code, Hugging
  /// Face's Trainer).
  bool decays = true;

  std::int64_t size() const;
};

class Parameters {
 public:
  /// Copies the tensors of `bert` into a new array on this device; a pooler is left out where no
  /// classifier follows it, for masked language modelling has no gradient for it. A decoder that is the word
  /// embedding stays so.
  explicit Parameters(const Bert& bert, const torch::Device& device = torch::kCPU);

  /// The model on the array, its tensors leaves that take gradients.
  const Bert& bert() const { return bert_; }
  /// The same memory as tensors that take none: what may be measured without a trace in the gradients.
  Bert frozen() const;
  const torch::Tensor& values() const { return values_; }  ///< float32 [floats]; 0 between the slices
  const std::vector<ParameterSlice>& slices() const { return slices_; }

  /// The gradient of each slice, contiguous; undefined where there is none.
  std::vector<torch::Tensor> gradients() const;
  void clear_gradients();

  /// Another array of this layout (a moment of the optimiser) under Hugging Face's names.
  std::vector<std::pair<std::string, torch::Tensor>> named(const torch::Tensor& array) const;

 private:
  Bert bert_;
  torch::Tensor values_;
  std::vector<ParameterSlice> slices_;
};

}  // namespace onset
