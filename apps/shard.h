// --shard i/n: which part of the work this process takes.
#pragma once

#include <string>

#include "onset/analysis/analyze.h"

namespace onset::apps {

/// Throws Error(usage) unless the text is i/n with 0 <= i < n.
Shard parse_shard(const std::string& text);

}  // namespace onset::apps
