#include "blas_kernels.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace onset::apps {
namespace {

constexpr const char* variable = "OPENBLAS_CORETYPE";

constexpr std::array<std::string_view, 6> kernels_with_avx2 = {"Haswell",  "Excavator",  "Zen",
                                                               "SkylakeX", "Cooperlake", "SapphireRapids"};

/// The newest kernels that the processor can run and every OpenBLAS since 0.3.10 has; null where AVX2 is
/// missing.
const char* best_kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return "SKYLAKEX";
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "HASWELL";
#endif
  return nullptr;
}

}  // namespace

std::string blas_kernels() {
  using CoreName = char* (*)();
  const auto name = reinterpret_cast<CoreName>(::dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  return name == nullptr ? std::string() : std::string(name());
}

void use_kernels_for_this_processor(char** arguments) {
  const std::string loaded = blas_kernels();
  const char* const best = best_kernels();
  if (loaded.empty() || best == nullptr || std::getenv(variable) != nullptr) return;
  if (std::ranges::find(kernels_with_avx2, loaded) != kernels_with_avx2.end()) return;
  ::setenv(variable, best, 1);
  ::execv("/proc/self/exe", arguments);
}

}  // namespace onset::apps
