// What this program is made of and runs on.
#pragma once

#include <iosfwd>

namespace onset::apps {

/// Versions linked, the BLAS found, the device, threads, and whether bfloat16 is fast here.
void print_version(std::ostream& out);

/// Whether this processor, or a GPU's that is there, computes in bfloat16.
bool bfloat16_is_fast();

}  // namespace onset::apps
