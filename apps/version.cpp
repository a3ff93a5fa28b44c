#include "version.h"

#include <ATen/Parallel.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/version.h>

#include <boost/version.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

#include "blas_kernels.h"
#include "command.h"
#include "onset/series/hdf5_file.h"
#include "onset/text/unicode.h"

namespace onset::apps {

bool bfloat16_is_fast() {
  if (torch::cuda::is_available()) return true;
#if defined(__x86_64__)
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("flags"))
      return line.find("avx512_bf16") != std::string::npos || line.find("amx_bf16") != std::string::npos;
  }
#endif
  return false;
}

namespace {

/// The file that serves matrix products, as mapped into this process.
std::string blas_library() {
  std::ifstream maps("/proc/self/maps");
  std::string line;
  while (std::getline(maps, line)) {
    const auto slash = line.find('/');
    if (slash == std::string::npos) continue;
    const std::string name = std::filesystem::path(line.substr(slash)).filename().string();
    for (const char* const known : {"libopenblas", "libmkl", "libblis", "libblas"}) {
      if (name.starts_with(known)) {
        std::error_code ignored;
        return std::filesystem::canonical(line.substr(slash), ignored).string();
      }
    }
  }
  return "unknown";
}

}  // namespace

void print_version(std::ostream& out) {
  const bool cuda = torch::cuda::is_available();
  const std::string blas = blas_library();
  out << "onset      " << ONSET_VERSION << '\n'
      << "LibTorch   " << TORCH_VERSION << '\n'
      << "BLAS       " << blas
      << (blas.find("/blas/") != std::string::npos
              ? "  (reference BLAS: 50 times slower; install libopenblas0-openmp)"
              : "")
      << (blas_kernels().empty() ? "" : " (kernels: " + blas_kernels() + ")") << '\n'
      << "HDF5       " << hdf5_version() << '\n'
      << "ICU        " << icu_version() << '\n'
      << "Boost      " << BOOST_LIB_VERSION << '\n'
      << "compiler   " << __VERSION__ << '\n'
      << "device     " << (cuda ? "cuda (" + std::to_string(torch::cuda::device_count()) + ")" : "cpu")
      << '\n'
      << "threads    " << use_threads(0) << '\n'
      << "bfloat16   " << (bfloat16_is_fast() ? "fast" : "slow here: use float32") << '\n';
}

}  // namespace onset::apps
