#include "onset/series/hdf5_library.h"

#include <utility>

namespace onset {

Hdf5Handle::~Hdf5Handle() {
  if (id_ >= 0) close_(id_);
}

Hdf5Handle::Hdf5Handle(Hdf5Handle&& other) noexcept
    : id_(std::exchange(other.id_, -1)), close_(other.close_) {}

Hdf5Handle& Hdf5Handle::operator=(Hdf5Handle&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(close_, other.close_);
  return *this;
}

hid_t Hdf5Handle::release() { return std::exchange(id_, -1); }

Hdf5Silence::Hdf5Silence() {
  H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Hdf5Silence::~Hdf5Silence() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }

std::string hdf5_cause() {
  std::string text;
  const H5E_walk2_t first = [](unsigned depth, const H5E_error2_t* error, void* out) -> herr_t {
    if (depth != 0 || error->desc == nullptr) return 0;
    auto& line = *static_cast<std::string*>(out);
    for (const char* c = error->desc; *c != '\0' && line.size() < 160; ++c)
      line += *c >= ' ' && *c <= '~' ? *c : '?';
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first, &text);
  return text.empty() ? "unknown cause" : text;
}

}  // namespace onset
