// The readers of this room on thousands of spoilt files: what is read keeps the readers' promises, the rest
// is refused with one line.
#include <set>

#include "onset/text/conllu.h"
#include "onset/text/glue.h"
#include "onset/text/pairs.h"
#include "onset/text/vocabulary.h"
#include "test/mutations.h"

namespace onset {
namespace {

class Mutations : public testing::Test {
 protected:
  /// Spoils `good` and hands the file to `read`.
  void run(const std::string& good, std::vector<std::string> words, int count,
           const std::function<void(const std::filesystem::path&)>& read) {
    Mutator mutate(std::move(words));
    const std::filesystem::path path = file_.path();
    survive(
        count, {ErrorKind::bad_data}, path.string(), [&] { return mutate(good); },
        [&](const std::string& bytes) {
          file_.put(bytes);
          read(path);
        });
  }
  MemoryFile file_;
};

/// Follows the heads from each word: everybody must arrive at the one root.
void expect_tree(const ParsedSentence& sentence) {
  const std::size_t count = sentence.words.size();
  ASSERT_EQ(sentence.heads.size(), count);
  ASSERT_EQ(sentence.relations.size(), count);
  EXPECT_EQ(std::ranges::count(sentence.heads, 0), 1);
  for (std::size_t word = 1; word <= count; ++word) {
    std::size_t at = word;
    for (std::size_t steps = 0; at != 0; ++steps) {
      ASSERT_LE(at, count);
      ASSERT_LT(steps, count) << "a cycle";
      at = static_cast<std::size_t>(sentence.heads[at - 1]);
    }
  }
}

TEST_F(Mutations, Conllu) {
  const std::string good =
      "# sent_id = a\n1\tvoir\t_\t_\t_\t_\t0\troot\t_\t_\n2-3\tdu\t_\t_\t_\t_\t_\t_\t_\t_\n"
      "2\tde\t_\t_\t_\t_\t4\tcase\t_\t_\n3\tle\t_\t_\t_\t_\t4\tdet\t_\t_\n3.1\tx\t_\t_\t_\t_\t_\t_\t_\t_\n"
      "4\tch\xc3\xa2t\t_\t_\t_\t_\t1\tobj\t_\t_\n\n1\tb\t_\t_\t_\t_\t0\troot\t_\t_\n\n";
  const std::vector<std::string> words = {"\n",
                                          "\r\n",
                                          "\t",
                                          "\n\n",
                                          "1-2",
                                          "3.1",
                                          "0",
                                          "-1",
                                          "99999999999999999999",
                                          "# sent_id = b\n",
                                          "\xef\xbb\xbf",
                                          std::string(1, '\0'),
                                          "2\tb\t_\t_\t_\t_\t1\tx\t_\t_\n"};
  run(good, words, 10'000, [](const std::filesystem::path& path) {
    const auto sentences = read_conllu(path);
    EXPECT_FALSE(sentences.empty());
    for (const ParsedSentence& sentence : sentences) expect_tree(sentence);
  });
}

TEST_F(Mutations, Pairs) {
  const auto line = [](const std::string& id) {
    return R"({"sentence_good": "A caf\u00e9.", "sentence_bad": "B.", "linguistics_term": "binding", )"
           R"("UID": "u", "more": [1, {"UID": 2.5}], "pairID": )" +
           id + "}\n";
  };
  const std::vector<std::string> words = {"\"",
                                          "\\ud800",
                                          "\\u0000",
                                          "{",
                                          "[",
                                          "}",
                                          "]",
                                          "null",
                                          "\n",
                                          "1e999",
                                          "-1",
                                          "\"UID\": \"v\", ",
                                          ",",
                                          ":",
                                          std::string(1, '\0'),
                                          "\xc3",
                                          "\"pairID\": 7, "};
  run(line("1") + line("\"2\""), words, 10'000, [](const std::filesystem::path& path) {
    std::set<std::pair<std::string, std::string>> seen;
    for (const MinimalPair& pair : read_pairs(path)) {
      EXPECT_FALSE(pair.paradigm.empty() || pair.id.empty() || pair.phenomenon.empty());
      EXPECT_TRUE(seen.emplace(pair.paradigm, pair.id).second) << "two pairs of one name";
    }
    EXPECT_FALSE(seen.empty());
  });
}

TEST_F(Mutations, Vocabulary) {
  const std::vector<std::string> words = {
      "\n", "\r\n", "##", "[PAD]\n", "\n\n", std::string(1, '\0'), "\xc3", "a\n", "[MASK]", "\xed\xa0\x80"};
  run("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n\xc3\xa9t\xc3\xa9\n", words, 10'000,
      [](const std::filesystem::path& path) {
        const Vocabulary vocabulary = Vocabulary::read(path);
        for (std::int32_t id = 0; id < vocabulary.size(); ++id) {
          EXPECT_EQ(vocabulary.find(vocabulary.token(id)), id);
        }
        EXPECT_EQ(vocabulary.token(vocabulary.mask()), "[MASK]");
        EXPECT_EQ(std::ranges::count(vocabulary.sorted_ids(), vocabulary.pad()), 1);
      });
}

/// A table of this task, spoilt.
void run_glue(const std::string& task_name,
              const std::function<void(const std::function<void(const std::filesystem::path&)>&)>& run) {
  const GlueTask& task = glue_task(task_name);
  run([&task](const std::filesystem::path& path) {
    const auto examples = read_glue(task, path);
    EXPECT_FALSE(examples.empty());
    for (const GlueExample& example : examples) {
      EXPECT_GE(example.label, 0);
      EXPECT_LE(example.label, task.regression() ? 5.F : static_cast<float>(task.labels.size() - 1));
    }
  });
}

const std::vector<std::string> glue_words = {"\t",  "\n",     "\r\n",  "\"",    "nan", "inf",
                                             "-0",  "1e-400", "5.000", "0x1p2", "2",   std::string(1, '\0'),
                                             "\xff"};

TEST_F(Mutations, GlueWithoutHeader) {
  run_glue("cola", [&](const auto& read) {
    run("gj04\t1\t\tThe cat sat.\ngj04\t0\t*\tCat \"the sat.\nz\t1\t\tCaf\xc3\xa9.\n", glue_words, 6'000,
        read);
  });
}

TEST_F(Mutations, GlueScores) {
  run_glue("sts-b", [&](const auto& read) {
    run("index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n"
        "0\ta\tb\t2012\t1\tx\ty\tA cat.\tA dog.\t2.500\n1\ta\tb\t2012\t1\tx\ty\tA.\tB.\t5\n",
        glue_words, 6'000, read);
  });
}

TEST_F(Mutations, GlueThatLeavesOutShortLines) {
  run_glue("qqp", [&](const auto& read) {
    run("id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\tWhat?\tWho?\t0\n4\t5\t6\tA?\tB?\t1\n",
        glue_words, 6'000, read);
  });
}

}  // namespace
}  // namespace onset
