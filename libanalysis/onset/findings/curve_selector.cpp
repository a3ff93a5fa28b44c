#include "onset/findings/curve_selector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "onset/base/error.h"
#include "onset/series/hdf5_file.h"

namespace onset {
namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

Error wrong(const CurveSelector& selector, const std::string& what) {
  return error_in(ErrorKind::usage, selector.text, what);
}

/// A plain array of doubles over axes, slowest first.
struct Block {
  std::vector<Axis> axes;
  std::vector<double> values;
};

std::vector<double> as_doubles(const Values& values) {
  std::vector<double> out;
  std::visit(
      [&](const auto& found) {
        using Number = typename std::decay_t<decltype(found)>::value_type;
        for (const Number value : found) {
          const bool absent = std::is_integral_v<Number> && value == static_cast<Number>(-1);
          out.push_back(absent ? missing : static_cast<double>(value));
        }
      },
      values);
  return out;
}

Block block_of(LabelledVariable read) { return {std::move(read.axes), as_doubles(read.variable.values)}; }

std::vector<std::string> labels_of(const Axis& axis) {
  std::vector<std::string> out;
  std::visit(
      [&](const auto& labels) {
        for (const auto& label : labels) {
          if constexpr (std::is_same_v<std::decay_t<decltype(label)>, std::string>) {
            out.push_back(label);
          } else {
            out.push_back(std::to_string(label));
          }
        }
      },
      axis.labels);
  return out;
}

std::string listed(const std::vector<std::string>& labels) {
  constexpr std::size_t most = 12;
  std::string out;
  for (std::size_t i = 0; i < std::min(labels.size(), most); ++i) out += (i > 0 ? ", " : "") + labels[i];
  return labels.size() > most ? out + ", … (" + std::to_string(labels.size()) + ")" : out;
}

std::optional<std::size_t> index_of(const Axis& axis, const std::string& label) {
  const std::vector<std::string> labels = labels_of(axis);
  const auto found = std::ranges::find(labels, label);
  if (found != labels.end()) return static_cast<std::size_t>(found - labels.begin());
  const auto* const numbers = std::get_if<std::vector<std::int64_t>>(&axis.labels);
  if (label == "last" && numbers != nullptr && !numbers->empty())
    return static_cast<std::size_t>(std::ranges::max_element(*numbers) - numbers->begin());
  return std::nullopt;
}

double reduce(std::span<const double> values, const std::string& how) {
  double sum = 0, extreme = missing;
  std::size_t count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
    const bool further = how == "min" ? value < extreme : value > extreme;
    if (std::isnan(extreme) || further) extreme = value;
  }
  if (how == "mean") return count > 0 ? sum / static_cast<double>(count) : missing;
  return extreme;
}

/// Takes one place of the axis (`index`), or reduces over it (`how`).
Block without_axis(const Block& block, std::size_t axis, std::optional<std::size_t> index,
                   const std::string& how) {
  std::size_t outer = 1, inner = 1;
  for (std::size_t a = 0; a < block.axes.size(); ++a) {
    if (a != axis) (a < axis ? outer : inner) *= static_cast<std::size_t>(block.axes[a].size());
  }
  const auto size = static_cast<std::size_t>(block.axes[axis].size());
  Block out;
  for (std::size_t a = 0; a < block.axes.size(); ++a) {
    if (a != axis) out.axes.push_back(block.axes[a]);
  }
  out.values.reserve(outer * inner);
  std::vector<double> along(size);
  for (std::size_t o = 0; o < outer; ++o) {
    for (std::size_t i = 0; i < inner; ++i) {
      for (std::size_t k = 0; k < size; ++k) along[k] = block.values[(o * size + k) * inner + i];
      out.values.push_back(index ? along[*index] : reduce(along, how));
    }
  }
  return out;
}

bool is_reduction(const std::string& word) { return word == "max" || word == "mean" || word == "min"; }

/// The best head over these, unless said otherwise.
bool best_head_axis(const CurveSelector& selector, const std::string& axis) {
  return selector.path.starts_with("uas/") && (axis == "direction" || axis == "layer" || axis == "head");
}

Block select(Block block, const CurveSelector& selector) {
  for (const auto& [name, label] : selector.axes) {
    if (name == step_axis || std::ranges::find(block.axes, name, &Axis::name) == block.axes.end()) {
      std::vector<std::string> names;
      for (const Axis& axis : block.axes) {
        if (axis.name != step_axis) names.push_back(axis.name);
      }
      throw wrong(selector, name + ": is no axis of " + selector.path + " that can be chosen from (" +
                                (names.empty() ? "it has none" : listed(names)) + ")");
    }
  }
  for (std::size_t a = block.axes.size(); a-- > 0;) {
    const Axis& axis = block.axes[a];
    if (axis.name == step_axis) continue;
    const auto chosen = selector.axes.find(axis.name);
    std::string how = chosen != selector.axes.end() ? chosen->second : "";
    if (how.empty() && best_head_axis(selector, axis.name)) how = "max";
    if (how.empty())
      throw wrong(selector, axis.name + ": not chosen; one of " + listed(labels_of(axis)) + ", or max, mean");
    const std::optional<std::size_t> index = index_of(axis, how);
    if (!index && !is_reduction(how))
      throw wrong(selector, axis.name + ": there is no \"" + how + "\"; one of " + listed(labels_of(axis)));
    block = without_axis(block, a, index, how);
  }
  return block;
}

/// group/accuracy of a group that holds correct [step, …, item] and total [item].
std::optional<Block> derived_accuracy(const std::filesystem::path& file, const std::string& path) {
  const std::string suffix = "/accuracy";
  if (!path.ends_with(suffix)) return std::nullopt;
  const std::string group = path.substr(0, path.size() - suffix.size());
  auto correct = read_variable(file, group + "/correct");
  auto total = read_variable(file, group + "/total");
  if (!correct || !total || total->axes.size() != 1 || correct->axes.empty() ||
      correct->axes.back() != total->axes.front())
    return std::nullopt;
  Block out = block_of(std::move(*correct));
  const std::vector<double> totals = as_doubles(total->variable.values);
  for (std::size_t i = 0; i < out.values.size(); ++i) {
    const double all = totals[i % totals.size()];
    out.values[i] = all > 0 ? out.values[i] / all : missing;
  }
  return out;
}

std::optional<Curve> whole_curve(const std::filesystem::path& file, const CurveSelector& selector) {
  const std::array<std::string, 1> paths = {selector.path};
  Curves read = read_curves(file, paths);
  const auto found = read.curves.find(selector.path);
  if (found == read.curves.end()) return std::nullopt;
  Curve curve;
  curve.name = selector.text;
  curve.steps.assign(read.steps.begin(), read.steps.end());
  curve.values = std::move(found->second);
  const auto replicates = read.replicates.find(selector.path);
  if (replicates == read.replicates.end()) return curve;
  const auto count = static_cast<std::size_t>(replicates->second.count);
  curve.replicates.assign(count, std::vector<double>(curve.steps.size()));
  for (std::size_t s = 0; s < curve.steps.size(); ++s) {
    for (std::size_t b = 0; b < count; ++b)
      curve.replicates[b][s] = static_cast<double>(replicates->second.values[s * count + b]);
  }
  return curve;
}

std::optional<Curve> chosen_curve(const std::filesystem::path& file, const CurveSelector& selector,
                                  ErrorKind unfit) {
  std::optional<LabelledVariable> read = read_variable(file, selector.path);
  const bool plain = read && read->axes.size() == 1 && read->axes.front().name == step_axis;
  // What must be a curve says itself what shape it lacks.
  const bool must_be_plain = read && unfit != ErrorKind::usage;
  if ((plain || must_be_plain) && selector.axes.empty()) return whole_curve(file, selector);
  std::optional<Block> block = read ? block_of(std::move(*read)) : derived_accuracy(file, selector.path);
  if (!block) return std::nullopt;
  if (block->axes.empty() || block->axes.front().name != step_axis)
    throw wrong(selector, "is one value for all checkpoints, not a curve");
  const Axis steps = block->axes.front();
  Curve curve;
  curve.name = selector.text;
  for (const std::int64_t step : std::get<std::vector<std::int64_t>>(steps.labels))
    curve.steps.push_back(static_cast<double>(step));
  curve.values = select(std::move(*block), selector).values;
  return curve;
}

}  // namespace

CurveSelector parse_selector(std::string_view text) {
  CurveSelector out;
  out.text = text;
  const std::size_t open = text.find('[');
  out.path = text.substr(0, open);
  if (out.path.starts_with('/')) out.path.erase(0, 1);
  const std::size_t slash = out.path.find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == out.path.size())
    throw wrong(out, "expected a curve such as uas/micro or pll/accuracy[paradigm=NAME]");
  if (open == std::string_view::npos) return out;
  if (!text.ends_with(']')) throw wrong(out, "expected ] at the end");
  std::string_view rest = text.substr(open + 1, text.size() - open - 2);
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    const std::size_t equals = part.find('=');
    if (equals == 0 || equals == std::string_view::npos || equals + 1 == part.size())
      throw wrong(out, "expected axis=label, found \"" + std::string(part) + "\"");
    const auto [place, fresh] =
        out.axes.emplace(std::string(part.substr(0, equals)), std::string(part.substr(equals + 1)));
    if (!fresh) throw wrong(out, place->first + ": chosen twice");
    if (comma == std::string_view::npos) return out;
    rest.remove_prefix(comma + 1);
  }
}

std::optional<Curve> read_curve(const std::filesystem::path& file, const CurveSelector& selector,
                                ErrorKind unfit) {
  try {
    return chosen_curve(file, selector, unfit);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage || unfit == ErrorKind::usage) throw;
    throw error_in(unfit, file.string(), error.what());
  }
}

Trend trend_of(const CurveSelector& selector) {
  const std::string_view path = selector.path;
  const bool loss = path.starts_with("loss/") || path.ends_with("/loss") || path.ends_with("/train_loss") ||
                    path.starts_with("ablation/mlm_");
  return loss ? Trend::falling : Trend::rising;
}

}  // namespace onset
