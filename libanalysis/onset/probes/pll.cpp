#include "onset/probes/pll.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "onset/model/mlm_head.h"

namespace onset {
namespace {

/// Sentences whose masked inputs are gathered before any is computed; equal ones among them are computed
/// once.
constexpr std::size_t window_sentences = 4096;
/// Forward passes whose masked positions go through the head together, where the work can be cut into so many
/// shares of that size: enough for the threads to end together.
constexpr std::int64_t passes_a_head = 4;
constexpr std::int64_t least_shares = 16;

/// log p(target) at one position of one masked input, and the (sentence, token) that wants it.
struct Question {
  std::int64_t input = 0;
  std::int32_t position = 0, target = 0;
  std::int64_t sentence = 0;
  double answer = 0;
};

/// The distinct masked inputs of a window of sentences.
struct Window {
  std::vector<TokenIds> inputs;
  std::vector<Question> questions;  ///< sentence by sentence, position by position
};

struct IdsHash {
  std::size_t operator()(const TokenIds& ids) const {
    return std::hash<std::string_view>{}(
        {reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(std::int32_t)});
  }
};

Window gather(std::span<const TokenIds> sentences, std::int64_t positions, const PllTokens& tokens) {
  Window window;
  std::unordered_map<TokenIds, std::int64_t, IdsHash> known;
  for (std::size_t s = 0; s < sentences.size(); ++s) {
    const TokenIds& ids = sentences[s];
    if (static_cast<std::int64_t>(ids.size()) > positions) continue;
    for (std::size_t t = 1; t + 1 < ids.size(); ++t) {
      TokenIds masked = ids;
      masked[t] = tokens.mask;
      for (std::size_t later = t + 1;
           tokens.scoring == PllScoring::word_l2r && later + 1 < ids.size() && tokens.continues[ids[later]];
           ++later) {
        masked[later] = tokens.mask;
      }
      const auto [found, fresh] =
          known.try_emplace(std::move(masked), static_cast<std::int64_t>(window.inputs.size()));
      if (fresh) window.inputs.push_back(found->first);
      window.questions.push_back(
          {found->second, static_cast<std::int32_t>(t), ids[t], static_cast<std::int64_t>(s), 0.0});
    }
  }
  return window;
}

/// What is asked of the head: some rows of hidden states, and for each row one target or more.
struct HeadWork {
  std::vector<torch::Tensor> hidden;          ///< [row, hidden], of one forward pass each
  std::int64_t rows = 0;                      ///< of all of them
  std::vector<std::int64_t> row_of, targets;  ///< of what is asked, each once
  std::vector<std::size_t> asked;             ///< [question] which of these answers it
};

/// The hidden states that the questions about some inputs need, by one forward pass. Those about an input lie
/// together, ordered by position and target. Questions may share a place (same masked input, other target):
/// its hidden state is computed once. Equal ones share their answer too, so that equal sentences score the
/// same to the bit.
void encode_places(const Bert& bert, const Window& window, std::span<const std::int64_t> inputs,
                   std::span<Question* const> questions, HeadWork& work) {
  std::vector<std::span<const std::int32_t>> sequences;
  for (const std::int64_t input : inputs) sequences.emplace_back(window.inputs[input]);
  const PackedBatch batch = pack(sequences, bert.device());
  EncoderOptions options;
  std::size_t next = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    for (; next < questions.size() && questions[next]->input == inputs[i]; ++next) {
      const std::int64_t place = batch.offsets[i] + questions[next]->position;
      const bool other_place = options.rows.empty() || options.rows.back() != place;
      if (other_place) options.rows.push_back(place);
      if (other_place || work.targets.back() != questions[next]->target) {
        work.row_of.push_back(work.rows + static_cast<std::int64_t>(options.rows.size()) - 1);
        work.targets.push_back(questions[next]->target);
      }
      work.asked.push_back(work.targets.size() - 1);
    }
  }
  work.rows += static_cast<std::int64_t>(options.rows.size());
  work.hidden.push_back(encode(bert, batch, options).hidden);
}

/// Answers the questions about some inputs: forward passes of at most batch_tokens, then the head once, for
/// the vocabulary's matrix is wide and pays only where many rows share it.
void answer(const Bert& bert, const Window& window, std::span<const std::int64_t> inputs,
            std::span<Question* const> questions, std::int64_t batch_tokens) {
  HeadWork work;
  for (std::size_t begin = 0, asked = 0; begin < inputs.size();) {
    std::size_t end = begin, asked_end = asked;
    for (std::int64_t tokens = 0; end < inputs.size(); ++end) {
      tokens += static_cast<std::int64_t>(window.inputs[inputs[end]].size());
      if (end > begin && tokens > batch_tokens) break;
      while (asked_end < questions.size() && questions[asked_end]->input == inputs[end]) ++asked_end;
    }
    encode_places(bert, window, inputs.subspan(begin, end - begin),
                  questions.subspan(asked, asked_end - asked), work);
    begin = end;
    asked = asked_end;
  }
  torch::Tensor hidden = work.hidden.size() == 1 ? work.hidden.front() : torch::cat(work.hidden);
  if (work.rows != static_cast<std::int64_t>(work.targets.size()))
    hidden = hidden.index_select(0, torch::tensor(work.row_of, torch::kInt64).to(hidden.device()));
  const torch::Tensor answers =
      mlm_log_probabilities(bert, hidden, torch::tensor(work.targets, torch::kInt64));
  for (std::size_t q = 0; q < questions.size(); ++q) {
    questions[q]->answer = answers.data_ptr<float>()[work.asked[q]];
  }
}

/// Shares of the work that a thread takes at a time: several forward passes' worth, fewer where little is to
/// be done. The same for any number of threads, as the numbers are.
PassOptions shares_of(const PassOptions& options, std::span<const std::int64_t> lengths) {
  const std::int64_t tokens = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
  PassOptions out = options;
  out.batch_tokens =
      std::clamp(tokens / least_shares, options.batch_tokens, passes_a_head * options.batch_tokens);
  return out;
}

}  // namespace

PllTokens pll_tokens(const Vocabulary& vocabulary, PllScoring scoring) {
  PllTokens tokens{vocabulary.mask(), {}, scoring};
  for (std::int32_t id = 0; id < vocabulary.size(); ++id)
    tokens.continues.push_back(vocabulary.token(id).starts_with("##"));
  return tokens;
}

std::vector<double> pseudo_log_likelihoods(const Bert& bert, std::span<const TokenIds> sentences,
                                           const PllTokens& tokens, const PassOptions& options) {
  std::vector<double> scores(sentences.size(), 0.0);
  std::int64_t done = 0;
  for (std::size_t begin = 0; begin < sentences.size(); begin += window_sentences) {
    const auto part = sentences.subspan(begin, std::min(window_sentences, sentences.size() - begin));
    Window window = gather(part, bert.config.positions, tokens);
    std::vector<std::vector<Question*>> by_input(window.inputs.size());
    for (Question& question : window.questions) by_input[question.input].push_back(&question);
    for (std::vector<Question*>& about : by_input) {
      std::ranges::sort(about, {}, [](const Question* q) { return std::pair(q->position, q->target); });
    }
    std::vector<std::int64_t> lengths;
    for (const TokenIds& ids : window.inputs) lengths.push_back(static_cast<std::int64_t>(ids.size()));
    std::int64_t answered = 0;
    const auto work = [&](std::span<const std::int64_t> inputs) {
      std::vector<Question*> questions;
      for (const std::int64_t input : inputs)
        questions.insert(questions.end(), by_input[input].begin(), by_input[input].end());
      answer(bert, window, inputs, questions, options.batch_tokens);
    };
    for_each_batch(lengths, bert.device(), shares_of(options, lengths), work, [&](std::int64_t inputs) {
      answered += inputs;
      if (options.progress) {
        const auto share = static_cast<double>(answered) / static_cast<double>(window.inputs.size());
        options.progress({"minimal pairs",
                          done + static_cast<std::int64_t>(share * static_cast<double>(part.size())),
                          static_cast<std::int64_t>(sentences.size()), "sentences"});
      }
    });
    for (const Question& question : window.questions) scores[begin + question.sentence] += question.answer;
    for (std::size_t s = 0; s < part.size(); ++s) {
      if (static_cast<std::int64_t>(part[s].size()) > bert.config.positions) {
        scores[begin + s] = std::numeric_limits<double>::quiet_NaN();
      }
    }
    done += static_cast<std::int64_t>(part.size());
  }
  return scores;
}

PllScores score_pairs(const Bert& bert, const PairData& data, const PllTokens& tokens,
                      const PassOptions& options) {
  PllScores out;
  for (const double score : pseudo_log_likelihoods(bert, data.sentences, tokens, options)) {
    out.score.push_back(static_cast<float>(score));
  }
  return out;
}

}  // namespace onset
