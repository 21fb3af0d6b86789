#pragma once

#include <string>

namespace bench {

/// "openblas_" and the kind of processor whose kernels it runs here. It falls back to Prescott's, of 2004, on
/// a processor newer than itself: such figures say nothing about OpenBLAS.
std::string openblas_name();

}  // namespace bench
