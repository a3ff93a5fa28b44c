#include "onset/text/pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "onset/base/file.h"
#include "test/temporary_folder.h"
#include "test/text/errors.h"

namespace onset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A line of BLiMP; `uid` and `id` are JSON values.
std::string pair(const std::string& uid, const std::string& id, const std::string& term = "\"binding\"") {
  return R"({"sentence_good": "Good one.", "sentence_bad": "Bad one.", "field": "syntax", "linguistics_term": )" +
         term + R"(, "UID": )" + uid + R"(, "simple_LM_method": true, "pairID": )" + id + "}\n";
}

class PairsTest : public testing::Test {
 protected:
  std::string write(std::string_view bytes, const std::string& name = "p.jsonl") const {
    write_file_atomically(folder_ / name, bytes);
    return (folder_ / name).string();
  }
  std::string failure_of(std::string_view bytes) const {
    const std::string path = write(bytes);
    std::string message = failure([&] { read_pairs(path); });
    for (std::size_t at = 0; (at = message.find(path, at)) != std::string::npos;)
      message.replace(at, path.size(), "FILE");
    return message;
  }
  TemporaryFolder folder_;
};

std::vector<std::string> names(const std::vector<MinimalPair>& pairs) {
  std::vector<std::string> out;
  for (const MinimalPair& pair : pairs) out.push_back(pair.paradigm + ":" + pair.id);
  return out;
}

TEST_F(PairsTest, ReadsTheFieldsAndPassesOverOthers) {
  const auto pairs = read_pairs(write(
      R"({"x": {"UID": "inner", "y": [1, {"pairID": 2.5}]}, "sentence_good": "Caf\u00e9 \ud83d\ude00.", "sentence_bad": "", )"
      R"("linguistics_term": "s-selection", "UID": "u", "pairID": "07", "z": null})"));
  ASSERT_EQ(pairs.size(), 1U);
  EXPECT_EQ(pairs[0].good, "Caf\u00e9 \U0001f600.");
  EXPECT_EQ(pairs[0].bad, "");
  EXPECT_EQ(pairs[0].paradigm, "u");
  EXPECT_EQ(pairs[0].id, "07");
  EXPECT_EQ(pairs[0].phenomenon, "argument_structure");
}

TEST_F(PairsTest, IntegerIdsAreKeptAsText) {
  const std::string text =
      pair("\"u\"", "3") + pair("\"u\"", "-4") + pair("\"u\"", "123456789012345678901234567890");
  EXPECT_THAT(names(read_pairs(write(text))), ElementsAre("u:3", "u:-4", "u:123456789012345678901234567890"));
}

TEST_F(PairsTest, LineEndsByteOrderMarkAndBlankLinesDoNotMatter) {
  std::string crlf = "\xEF\xBB\xBF";
  for (const char c : pair("\"u\"", "\"0\"") + " \n" + pair("\"u\"", "\"1\""))
    crlf += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_THAT(names(read_pairs(write(crlf))), ElementsAre("u:0", "u:1"));
}

TEST_F(PairsTest, AFolderIsReadInTheOrderOfNames) {
  write(pair("\"b\"", "0"), "b.jsonl");
  write(pair("\"a\"", "0"), "a.jsonl");
  write("not read", "notes.txt");
  EXPECT_THAT(names(read_pairs(folder_.path())), ElementsAre("a:0", "b:0"));
}

TEST_F(PairsTest, KeepsTheFirstOfEachParadigm) {
  const std::string path = write(pair("\"u\"", "0") + pair("\"v\"", "0") + pair("\"u\"", "1") +
                                 pair("\"v\"", "1") + pair("\"u\"", "2"));
  EXPECT_THAT(names(read_pairs(path, 2)), ElementsAre("u:0", "v:0", "u:1", "v:1"));
  EXPECT_THAT(names(read_pairs(path, 1)), ElementsAre("u:0", "v:0"));
}

TEST_F(PairsTest, IdenticalSentencesAreAWarning) {
  const std::string path = write(
      pair("\"u\"", "0") +
      R"({"sentence_good":"Same.","sentence_bad":"Same.","linguistics_term":"t","UID":"u","pairID":"1"})");
  std::vector<std::string> warnings;
  EXPECT_EQ(read_pairs(path, -1, [&](const std::string& warning) { warnings.push_back(warning); }).size(),
            2U);
  EXPECT_THAT(warnings, ElementsAre(path + ":2: sentence_good and sentence_bad are the same; kept"));
}

TEST_F(PairsTest, PairsThatAreNotKeptAreNoWarning) {
  const auto same = [](const std::string& id) {
    return R"({"sentence_good":"Same.","sentence_bad":"Same.","linguistics_term":"t","UID":"u","pairID":)" +
           id + "}\n";
  };
  const std::string path = write(pair("\"u\"", "0") + same("1") + same("2") + pair("\"v\"", "0"));
  const auto warnings_with = [&](std::int64_t per_paradigm) {
    std::vector<std::string> lines;
    read_pairs(path, per_paradigm, [&](const std::string& warning) {
      lines.push_back(warning.substr(path.size(), warning.find(": ", path.size()) - path.size()));
    });
    return lines;
  };
  EXPECT_THAT(warnings_with(1), ElementsAre());
  EXPECT_THAT(warnings_with(2), ElementsAre(":2"));
  EXPECT_THAT(warnings_with(3), ElementsAre(":2", ":3"));
  EXPECT_THAT(warnings_with(-1), ElementsAre(":2", ":3"));
}

TEST_F(PairsTest, MissingAndWrongFieldsAreNamed) {
  const std::string good = pair("\"u\"", "0");
  EXPECT_EQ(failure_of(good + R"({"sentence_good": "a"})"), "65: FILE:2: sentence_bad: missing");
  EXPECT_EQ(failure_of("{}"), "65: FILE:1: sentence_good: missing");
  EXPECT_EQ(failure_of(pair("7", "0")), "65: FILE:1: UID: a number, not a string");
  EXPECT_EQ(failure_of(pair("null", "0")), "65: FILE:1: UID: null, not a string");
  EXPECT_EQ(failure_of(pair("[\"u\"]", "0")), "65: FILE:1: UID: an array, not a string");
  EXPECT_EQ(failure_of(pair("{}", "0")), "65: FILE:1: UID: an object, not a string");
  EXPECT_EQ(failure_of(pair("\"\"", "0")), "65: FILE:1: UID: empty");
  EXPECT_EQ(failure_of(pair("\"u\"", "1.0")), "65: FILE:1: pairID: a fraction, not a string");
  EXPECT_EQ(failure_of(pair("\"u\"", "true")), "65: FILE:1: pairID: a truth value, not a string");
  EXPECT_EQ(failure_of(pair("\"u\"", "0", "3")), "65: FILE:1: linguistics_term: a number, not a string");
  EXPECT_EQ(failure_of(pair(R"("u\u0000")", "0")), "65: FILE:1: UID: a NUL in the text");
  EXPECT_EQ(failure_of(R"({"UID": "u", "UID": "v"})"), "65: FILE:1: UID: given twice");
}

TEST_F(PairsTest, LinesThatAreNoObjectsAreBadData) {
  EXPECT_EQ(failure_of("[1]"), "65: FILE:1: an array, not a JSON object");
  EXPECT_EQ(failure_of("\"a\""), "65: FILE:1: a string, not a JSON object");
  EXPECT_EQ(failure_of("null"), "65: FILE:1: null, not a JSON object");
  EXPECT_EQ(failure_of("3"), "65: FILE:1: a number, not a JSON object");
  EXPECT_EQ(failure_of("{\"a\": }"), "65: FILE:1: not JSON from character 7 of the line on");
  EXPECT_EQ(failure_of(R"({"a": "\ud800"})"), "65: FILE:1: not JSON from character 14 of the line on");
  EXPECT_THAT(failure_of("{} {}"), HasSubstr("65: FILE:1: not JSON from character 4"));
  EXPECT_THAT(failure_of("{\"a\": 1"), HasSubstr("65: FILE:1: not JSON from character 8"));
}

TEST_F(PairsTest, DeepNestingNeedsNoStack) {
  const std::size_t depth = 1'000'000;
  EXPECT_THAT(failure_of(R"({"x": )" + std::string(depth, '[')), HasSubstr("65: FILE:1: not JSON"));
  std::string line = pair("\"u\"", "0");
  line.insert(1, R"("x": )" + std::string(depth, '[') + std::string(depth, ']') + ", ");
  EXPECT_EQ(read_pairs(write(line)).size(), 1U);
}

TEST_F(PairsTest, APairIsThereOnce) {
  EXPECT_EQ(failure_of(pair("\"u\"", "0") + pair("\"u\"", "1") + pair("\"u\"", "\"0\"")),
            R"(65: FILE:3: pairID: "0" of UID "u" is there already, at FILE:1)");
  const std::string first = write(pair("\"u\"", "0"), "1.jsonl");
  const std::string second = write(pair("\"u\"", "0"), "2.jsonl");
  std::filesystem::remove(folder_ / "p.jsonl");
  EXPECT_EQ(failure([&] { read_pairs(folder_.path(), 0); }),
            "65: " + second + R"(:1: pairID: "0" of UID "u" is there already, at )" + first + ":1");
}

TEST_F(PairsTest, NothingToRead) {
  EXPECT_EQ(failure_of(""), "65: FILE: 0 items");
  EXPECT_EQ(failure_of("\n \n"), "65: FILE: 0 items");
  const TemporaryFolder empty;
  EXPECT_EQ(failure([&] { read_pairs(empty.path()); }),
            "66: " + empty.path().string() + ": no .jsonl file in this folder");
  EXPECT_EQ(failure([] { read_pairs("/nowhere/p"); }),
            "66: /nowhere/p: cannot open: No such file or directory");
}

TEST_F(PairsTest, BadBytesAreNamedByTheirPlaceInTheFile) {
  EXPECT_EQ(failure_of("{}\xff\n"), "65: FILE:@2: not UTF-8: \"\\xff\"");
}

TEST_F(PairsTest, ReadsBlimpWhole) {
  const auto folder = std::filesystem::path(ONSET_SHARED_DATA) / "blimp";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs " << folder;
  int warnings = 0;
  std::map<std::string, int> paradigms;
  std::set<std::string> phenomena;
  for (const MinimalPair& pair : read_pairs(folder, -1, [&](const std::string&) { ++warnings; })) {
    ++paradigms[pair.paradigm];
    phenomena.insert(pair.phenomenon);
  }
  EXPECT_EQ(warnings, 7);  // identical pairs, known
  EXPECT_EQ(paradigms.size(), 67U);
  for (const auto& [paradigm, count] : paradigms) EXPECT_EQ(count, 1000) << paradigm;
  EXPECT_EQ(phenomena.size(), 12U);
}

}  // namespace
}  // namespace onset
