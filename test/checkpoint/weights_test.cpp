#include "onset/checkpoint/weights.h"

#include <gtest/gtest.h>

#include "onset/base/sha256.h"
#include "test/checkpoint/expect_error.h"
#include "test/checkpoint/spoilt.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class OpenWeights : public ::testing::Test {
 protected:
  fs::path path(const std::string& name) const { return folder_ / name; }
  Weights open() const { return Weights::open(folder_.path()); }
  /// A shard with one-element tensors.
  void shard(const std::string& name, const std::vector<std::pair<std::string, float>>& values) const {
    std::vector<std::pair<std::string, torch::Tensor>> tensors;
    for (const auto& [tensor, value] : values) tensors.emplace_back(tensor, torch::full({1}, value));
    write_safetensors(path(name), tensors, {});
  }
  void index(const nlohmann::json& map) const {
    write_text(path("model.safetensors.index.json"), nlohmann::json{{"weight_map", map}}.dump());
  }
  void refused(ErrorKind kind, const std::string& message) const {
    expect_error(kind, message, [&] { open(); });
  }
  static float value(const Weights& weights, const std::string& name) {
    return weights.tensor(name).item<float>();
  }

  TemporaryFolder folder_;
};

TEST_F(OpenWeights, OneFile) {
  shard("model.safetensors", {{"a", 1}, {"b", 2}});
  const Weights weights = open();
  EXPECT_EQ(weights.files(), std::vector<fs::path>{path("model.safetensors")});
  ASSERT_EQ(weights.tensors().size(), 2U);
  EXPECT_EQ(weights.tensors().at("a").dtype, torch::kFloat32);
  EXPECT_EQ(weights.tensors().at("a").shape, std::vector<std::int64_t>{1});
  EXPECT_EQ(value(weights, "a"), 1);
  EXPECT_EQ(value(weights, "b"), 2);
  EXPECT_EQ(weights.bytes(), fs::file_size(path("model.safetensors")));
  EXPECT_EQ(weights.sha256(), sha256_hex(read_file(path("model.safetensors"))));
  EXPECT_EQ(weights.unlisted(), Names{});
  EXPECT_EQ(weights.passed_over(), Names{});
  expect_error(ErrorKind::bad_data, path("model.safetensors").string() + ": no tensor c",
               [&] { weights.tensor("c"); });
}

TEST_F(OpenWeights, APickledFileIsTheSame) {
  const Weights pickled = Weights::open(fixture("bin"));
  const Weights plain = Weights::open(fixture("safetensors"));
  for (const auto& [name, stored] : plain.tensors()) {
    ASSERT_TRUE(pickled.tensors().contains(name)) << name;
    EXPECT_EQ(pickled.tensors().at(name).shape, stored.shape) << name;
    EXPECT_EQ(pickled.tensors().at(name).dtype, torch::kFloat32) << name;
  }
}

TEST_F(OpenWeights, TheFirstOfFourIsRead) {
  write_text(path("pytorch_model.bin.index.json"), "never looked at");
  write_text(path("pytorch_model.bin"), "never looked at");
  shard("model-1.safetensors", {{"a", 2}});
  index({{"a", "model-1.safetensors"}});
  EXPECT_EQ(value(open(), "a"), 2);
  EXPECT_EQ(open().passed_over(), (Names{"pytorch_model.bin", "pytorch_model.bin.index.json"}));
  shard("model.safetensors", {{"a", 1}});
  EXPECT_EQ(value(open(), "a"), 1);
  EXPECT_EQ(open().passed_over(),
            (Names{"model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"}));
}

TEST_F(OpenWeights, ShardsInTheOrderOfTheirNames) {
  shard("z.safetensors", {{"a", 1}});
  shard("b.safetensors", {{"c", 2}, {"d", 3}});
  index({{"a", "z.safetensors"}, {"c", "b.safetensors"}, {"d", "b.safetensors"}});
  const Weights weights = open();
  EXPECT_EQ(weights.files(), (std::vector<fs::path>{path("b.safetensors"), path("z.safetensors")}));
  EXPECT_EQ(weights.tensors().at("a").file, 1U);
  EXPECT_EQ(weights.tensors().at("d").file, 0U);
  EXPECT_EQ(value(weights, "a"), 1);
  EXPECT_EQ(value(weights, "d"), 3);
  const std::string together = read_file(path("b.safetensors")) + read_file(path("z.safetensors"));
  EXPECT_EQ(weights.bytes(), together.size());
  EXPECT_EQ(weights.sha256(), sha256_hex(together));
}

TEST_F(OpenWeights, OfANameInTwoShardsTheIndexDecides) {
  shard("1.safetensors", {{"a", 1}, {"b", 2}, {"extra", 9}});
  shard("2.safetensors", {{"a", 3}});
  index({{"a", "2.safetensors"}, {"b", "1.safetensors"}});
  const Weights weights = open();
  EXPECT_EQ(value(weights, "a"), 3);
  EXPECT_EQ(value(weights, "b"), 2);
  EXPECT_EQ(weights.tensors().size(), 2U);
  EXPECT_EQ(weights.unlisted(), (Names{"a", "extra"}));
}

TEST_F(OpenWeights, WhatIsNotThere) {
  refused(ErrorKind::missing_input, folder_.path().string() +
                                        ": no weights: expected one of model.safetensors, "
                                        "model.safetensors.index.json, pytorch_model.bin, "
                                        "pytorch_model.bin.index.json");
  const std::string place = path("model.safetensors.index.json").string();
  shard("1.safetensors", {{"a", 1}});
  index({{"a", "1.safetensors"}, {"b", "2.safetensors"}});
  refused(ErrorKind::missing_input, place + ": shard 2.safetensors is not there");
  index({{"a", "1.safetensors"}, {"b", "1.safetensors"}});
  refused(ErrorKind::bad_data, place + ": weight_map: b: not in its shard 1.safetensors");
}

TEST_F(OpenWeights, AShardThatChangesIsNoticed) {
  shard("1.safetensors", {{"a", 1}});
  shard("2.safetensors", {{"b", 1}});
  index({{"a", "1.safetensors"}, {"b", "2.safetensors"}});
  const Weights weights = open();
  EXPECT_TRUE(weights.unchanged());
  weights.release_pages();
  EXPECT_EQ(value(weights, "b"), 1) << "pages given back are read again";
  shard("2.safetensors", {{"b", 5}});
  EXPECT_FALSE(weights.unchanged());
  EXPECT_EQ(value(weights, "b"), 1) << "the old file stays mapped";
  EXPECT_TRUE(open().unchanged());
}

}  // namespace
}  // namespace onset
