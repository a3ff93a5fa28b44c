#include "onset/probes/mlm_loss.h"

#include <limits>

#include "onset/model/mlm_head.h"

namespace onset {

MlmLoss mlm_loss(const Bert& bert, std::span<const MaskedLine> lines, const PassOptions& options) {
  MlmLoss out;
  out.line_loss.assign(lines.size(), 0.0);
  out.line_tokens.assign(lines.size(), 0.0);
  std::vector<std::int64_t> lengths;
  for (const MaskedLine& line : lines)
    lengths.push_back(line.positions.empty() ? 0 : static_cast<std::int64_t>(line.ids.size()));
  const auto work = [&](std::span<const std::int64_t> items) {
    std::vector<std::span<const std::int32_t>> rows;
    EncoderOptions encoder;
    std::vector<std::int64_t> targets;
    std::vector<std::int64_t> line_of;
    std::int64_t offset = 0;
    for (const std::int64_t item : items) {
      const MaskedLine& line = lines[item];
      if (line.positions.empty()) continue;
      rows.emplace_back(line.ids);
      for (std::size_t i = 0; i < line.positions.size(); ++i) {
        encoder.rows.push_back(offset + line.positions[i]);
        targets.push_back(line.targets[i]);
        line_of.push_back(item);
      }
      offset += static_cast<std::int64_t>(line.ids.size());
    }
    if (!rows.empty()) {
      const PackedBatch batch = pack(rows, bert.device());
      const torch::Tensor hidden = encode(bert, batch, encoder).hidden;
      const torch::Tensor answers =
          mlm_log_probabilities(bert, hidden, torch::tensor(targets, torch::kInt64));
      for (std::size_t i = 0; i < targets.size(); ++i) {
        out.line_loss[line_of[i]] -= answers.data_ptr<float>()[i];
        out.line_tokens[line_of[i]] += 1;
      }
    }
  };
  std::int64_t done = 0;
  for_each_batch(lengths, bert.device(), options, work, [&](std::int64_t items) {
    done += items;
    if (options.progress)
      options.progress({"masked text", done, static_cast<std::int64_t>(lines.size()), "lines"});
  });
  double sum = 0;
  for (std::size_t line = 0; line < lines.size(); ++line) {
    sum += out.line_loss[line];
    out.tokens += static_cast<std::int64_t>(out.line_tokens[line]);
  }
  out.loss =
      out.tokens > 0 ? sum / static_cast<double>(out.tokens) : std::numeric_limits<double>::quiet_NaN();
  return out;
}

}  // namespace onset
