#include "bench/conv2d_passes.h"
#include "bench/onednn_convolution.h"

namespace bench {
namespace {

void add_benchmarks(int threads) {
    add_conv2d("onednn_channels_last", batch, threads, made_by_onednn(OnednnLayout::channels_last));
    add_conv2d("onednn_blocked", batch, threads, made_by_onednn(OnednnLayout::blocked));
}

const Suite suite(add_benchmarks);

}  // namespace
}  // namespace bench
