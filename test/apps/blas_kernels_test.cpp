// OpenBLAS takes SSE3 kernels for a model that it does not know. The program does not put up with it, unless
// told to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "test/apps/program.h"

namespace onset {
namespace {

TEST(BlasKernels, AreWhatTheProcessorHasUnlessTheUserChose) {
  const TemporaryFolder folder;
  const std::string version = std::string(ONSET_BINARY) + " --version";
  const Outcome told = run_program(version, folder, "env OPENBLAS_CORETYPE=Prescott");
  ASSERT_EQ(told.code, 0) << told.err;
  if (told.out.find("(kernels: ") == std::string::npos)
    GTEST_SKIP() << "another BLAS than OpenBLAS is loaded";
  EXPECT_THAT(told.out, testing::HasSubstr("(kernels: Prescott)"));
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2")) GTEST_SKIP() << "the processor has no AVX2";
#else
  GTEST_SKIP() << "another architecture";
#endif
  const Outcome left_alone = run_program(version, folder, "env -u OPENBLAS_CORETYPE");
  ASSERT_EQ(left_alone.code, 0) << left_alone.err;
  EXPECT_THAT(left_alone.out,
              testing::ContainsRegex("kernels: (Haswell|Excavator|Zen|SkylakeX|Cooperlake|SapphireRapids)"));
}

}  // namespace
}  // namespace onset
