#include "bench/openblas.h"

#include <benchmark/benchmark.h>
#include <cblas.h>

namespace bench {
namespace {

const bool named_in_report = (benchmark::AddCustomContext("OpenBLAS", openblas_get_config()), true);

}  // namespace

std::string openblas_name() { return std::string("openblas_") + openblas_get_corename(); }

}  // namespace bench
