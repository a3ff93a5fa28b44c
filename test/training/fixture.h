// What fixtures/make_fixtures.py wrote: a tiny BERT and batches to train it on.
#pragma once

#include <filesystem>
#include <string>

#include "onset/checkpoint/safetensors.h"
#include "onset/model/bert.h"
#include "onset/training/batches.h"

namespace onset {

inline std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(ONSET_FIXTURES) / name;
}

inline Bert fixture_bert() { return load_bert(Checkpoint::open(fixture("start"))); }

inline TrainingBatch fixture_batch(const SafetensorsFile& file, int step) {
  const auto tensor = [&](const std::string& name) {
    return file.tensor(name + '_' + std::to_string(step)).clone();
  };
  TrainingBatch batch;
  batch.packed.ids = tensor("ids");
  batch.packed.offsets = {0};
  const torch::Tensor lengths = tensor("lengths");
  std::vector<torch::Tensor> positions;
  for (std::int64_t s = 0; s < lengths.size(0); ++s) {
    positions.push_back(torch::arange(lengths[s].item<std::int64_t>(), torch::kInt64));
    batch.packed.offsets.push_back(batch.packed.offsets.back() + lengths[s].item<std::int64_t>());
  }
  batch.packed.positions = torch::cat(positions);
  batch.chosen = tensor("chosen");
  batch.targets = tensor("targets");
  batch.arcs = tensor("heads");
  batch.parsed = batch.arcs.ge(0).sum().item<std::int64_t>();
  return batch;
}

}  // namespace onset
