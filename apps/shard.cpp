#include "shard.h"

#include <sstream>

#include "onset/base/error.h"

namespace onset::apps {

Shard parse_shard(const std::string& text) {
  Shard shard;
  char slash = 0;
  std::istringstream stream(text);
  if (!(stream >> shard.index >> slash >> shard.count) || slash != '/' || !stream.eof() || shard.count < 1 ||
      shard.index < 0 || shard.index >= shard.count) {
    throw Error(ErrorKind::usage, "--shard: \"" + text + "\" is not i/n with 0 <= i < n");
  }
  return shard;
}

}  // namespace onset::apps
