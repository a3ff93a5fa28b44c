// The one door to the HDF5 library: no other file includes <hdf5.h>. Identifiers close themselves, the
// library's own printing is off while it is used, and what it says of a failure becomes one line.
#pragma once

#include <hdf5.h>
#include <hdf5_hl.h>

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

namespace onset {

static_assert(std::is_same_v<hid_t, std::int64_t>, "HDF5 identifiers are 64 bits wide since 1.10");

/// An HDF5 identifier with the call that closes it.
class Hdf5Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Hdf5Handle(hid_t id, Close close) : id_(id), close_(close) {}
  ~Hdf5Handle();
  Hdf5Handle(Hdf5Handle&& other) noexcept;
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept;
  Hdf5Handle(const Hdf5Handle&) = delete;
  Hdf5Handle& operator=(const Hdf5Handle&) = delete;

  hid_t get() const { return id_; }
  /// The identifier, which is then the caller's to close.
  hid_t release();

 private:
  hid_t id_;
  Close close_;
};

/// Turns off HDF5's printing of errors on this thread, for the object's life.
class Hdf5Silence {
 public:
  Hdf5Silence();
  ~Hdf5Silence();
  Hdf5Silence(const Hdf5Silence&) = delete;
  Hdf5Silence& operator=(const Hdf5Silence&) = delete;

 private:
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

/// What HDF5 says of its last failure on this thread: the innermost of its error stack, as one safe line.
std::string hdf5_cause();

inline hid_t native_type(double) { return H5T_NATIVE_DOUBLE; }
inline hid_t native_type(float) { return H5T_NATIVE_FLOAT; }
inline hid_t native_type(std::int64_t) { return H5T_NATIVE_INT64; }

}  // namespace onset
