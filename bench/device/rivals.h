#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/device/network.h"

/// cuBLAS and cuDNN beside our kernels.
namespace bench {

struct Rival {
    std::string who;      ///< "cuDNN: the three convolutions as one"; empty: there is none
    std::string refusal;  ///< why there is no time; empty: there is one
    Timing timing;
};

/// By "kernel shape", as kernels::Work has them. Empty in a build without the libraries.
std::map<std::string, Rival> time_rivals(const DeviceOptions& options);

}  // namespace bench
