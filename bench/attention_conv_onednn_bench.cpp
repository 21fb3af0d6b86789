#include "bench/onednn_convolution.h"

// The matrix products inside attention_conv by oneDNN: its three convolutions as one with three times as many
// output channels. No rectifying, no weighting, no sum, no gradient of a: a bound from below, not a rival
// that does the same.
namespace bench {
namespace {

void pass_back(Convolution& convolution, bool to_images) {
    if (!to_images) convolution.backward_data();
    convolution.backward_weights();
}

void add_product(const kernels::Conv2dShape& block, const std::string& who, int threads,
                 OnednnLayout layout) {
    kernels::Conv2dShape shape = block;
    shape.out_channels *= 3;
    const bool to_images = takes_images(shape);
    const MakeConvolution make = made_by_onednn(layout);
    Work backward = backward_weights_work(shape);
    if (!to_images) {
        const Work data = backward_data_work(shape);
        backward = {backward.bytes + data.bytes, backward.flops + data.flops};
    }
    add_convolution({"attention_conv/forward", text(block), who, threads}, forward_work(shape), shape, make,
                    &Convolution::forward);
    add_convolution({"attention_conv/backward", text(block), who, threads}, backward, shape, make,
                    [=](Convolution& convolution) { pass_back(convolution, to_images); });
}

void add_benchmarks(int threads) {
    for (const kernels::Conv2dShape& block : network_convolutions()) {
        add_product(block, "onednn_product_channels_last", threads, OnednnLayout::channels_last);
        add_product(block, "onednn_product_blocked", threads, OnednnLayout::blocked);
    }
}

const Suite suite(add_benchmarks);

}  // namespace
}  // namespace bench
