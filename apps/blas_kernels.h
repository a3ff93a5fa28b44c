// Which of OpenBLAS's kernels multiply matrices. OpenBLAS chooses them by the processor's model when it is
// loaded, and up to 0.3.24 takes those of 2004 (Prescott: SSE3) for an Intel model that it does not know,
// whatever instructions it has: a matrix product is then five times slower (OpenBLAS's issue 4267).
#pragma once

#include <string>

namespace onset::apps {

/// OpenBLAS's name of them; empty where another BLAS is loaded.
std::string blas_kernels();

/// Where the kernels loaded lack AVX2 and the processor has it, starts the program again with
/// OPENBLAS_CORETYPE set for the processor. Returns where that is not so, where the variable is set already,
/// and where starting fails. To be called before anything else is done.
void use_kernels_for_this_processor(char** arguments);

}  // namespace onset::apps
