#include "onset/checkpoint/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "onset/base/file.h"
#include "onset/base/sha256.h"
#include "onset/checkpoint/safetensors.h"
#include "test/checkpoint/expect_error.h"
#include "test/checkpoint/folders.h"
#include "test/checkpoint/spoilt.h"
#include "test/temporary_folder.h"

namespace onset {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// "8x12 0123456789abcdef": shape and SHA-256 of the float32 values, as fixtures/make_fixtures.py writes it.
std::string digest(const torch::Tensor& tensor) {
  EXPECT_EQ(tensor.scalar_type(), torch::kFloat32);
  EXPECT_TRUE(tensor.is_contiguous());
  std::string out;
  for (const std::int64_t size : tensor.sizes()) out += (out.empty() ? "" : "x") + std::to_string(size);
  const auto* const bytes = static_cast<const char*>(tensor.data_ptr());
  return out + " " + sha256_hex({bytes, tensor.nbytes()}).substr(0, 16);
}

nlohmann::json expectations() { return nlohmann::json::parse(read_file(fixture("expected.json"))); }

class FromPython : public ::testing::TestWithParam<std::string> {};

TEST_P(FromPython, EveryTensorIsTheModels) {
  const nlohmann::json expected = expectations().at(GetParam());
  const Checkpoint checkpoint = Checkpoint::open(fixture(GetParam()));
  EXPECT_EQ(checkpoint.sha256(), expected["sha256"]);
  EXPECT_EQ(checkpoint.has_mlm_head(), expected["mlm_head"]);
  EXPECT_EQ(checkpoint.has_pooler(), expected["pooler"]);
  EXPECT_EQ(checkpoint.ignored(), expected["ignored"].get<std::vector<std::string>>());
  std::vector<std::string> files;
  for (const fs::path& file : checkpoint.weight_files()) files.push_back(file.filename());
  EXPECT_EQ(files, expected["files"].get<std::vector<std::string>>());
  for (const auto& [name, value] : expected["tensors"].items()) {
    ASSERT_TRUE(checkpoint.has(name)) << name;
    EXPECT_EQ(digest(checkpoint.tensor(name)), value) << name;
  }
  for (const std::string& name : checkpoint.names()) EXPECT_TRUE(expected["tensors"].contains(name)) << name;
  EXPECT_TRUE(checkpoint.nonfinite().empty());
  EXPECT_TRUE(checkpoint.unchanged());
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, FromPython,
                         ::testing::Values("safetensors", "safetensors_sharded", "bin", "bin_sharded",
                                           "separate_decoder", "bfloat16", "float16", "float64_bin",
                                           "encoder_only", "legacy_names", "strided_bin", "classifier",
                                           "unaligned"),
                         [](const auto& test) { return test.param; });

TEST(Checkpoint, EveryFixtureIsTested) { EXPECT_EQ(expectations().size(), 13U); }

TEST(Checkpoint, TiedDecoder) {
  const Checkpoint checkpoint = Checkpoint::open(fixture("safetensors"));
  EXPECT_EQ(checkpoint.tensor("cls.predictions.decoder.weight").data_ptr(),
            checkpoint.tensor("bert.embeddings.word_embeddings.weight").data_ptr());
  EXPECT_EQ(checkpoint.notes(), std::vector<std::string>{});
  EXPECT_TRUE(checkpoint.has_tied_decoder());
  const Checkpoint separate = Checkpoint::open(fixture("separate_decoder"));
  EXPECT_NE(separate.tensor("cls.predictions.decoder.weight").data_ptr(),
            separate.tensor("bert.embeddings.word_embeddings.weight").data_ptr());
  EXPECT_TRUE(separate.notes().empty());
}

TEST(Checkpoint, NotesSayWhatWasMapped) {
  EXPECT_EQ(Checkpoint::open(fixture("encoder_only")).notes(),
            std::vector<std::string>{"names without the bert. prefix: 39"});  // 5 + 2 x 16 + 2
  // gamma and beta of five norms (one of the embeddings, two a layer) and of the head's
  EXPECT_EQ(Checkpoint::open(fixture("legacy_names")).notes(),
            std::vector<std::string>{"LayerNorm gamma/beta read as weight/bias: 12"});
  EXPECT_EQ(Checkpoint::open(fixture("bfloat16")).dtypes(), std::vector<std::string>{"bfloat16"});
  EXPECT_EQ(Checkpoint::open(fixture("float64_bin")).dtypes(), std::vector<std::string>{"float64"});
}

TEST(Checkpoint, Float32IsNotCopied) {
  const Checkpoint checkpoint = Checkpoint::open(fixture("safetensors"));
  const Checkpoint copy = checkpoint;  // copies share the mapping
  const std::string name = "bert.encoder.layer.1.output.dense.weight";
  EXPECT_EQ(checkpoint.tensor(name).data_ptr(), copy.tensor(name).data_ptr());
}

TEST(Checkpoint, HashesOnceFromManyThreads) {
  const Checkpoint checkpoint = Checkpoint::open(fixture("bin"));
  std::vector<std::thread> threads;
  std::vector<std::string> found(4);
  for (std::string& hash : found) threads.emplace_back([&] { hash = checkpoint.sha256(); });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& hash : found) EXPECT_EQ(hash, expectations()["bin"]["sha256"]);
}

/// A copy of a fixture that may be spoilt.
class Spoilt : public ::testing::Test {
 protected:
  void copy(const std::string& name) { copy_fixture(name, folder_.path()); }
  fs::path path(const std::string& file) const { return folder_ / file; }
  Checkpoint open() const { return Checkpoint::open(folder_.path()); }
  void expect_refused(ErrorKind kind, const std::string& fragment) const {
    expect_error(kind, fragment, [&] { open(); });
  }
  void edit_config(const std::string& key, const nlohmann::json& value) { edit("config.json", key, value); }
  void edit(const std::string& file, const std::string& key, const nlohmann::json& value) {
    edit_json(path(file), key, value);
  }
  void edit_weights(const std::function<void(Tensors&)>& change) {
    onset::edit_weights(folder_.path(), change);
  }

  TemporaryFolder folder_;
  const std::string query_ = "bert.encoder.layer.0.attention.self.query.weight";
};

TEST_F(Spoilt, WhatIsNotThere) {
  expect_error(ErrorKind::missing_input, "nowhere: no such folder", [] { Checkpoint::open("nowhere"); });
  expect_refused(ErrorKind::missing_input, "config.json: cannot open");
  copy("safetensors");
  fs::remove(path("model.safetensors"));
  expect_refused(
      ErrorKind::missing_input,
      "no weights: expected one of model.safetensors, model.safetensors.index.json, pytorch_model.bin, "
      "pytorch_model.bin.index.json");
}

TEST_F(Spoilt, AMissingTensorAndItsClosestName) {
  copy("safetensors");
  edit_weights([&](Tensors& tensors) {
    tensors["bert.encoder.layer.0.attention.self.queri.weight"] = tensors[query_];
    tensors.erase(query_);
  });
  expect_refused(ErrorKind::bad_data,
                 "model.safetensors: " + query_ +
                     ": missing; the closest name is bert.encoder.layer.0.attention.self.queri.weight");
  edit_weights([](Tensors& tensors) {
    std::erase_if(tensors,
                  [](const auto& entry) { return entry.first.find("layer.1.") != entry.first.npos; });
  });
  expect_refused(ErrorKind::bad_data,
                 ": missing like 16 more; the closest name is ");  // 1 + 16 of the second layer
  edit_weights([](Tensors& tensors) { tensors.clear(); });
  expect_refused(ErrorKind::bad_data,
                 "bert.embeddings.word_embeddings.weight: missing like 36 more; the file holds no tensor");
}

TEST_F(Spoilt, ShapesThatDisagreeWithTheConfiguration) {
  copy("safetensors");
  edit_config("vocab_size", 21);
  expect_refused(
      ErrorKind::bad_data,
      "bert.embeddings.word_embeddings.weight: expected shape [21, 8] by config.json, found [20, 8]");
  edit_config("vocab_size", 20);
  edit_weights([&](Tensors& tensors) { tensors[query_] = torch::zeros({8, 4}); });
  expect_refused(ErrorKind::bad_data, query_ + ": expected shape [8, 8] by config.json, found [8, 4]");
}

TEST_F(Spoilt, WeightsThatAreNoFloats) {
  copy("safetensors");
  edit_weights([&](Tensors& tensors) { tensors[query_] = torch::zeros({8, 8}, torch::kInt8); });
  expect_refused(ErrorKind::bad_data,
                 query_ + ": expected float32, float16, bfloat16 or float64, found Char");
}

TEST_F(Spoilt, LayersBeyondTheConfigurationAreRefused) {
  copy("safetensors");
  edit_config("num_hidden_layers", 1);
  expect_refused(
      ErrorKind::bad_data,
      "bert.encoder.layer.1.attention.output.LayerNorm.bias: a layer that config.json does not have: "
      "num_hidden_layers 1");
}

TEST_F(Spoilt, HalfAHeadIsRefused) {
  copy("safetensors");
  edit_weights([](Tensors& tensors) { tensors.erase("cls.predictions.transform.dense.bias"); });
  expect_refused(ErrorKind::bad_data, "cls.predictions.transform.dense.bias: missing; the closest name is");
  copy("encoder_only");
  edit_weights([](Tensors& tensors) { tensors.erase("pooler.dense.bias"); });
  expect_refused(ErrorKind::bad_data, "bert.pooler.dense.bias: missing");
  copy("classifier");
  edit_weights([](Tensors& tensors) { tensors["classifier.bias"] = torch::zeros({2}); });
  expect_refused(ErrorKind::bad_data, "classifier.bias: expected shape [3] by config.json, found [2]");
}

TEST_F(Spoilt, ATensorOfTheEncodersThatBertDoesNotHaveIsRefused) {
  for (const auto& [name, closest] : std::map<std::string, std::string>{
           {"bert.embeddings.word_embedding.weight", "bert.embeddings.word_embeddings.weight"},
           {"bert.encoder.layer.0.attention.self.keys.bias", "bert.encoder.layer.0.attention.self.key.bias"},
           {"bert.pool.dense.bias", "bert.pooler.dense.bias"}}) {
    copy("safetensors");
    edit_weights([&](Tensors& tensors) { tensors[name] = torch::zeros({8}); });
    expect_refused(ErrorKind::bad_data,
                   name + ": a tensor that BERT does not have; the closest name is " + closest);
  }
  copy("safetensors");
  edit_weights([](Tensors& tensors) {
    tensors["bert.embeddings.position_ids"] = torch::arange(10);  // a buffer, of whole numbers
    tensors["cls.seq_relationship.bias"] = torch::zeros({2});     // a head that nothing here uses
  });
  EXPECT_EQ(open().ignored(),
            (std::vector<std::string>{"bert.embeddings.position_ids", "cls.seq_relationship.bias"}));
}

TEST_F(Spoilt, AnUntiedHeadWithoutDecoderIsNone) {
  copy("safetensors");
  edit_config("tie_word_embeddings", false);
  const Checkpoint checkpoint = open();
  EXPECT_FALSE(checkpoint.has_mlm_head());
  EXPECT_FALSE(checkpoint.has("cls.predictions.bias"));
  EXPECT_EQ(checkpoint.ignored().size(), 5U);
  EXPECT_THAT(checkpoint.notes().at(0), HasSubstr("no MLM head: config.json says tie_word_embeddings false"));
}

TEST_F(Spoilt, ADecoderThatDiffersThoughNothingSaysSo) {
  copy("safetensors");
  edit_weights([](Tensors& tensors) {
    tensors["cls.predictions.decoder.weight"] = torch::full({20, 8}, 3.F);
  });
  const Checkpoint checkpoint = open();
  EXPECT_EQ(checkpoint.tensor("cls.predictions.decoder.weight").sum().item<float>(), 480.F);
  EXPECT_THAT(checkpoint.notes().at(0),
              HasSubstr("cls.predictions.decoder.weight differs from the word embeddings and is used"));
}

TEST_F(Spoilt, OneTensorByTwoNames) {
  copy("safetensors");
  edit_weights([&](Tensors& tensors) { tensors[query_.substr(5)] = tensors[query_].clone(); });
  EXPECT_THAT(open().notes(),
              ::testing::Contains("encoder.layer.0.attention.self.query.weight repeats " + query_));
  edit_weights([&](Tensors& tensors) { tensors[query_.substr(5)][0][0] += 1; });
  expect_refused(ErrorKind::bad_data,
                 "encoder.layer.0.attention.self.query.weight: other values than " + query_);
}

TEST_F(Spoilt, NonfiniteValuesAreCounted) {
  copy("safetensors");
  edit_weights([&](Tensors& tensors) {
    tensors[query_][0][0] = NAN;
    tensors[query_][1][2] = -NAN;
    tensors[query_][3][4] = -INFINITY;
  });
  EXPECT_EQ(open().nonfinite(), std::vector<std::string>{query_ + ": 2 NaN, 1 infinite of 64"});
}

TEST_F(Spoilt, AFileReplacedIsNoticed) {
  copy("safetensors");
  const Checkpoint checkpoint = open();
  EXPECT_TRUE(checkpoint.unchanged());
  edit_weights([&](Tensors& tensors) { tensors[query_][0][0] += 1; });
  EXPECT_FALSE(checkpoint.unchanged());
  const Checkpoint again = open();
  edit_config("layer_norm_eps", 1e-5);
  EXPECT_FALSE(again.unchanged());
  fs::remove(path("model.safetensors"));
  EXPECT_EQ(checkpoint.tensor(query_).numel(), 64) << "the mapping lives on";
}

TEST_F(Spoilt, BothFormatsThere) {
  copy("bin");
  copy("safetensors");
  EXPECT_THAT(open().notes(), ::testing::Contains("pytorch_model.bin is there, too, and not read"));
}

TEST_F(Spoilt, VocabularyOfAnotherSize) {
  copy("safetensors");
  write_text(path("vocab.txt"), "[PAD]\n[UNK]\n[CLS]");
  EXPECT_THAT(open().notes(),
              ::testing::Contains("vocab.txt has fewer lines (3) than the word embedding has rows (20)"));
}

TEST_F(Spoilt, ShardIndexes) {
  copy("safetensors_sharded");
  const std::string index = "model.safetensors.index.json";
  const auto good = nlohmann::json::parse(read_file(path(index)))["weight_map"];
  const auto with = [&](const nlohmann::json& shard) {
    auto map = good;
    map[query_] = shard;
    edit(index, "weight_map", map);
  };
  for (const char* const shard :
       {"../model.safetensors", "/etc/passwd", "..", "a/b", "a\\b", "", ".hidden"}) {
    with(shard);
    expect_refused(ErrorKind::bad_data,
                   "weight_map: " + query_ + ": expected the name of a file in this folder, found ");
  }
  with(7);
  expect_refused(ErrorKind::bad_data, "weight_map: " + query_ + ": expected a file name, found 7");
  with("other.safetensors");
  expect_refused(ErrorKind::missing_input, "shard other.safetensors is not there");
  with("model-00003-of-00003.safetensors");
  expect_refused(ErrorKind::bad_data,
                 "weight_map: " + query_ + ": not in its shard model-00003-of-00003.safetensors");
  edit(index, "weight_map", nlohmann::json::array());
  expect_refused(ErrorKind::bad_data, "weight_map: expected an object, found a list");
  edit(index, "weight_map", nlohmann::json::object());
  expect_refused(ErrorKind::bad_data, "weight_map: empty");
  write_text(path(index), "{}");
  expect_refused(ErrorKind::bad_data, "weight_map: expected an object, found none");
  write_text(path(index), "{\"weight_map\": {\"a\": \"x\", \"a\": \"y\"}}");
  expect_refused(ErrorKind::bad_data,
                 "model.safetensors.index.json:@26: key a is given twice, first at byte 16");
  write_text(path(index), std::string(100'000, '['));
  expect_refused(ErrorKind::bad_data, "JSON nested deeper than 32 levels");
  copy("safetensors_sharded");
  auto fewer = good;
  fewer.erase("cls.predictions.bias");
  edit(index, "weight_map", fewer);
  expect_refused(ErrorKind::bad_data, "cls.predictions.bias: missing");
  fs::remove(path("model-00002-of-00003.safetensors"));
  expect_refused(ErrorKind::missing_input, "shard model-00002-of-00003.safetensors is not there");
}

}  // namespace
}  // namespace onset
