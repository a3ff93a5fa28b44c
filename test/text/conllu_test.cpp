#include "onset/text/conllu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "onset/base/file.h"
#include "test/temporary_folder.h"
#include "test/text/errors.h"

namespace onset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string row(const std::string& id, const std::string& form, const std::string& head,
                const std::string& relation) {
  return id + "\t" + form + "\t_\t_\t_\t_\t" + head + "\t" + relation + "\t_\t_\n";
}

/// Lines 1 to 9; "du" stands for the words 2 and 3, and word 3 is followed by an empty node.
const std::string good = "# sent_id = s-1\n# text = voir du chat\n" + row("1", "voir", "0", "root") +
                         row("2-3", "du", "_", "_") + row("2", "de", "4", "case") +
                         row("3", "le", "4", "det:x") + row("3.1", "petit", "_", "_") +
                         row("4", "chat", "1", "obj") + "\n";

class ConlluTest : public testing::Test {
 protected:
  std::string write(std::string_view bytes) const {
    write_file_atomically(folder_ / "f.conllu", bytes);
    return (folder_ / "f.conllu").string();
  }
  std::vector<ParsedSentence> read(std::string_view bytes) {
    warnings_.clear();
    return read_conllu(write(bytes), -1,
                       [this](const std::string& warning) { warnings_.push_back(warning); });
  }
  /// The failure's text with FILE for the path.
  std::string failure_of(std::string_view bytes) const {
    const std::string path = write(bytes);
    std::string message = failure([&] { read_conllu(path); });
    const std::size_t at = message.find(path);
    return at == std::string::npos ? message : message.replace(at, path.size(), "FILE");
  }
  TemporaryFolder folder_;
  std::vector<std::string> warnings_;
};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

void expect_good(const ParsedSentence& sentence) {
  EXPECT_EQ(sentence.id, "s-1");
  EXPECT_EQ(sentence.line, 3);
  EXPECT_THAT(sentence.words, ElementsAre("voir", "de", "le", "chat"));
  EXPECT_THAT(sentence.heads, ElementsAre(0, 4, 4, 1));
  EXPECT_THAT(sentence.relations, ElementsAre("root", "case", "det:x", "obj"));
}

TEST_F(ConlluTest, RangesAndEmptyNodesAreLeftOut) {
  const auto sentences = read(good);
  ASSERT_EQ(sentences.size(), 1U);
  expect_good(sentences[0]);
  EXPECT_THAT(warnings_, ElementsAre());
}

TEST_F(ConlluTest, LineEndsAndByteOrderMarkDoNotMatter) {
  for (const std::string& text : {replaced(good, "\n", "\r\n"), "\xEF\xBB\xBF" + good,
                                  "\xEF\xBB\xBF" + replaced(good, "\n", "\r\n"), "\n\n" + good + "\n\n"}) {
    const auto sentences = read(text);
    ASSERT_EQ(sentences.size(), 1U);
    EXPECT_EQ(sentences[0].id, "s-1");
    EXPECT_THAT(sentences[0].heads, ElementsAre(0, 4, 4, 1));
    EXPECT_THAT(sentences[0].relations, ElementsAre("root", "case", "det:x", "obj"));
  }
}

TEST_F(ConlluTest, AMissingFinalNewlineIsAWarning) {
  const std::string whole = row("1", "a", "0", "root");
  EXPECT_EQ(read(whole.substr(0, whole.size() - 1)).size(), 1U);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("f.conllu:1: no newline at the end of the file")));
  EXPECT_EQ(read(whole).size(), 1U);
  EXPECT_THAT(warnings_, ElementsAre());
}

TEST_F(ConlluTest, SentencesWithoutAnIdAreNumbered) {
  const std::string one = row("1", "a b", "0", "ROOT") + "\n";
  const auto sentences = read(one + "#sent_id=x y\n" + one + "# sent_id =\n" + one);
  ASSERT_EQ(sentences.size(), 3U);
  EXPECT_EQ(sentences[0].id, "1");
  EXPECT_EQ(sentences[1].id, "x y");
  EXPECT_EQ(sentences[2].id, "3");
  EXPECT_EQ(sentences[1].line, 4);
  EXPECT_THAT(sentences[0].words, ElementsAre("a b"));
  EXPECT_THAT(sentences[0].relations, ElementsAre("ROOT"));
}

TEST_F(ConlluTest, ReadsNoFurtherThanAsked) {
  const std::string path = write(good + "nonsense\n");
  EXPECT_EQ(read_conllu(path, 1).size(), 1U);
  EXPECT_EQ(read_conllu(path, 0).size(), 0U);
  ConlluReader reader(path);
  expect_good(*reader.next());
  EXPECT_THAT(failure([&] { reader.next(); }), HasSubstr(":10: 1 tab-separated columns, not 10"));
}

TEST_F(ConlluTest, TheEndComesOnceAndForAll) {
  ConlluReader reader(write(good));
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.next());
}

TEST_F(ConlluTest, AFileWithoutSentencesIsBadData) {
  EXPECT_EQ(failure_of(""), "65: FILE: 0 sentences");
  EXPECT_EQ(failure_of("\n# newdoc\n\n"), "65: FILE: 0 sentences");
  EXPECT_EQ(failure([] { read_conllu("/nowhere/f.conllu"); }),
            "66: /nowhere/f.conllu: cannot open: No such file or directory");
}

TEST_F(ConlluTest, Columns) {
  EXPECT_EQ(failure_of("# sent_id = s\n1\ta\t_\n"),
            R"(65: FILE:2: 3 tab-separated columns, not 10: "1\x09a\x09_" (sentence "s"))");
  EXPECT_EQ(
      failure_of(replaced(row("1", "a", "0", "root"), "\n", "\t_\n")),
      R"(65: FILE:1: 11 tab-separated columns, not 10: "1\x09a\x09_\x09_\x09_\x09_\x090\x09root\x09_\x09_\x09_" (sentence "1"))");
  EXPECT_EQ(failure_of(row("1", "", "0", "root")), R"(65: FILE:1: FORM: empty (sentence "1"))");
  EXPECT_EQ(failure_of(row("1", "a", "0", "")), R"(65: FILE:1: DEPREL: empty (sentence "1"))");
}

TEST_F(ConlluTest, IdsCountFromOne) {
  const std::string a = row("1", "a", "0", "root");
  EXPECT_EQ(failure_of(row("2", "a", "0", "root")),
            R"(65: FILE:1: ID: "2" where word 1 should be (sentence "1"))");
  EXPECT_EQ(failure_of(a + row("3", "b", "1", "x")),
            R"(65: FILE:2: ID: "3" where word 2 should be (sentence "1"))");
  for (const std::string id :
       {"01", "+1", "-1", "1a", "", "4294967297", "x", " 1", "1.", "1-", "1.1.1", "1-1-1"}) {
    EXPECT_THAT(failure_of(row(id, "a", "0", "root")), HasSubstr("65: FILE:1: ID: ")) << id;
  }
}

TEST_F(ConlluTest, Heads) {
  const std::string a = row("1", "a", "0", "root");
  EXPECT_EQ(failure_of(a + row("2", "b", "3", "x") + "\n"),
            R"(65: FILE:2: HEAD: 3 in a sentence of 2 words (sentence "1"))");
  EXPECT_EQ(failure_of(a + row("2", "b", "2", "x")),
            R"(65: FILE:2: HEAD: word 2 is its own head (sentence "1"))");
  EXPECT_EQ(failure_of(a + row("2", "b", "0", "x")),
            R"(65: FILE:2: HEAD: word 2 is a second root after word 1 (sentence "1"))");
  EXPECT_EQ(failure_of("# x\n" + row("1", "a", "2", "x") + row("2", "b", "1", "x")),
            R"(65: FILE:2: HEAD: no word of the sentence is its root (0) (sentence "1"))");
  for (const std::string head : {"_", "-1", "1.1", "", "00", "99999999999", "1 "}) {
    EXPECT_EQ(failure_of(row("1", "a", head, "x")),
              "65: FILE:1: HEAD: \"" + head + "\" is not the number of a word, nor 0 (sentence \"1\")");
  }
}

TEST_F(ConlluTest, CyclesAreNamedByOneOfTheirWords) {
  // 2 hangs on the cycle 3 -> 4 -> 3; word 1 is fine.
  const std::string text = row("1", "a", "0", "root") + row("2", "b", "3", "x") + row("3", "c", "4", "x") +
                           row("4", "d", "3", "x");
  EXPECT_EQ(failure_of("# sent_id = loop\n" + text),
            R"(65: FILE:4: HEAD: going up from word 3 leads back to it, by word 4 (sentence "loop"))");
}

TEST_F(ConlluTest, RangesAreChecked) {
  const std::string a = row("1", "a", "0", "root");
  const std::string b = row("2", "b", "1", "x");
  const auto range = [](const std::string& id) { return row(id, "ab", "_", "_"); };
  EXPECT_EQ(read(range("1-1") + a + range("2-2") + b).size(), 1U);
  EXPECT_EQ(failure_of(range("2-1") + a + b),
            R"(65: FILE:1: ID: range "2-1" is not first-last (sentence "1"))");
  EXPECT_EQ(failure_of(range("1-3") + a + b),
            R"(65: FILE:1: ID: range 1-3 in a sentence of 2 words (sentence "1"))");
  EXPECT_EQ(failure_of(a + range("1-2") + b),
            R"(65: FILE:2: ID: range "1-2" where word 2 comes next (sentence "1"))");
  EXPECT_EQ(failure_of(range("2-2") + a + b),
            R"(65: FILE:1: ID: range "2-2" where word 1 comes next (sentence "1"))");
  EXPECT_EQ(failure_of(range("1-2") + a + range("2-2") + b),
            R"(65: FILE:3: ID: range "2-2" overlaps the one on line 1 (sentence "1"))");
  EXPECT_EQ(failure_of(range("0-1") + a + b),
            R"(65: FILE:1: ID: range "0-1" is not first-last (sentence "1"))");
  EXPECT_EQ(failure_of(range("1-x") + a + b),
            R"(65: FILE:1: ID: range "1-x" is not first-last (sentence "1"))");
  EXPECT_EQ(failure_of(range("1-2") + "\n"), R"(65: FILE:1: a sentence without words (sentence "1"))");
}

TEST_F(ConlluTest, EmptyNodesAreChecked) {
  const std::string a = row("1", "a", "0", "root");
  const auto node = [](const std::string& id) { return row(id, "e", "_", "_"); };
  EXPECT_EQ(read(node("0.1") + node("0.2") + a + node("1.1")).size(), 1U);
  EXPECT_EQ(failure_of(a + node("2.1")),
            R"(65: FILE:2: ID: empty node "2.1" where 1.1 should be (sentence "1"))");
  EXPECT_EQ(failure_of(a + node("1.2")),
            R"(65: FILE:2: ID: empty node "1.2" where 1.1 should be (sentence "1"))");
  EXPECT_EQ(failure_of(a + node("1.1") + node("1.1")),
            R"(65: FILE:3: ID: empty node "1.1" where 1.2 should be (sentence "1"))");
}

TEST_F(ConlluTest, CommentsStandBeforeTheWords) {
  EXPECT_EQ(failure_of(row("1", "a", "0", "root") + "# late\n"),
            R"(65: FILE:2: a comment inside a sentence (sentence "1"))");
}

TEST_F(ConlluTest, BadBytesAreNamedByTheirPlaceInTheFile) {
  // The row "1\ta…" begins at byte 4, after "# x\n"; its form is byte 6.
  EXPECT_EQ(failure_of("# x\n" + row("1", "\xff", "0", "root")), "65: FILE:@6: not UTF-8: \"\\xff\"");
  EXPECT_EQ(failure_of("# x\n" + row("1", std::string("\0", 1), "0", "root")),
            "65: FILE:@6: a NUL in a text file");
}

TEST_F(ConlluTest, LongSentencesAreNoTrouble) {
  // A chain: every word hangs on the next, so that climbing from each anew would take 5 billion steps.
  constexpr int words = 100'000;
  std::string text;
  for (int i = 1; i < words; ++i) text += row(std::to_string(i), "w", std::to_string(i + 1), "x");
  const auto sentences = read(text + row(std::to_string(words), "w", "0", "root"));
  ASSERT_EQ(sentences.size(), 1U);
  EXPECT_EQ(sentences[0].words.size(), 100'000U);
  EXPECT_THAT(failure_of(text + row(std::to_string(words), "w", "1", "x")),
              HasSubstr("FILE:1: HEAD: no word"));
}

TEST_F(ConlluTest, ReadsATreebankWhole) {
  const auto path = std::filesystem::path(ONSET_SHARED_DATA) / "en_ewt-ud-dev.conllu";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "needs " << path;
  // Counted with awk: rows whose first column is a plain number, and lines "# sent_id".
  std::size_t words = 0;
  const auto sentences = read_conllu(path);
  for (const auto& sentence : sentences) words += sentence.words.size();
  EXPECT_EQ(sentences.size(), 2001U);
  EXPECT_EQ(words, 25147U);
}

}  // namespace
}  // namespace onset
