#include "onset/checkpoint/json_text.h"

#include <gtest/gtest.h>

#include "test/checkpoint/expect_error.h"

namespace onset {
namespace {

void expect_json_refused(const std::string& text, const std::string& fragment) {
  expect_error(ErrorKind::bad_data, fragment, [&] { parse_json(text, "f.json"); });
}

TEST(JsonText, ReadsWhatTheOrdinaryParserReads) {
  const std::string text = R"( {"a": [1, -2, 3.5, true, null, "xé\n"], "b": {"a": {}, "c": []}} )";
  EXPECT_EQ(parse_json(text, "f.json"), nlohmann::json::parse(text));
  EXPECT_EQ(parse_json("7", "f.json"), 7);
}

TEST(JsonText, DuplicateKeysWithBothPlaces) {
  // {"a": 1, "a": 2}: the keys' quotes are bytes 1 and 9
  expect_json_refused(R"({"a": 1, "a": 2})", "f.json:@9: key a is given twice, first at byte 1");
  // an escaped quote inside the key does not end it: quotes at bytes 1 and 11
  expect_json_refused(R"({"x\"y": 1, "x\"y": 2})", "f.json:@12: key x\"y is given twice, first at byte 1");
  // the same key in two objects is in order
  EXPECT_NO_THROW(parse_json(R"([{"a": 1}, {"a": {"a": 2}}])", "f.json"));
  // \u0061 is a
  expect_json_refused(R"({"a": 1, "\u0061": 2})", "f.json:@9: key a is given twice");
}

TEST(JsonText, OffsetsCountFromTheStartOfTheFile) {
  expect_error(ErrorKind::bad_data, "f:@18: key a is given twice, first at byte 11",
               [] { parse_json(R"({"a":1, "a":2})", "f", 10); });
}

TEST(JsonText, SyntaxErrorsAtTheirByte) {
  expect_json_refused("", "f.json:@0: not JSON: empty");
  expect_json_refused("{\"a\": }", "f.json:@6: not JSON: syntax error");
  expect_json_refused("{} {}", "f.json:@3: not JSON");
  expect_json_refused("{\"a\": 1", "f.json:@7: not JSON");
  expect_json_refused("{\"a\": \"\xff\"}", "not JSON: syntax error");
  expect_json_refused("[1e999]", "not JSON: number overflow");
  expect_json_refused("[NaN]", "f.json:@1: not JSON");
}

TEST(JsonText, DepthIsBounded) {
  EXPECT_NO_THROW(parse_json(std::string(32, '[') + std::string(32, ']'), "f.json"));
  expect_json_refused(std::string(33, '[') + std::string(33, ']'), "JSON nested deeper than 32 levels");
  expect_json_refused(std::string(100'000, '['), "JSON nested deeper than 32 levels");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  expect_json_refused(objects, "JSON nested deeper than 32 levels");
}

TEST(JsonText, NumberOfValuesIsBounded) {
  std::string text = "[0";
  for (int i = 0; i < 1'000'000; ++i) text += ",0";
  expect_json_refused(text + "]", "more than 1000000 JSON values");
}

TEST(JsonText, NamesWhatAValueIs) {
  EXPECT_EQ(json_kind(nullptr), "null");
  EXPECT_EQ(json_kind(nlohmann::json::object()), "an object");
  EXPECT_EQ(json_kind(nlohmann::json::array()), "a list");
  EXPECT_EQ(json_kind("x"), "the text \"x\"");
  EXPECT_EQ(json_kind(1.5), "1.5");
  EXPECT_EQ(json_kind(true), "true");
}

}  // namespace
}  // namespace onset
