#pragma once

#include "bench/convolution.h"

namespace bench {

/// The three passes of every convolution of the network, by `make`.
void add_conv2d(const std::string& who, std::int64_t images, int threads, const MakeConvolution& make);

}  // namespace bench
