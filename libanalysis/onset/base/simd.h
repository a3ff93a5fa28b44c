// Sixteen floats at a time, in GCC's vector extension: the compiler lowers one text to AVX-512, AVX2 or SSE2.
// Everything here is inlined into functions compiled once per instruction set and chosen at run time (see
// ONSET_KERNEL below), so one binary runs everywhere and fast where it can.
#pragma once

#include <cstdint>
#include <cstring>

namespace onset::simd {

constexpr int width = 16;
using Floats = float __attribute__((vector_size(64)));
using Ints = std::int32_t __attribute__((vector_size(64)));
using Words = std::uint32_t __attribute__((vector_size(64)));

#define ONSET_INLINE [[gnu::always_inline]] inline

ONSET_INLINE void load(Floats& to, const float* from) { std::memcpy(&to, from, sizeof to); }
ONSET_INLINE void store(float* to, const Floats& from) { std::memcpy(to, &from, sizeof from); }

constexpr int padded(int n) { return (n + width - 1) / width * width; }

ONSET_INLINE float sum(const Floats& x) {
  // A fixed tree, so that every instruction set adds in the same order.
  float lanes[width];
  std::memcpy(lanes, &x, sizeof lanes);
  for (int half = width / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

ONSET_INLINE float maximum(const Floats& x) {
  float lanes[width];
  std::memcpy(lanes, &x, sizeof lanes);
  for (int half = width / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] = lanes[i] > lanes[i + half] ? lanes[i] : lanes[i + half];
  }
  return lanes[0];
}

/// x := e^x for x <= 88; below -87.3 the result is 0. Relative error under 2e-7: 2^n times a degree-6
/// polynomial on [-ln2/2, ln2/2] (Cephes expf, Moshier).
ONSET_INLINE void exponential(Floats& x) {
  const Ints dead = x < -87.3F;  // also true of -infinity
  const Floats clamped = dead ? Floats{} : x;
  const Floats scaled =
      clamped * 1.44269504088896341F + 12582912.0F;  // 1.5 * 2^23: rounds to the nearest integer
  const Floats n = scaled - 12582912.0F;
  Floats r = clamped - n * 0.693359375F;
  r = r + n * 2.12194440e-4F;
  Floats p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const Ints exponent = (__builtin_convertvector(n, Ints) + 127) << 23;
  Floats power;
  std::memcpy(&power, &exponent, sizeof power);
  x = dead ? Floats{} : p * power;
}

}  // namespace onset::simd

/// ONSET_KERNEL(name, result, (parameters), call): one body, three instruction sets, and pick_name() to
/// choose by the processor that runs it. To be used inside an unnamed namespace; `call` must be inlined.
#if defined(__x86_64__)
#define ONSET_AVX512 [[gnu::target("avx512f,avx512vl,avx512bw,avx512dq,fma")]]
#define ONSET_AVX2 [[gnu::target("avx2,fma")]]
#define ONSET_KERNEL(name, result, parameters, call)                                         \
  ONSET_AVX512 result name##_avx512 parameters { return call; }                              \
  ONSET_AVX2 result name##_avx2 parameters { return call; }                                  \
  result name##_plain parameters { return call; }                                            \
  decltype(&name##_plain) pick_##name() {                                                    \
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&          \
        __builtin_cpu_supports("avx512bw")) {                                                \
      return name##_avx512;                                                                  \
    }                                                                                        \
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return name##_avx2; \
    return name##_plain;                                                                     \
  }
#else
#define ONSET_KERNEL(name, result, parameters, call) \
  result name##_plain parameters { return call; }    \
  decltype(&name##_plain) pick_##name() { return name##_plain; }
#endif
