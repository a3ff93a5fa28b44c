#include "onset/text/masking.h"

#include "onset/base/random.h"

namespace onset {

MaskingVocabulary masking_vocabulary(const Vocabulary& vocabulary) {
  return {vocabulary.mask(), vocabulary.size(), vocabulary.unk()};
}

MaskedLine mask_line(std::span<const std::int32_t> ids, std::int64_t line,
                     const MaskingVocabulary& vocabulary, const MaskingOptions& options) {
  MaskedLine out{{ids.begin(), ids.end()}, {}, {}};
  for (std::size_t t = 1; t + 1 < ids.size(); ++t) {
    if (ids[t] == vocabulary.unk) continue;
    const std::initializer_list<std::uint64_t> place = {static_cast<std::uint64_t>(line), t};
    if (draw_uniform(options.seed, Draw::mask_choice, place) >= options.rate) continue;
    out.positions.push_back(static_cast<std::int32_t>(t));
    out.targets.push_back(ids[t]);
    const double kind = draw_uniform(options.seed, Draw::mask_kind, place);
    if (kind < 0.8) {
      out.ids[t] = vocabulary.mask;
    } else if (kind < 0.9) {
      out.ids[t] =
          static_cast<std::int32_t>(draw_uniform(options.seed, Draw::mask_token, place) * vocabulary.size);
    }
  }
  return out;
}

}  // namespace onset
