// Builds pickles opcode by opcode, for the tests of their reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "test/checkpoint/zip_builder.h"

namespace onset {

/// A pickle being written.
class Pickle {
 public:
  explicit Pickle(unsigned protocol = 2) { raw("\x80").number(protocol, 1); }

  Pickle& raw(std::string_view bytes) {
    out_.text(bytes);
    return *this;
  }
  Pickle& number(std::uint64_t value, unsigned width) {
    out_.number(value, width);
    return *this;
  }
  Pickle& text(std::string_view value) { return raw("X").number(value.size(), 4).raw(value); }
  Pickle& global(std::string_view module, std::string_view name) {
    return raw("c").raw(module).raw("\n").raw(name).raw("\n");
  }
  Pickle& integer(std::int64_t value) {
    return raw("\x8a").number(8, 1).number(static_cast<std::uint64_t>(value), 8);
  }
  Pickle& integers(const std::vector<std::int64_t>& values) {
    raw("(");
    for (const std::int64_t value : values) integer(value);
    return raw("t");
  }
  Pickle& storage(std::string_view type, std::int64_t count) {
    return raw("(").text("storage").global("torch", type).text("0").text("cpu").integer(count).raw("tQ");
  }
  /// _rebuild_tensor_v2 over a float storage "0" of `count` numbers
  Pickle& tensor(std::int64_t count, std::int64_t offset, const std::vector<std::int64_t>& sizes,
                 const std::vector<std::int64_t>& strides) {
    global("torch._utils", "_rebuild_tensor_v2").raw("(").storage("FloatStorage", count).integer(offset);
    integers(sizes).integers(strides).raw("\x89");
    return global("collections", "OrderedDict").raw(")RtR");
  }
  std::uint64_t size() const { return out_.size(); }
  const std::string& stop() { return raw(".").out_.bytes(); }

 private:
  ByteWriter out_;
};

}  // namespace onset
