#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/emulator/report.h"

/// How tests steer the emulator. Everything else is reached by plain CUDA (kernels/common/cuda.h).
namespace kernels::emulator {

/// In which order the threads of a block, and the blocks of a grid, run between two barriers. A right kernel
/// computes the same in all of them.
enum class Order { forward, reverse, shuffled };
void set_order(Order order, std::uint64_t seed = 1);

/// While one lives, launches do not throw what they find but leave it here, once per kind and pair of places.
/// A launch goes on after a race or a read of uninitialised memory; after any other report it is given up.
/// Without a collector it is given up in any case, after a race at the end of the block.
class CollectReports {
  public:
    CollectReports();
    ~CollectReports();
    CollectReports(const CollectReports&) = delete;
    CollectReports& operator=(const CollectReports&) = delete;

    const std::vector<Report>& reports() const;
};

/// One report for each allocation of device memory that is alive.
std::vector<Report> find_leaks();

}  // namespace kernels::emulator
