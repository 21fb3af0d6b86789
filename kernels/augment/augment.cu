#include "kernels/augment/augment.h"
#include "kernels/common/launch.h"
#include "kernels/common/stream.h"
#include "kernels/gemm/divisor.cuh"

// Bound by memory: 1 byte read and 4 written for each value of the result; the steps of an image, 24 bytes
// each, are read by all of its threads and stay in the cache.
//
// A thread makes one value. It walks the steps backwards, from its own pixel to the one where that comes
// from, so no image in between is ever made, and any order of steps will do. Neighbours write neighbours;
// they read neighbours, too, in one direction or the other, though 32 bytes that a step has moved may lie in
// two sectors. A block's threads belong to one image, so they all take the same steps.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

using product::Divisor;

constexpr unsigned threads = 256;

/// A pixel, or how it looks if it is none of the image's.
struct Source {
    int y, x;
    enum { image, black, mean } colour;
};

__device__ __forceinline__ int reflected(int place, int size) {
    if (place < 0) return -place;
    return place < size ? place : 2 * (size - 1) - place;
}

/// Where pixel (at.y, at.x) of the result of a step comes from.
__device__ __forceinline__ Source before(const AugmentStep& step, Source at) {
    const int y = at.y + step.top, x = at.x + step.left;
    switch (step.kind) {
        case AugmentKind::keep:
            break;
        case AugmentKind::crop:
            if (y < 0 || y >= step.height || x < 0 || x >= step.width) return {0, 0, Source::black};
            return {y, x, Source::image};
        case AugmentKind::translate:
            return {reflected(y, step.height), reflected(x, step.width), Source::image};
        case AugmentKind::mirror:
            return {at.y, step.width - 1 - at.x, Source::image};
        case AugmentKind::paint:
            if (at.y >= step.top && at.y < step.top + step.size && at.x >= step.left &&
                at.x < step.left + step.size)
                return {0, 0, Source::mean};
            break;
    }
    return at;
}

/// values[c]. If it were an index, the compiler would copy the parameters of the kernel to local memory.
__device__ __forceinline__ float of_channel(const float (&values)[augment_most_channels], int c) {
    static_assert(augment_most_channels == 4);
    const float first = c == 0 ? values[0] : values[1], second = c == 2 ? values[2] : values[3];
    return c < 2 ? first : second;
}

__global__ void __launch_bounds__(threads)
    augment_kernel(Augment args, unsigned blocks_of_image, Divisor channels, Divisor out_width) {
    const std::int64_t image = blockIdx.x / blocks_of_image;
    const auto values = static_cast<unsigned>(args.out_height * args.out_width * args.channels);
    const unsigned value = blockIdx.x % blocks_of_image * threads + threadIdx.x;
    if (value >= values) return;
    const auto [pixel, c] = channels.divide(static_cast<int>(value));
    const auto [y, x] = out_width.divide(pixel);

    const AugmentStep* steps = args.steps + image * args.steps_of_image;
    Source from{y, x, Source::image};
    for (std::int64_t k = args.steps_of_image; k > 0 && from.colour == Source::image; --k)
        from = before(steps[k - 1], from);

    const float mean = of_channel(args.mean, c);
    float colour = mean;
    if (from.colour == Source::black) colour = 0;
    if (from.colour == Source::image)
        colour = static_cast<float>(
                     args.x[((image * args.height + from.y) * args.width + from.x) * args.channels + c]) /
                 255.0F;
    args.out[image * values + value] = (colour - mean) / of_channel(args.deviation, c);
}

}  // namespace

void augment(const Augment& args) {
    const std::int64_t values = args.out_height * args.out_width * args.channels;
    const auto blocks_of_image = static_cast<unsigned>((values + threads - 1) / threads);
    launch(augment_kernel, {dim3(static_cast<unsigned>(args.images) * blocks_of_image), dim3(threads)},
           work_stream(), args, blocks_of_image, Divisor(args.channels), Divisor(args.out_width));
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
