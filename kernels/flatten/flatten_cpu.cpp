#include "kernels/common/parallel.h"
#include "kernels/flatten/flatten.h"

// A flatten is a transposition of (pixels, channels) for each image, bound by memory and not by arithmetic:
// what counts is that both sides are touched a cache line at a time, so it goes tile by tile and needs no
// SIMD.
namespace kernels {
namespace {

constexpr std::int64_t tile = 16;  // floats in a cache line

/// Calls body(p, c) for every pixel and channel of an image, tile by tile.
template <typename Body>
void for_each_in_tiles(std::int64_t pixels, std::int64_t channels, const Body& body) {
    for (std::int64_t p0 = 0; p0 < pixels; p0 += tile) {
        for (std::int64_t c0 = 0; c0 < channels; c0 += tile) {
            for (std::int64_t p = p0; p < std::min(pixels, p0 + tile); ++p) {
                for (std::int64_t c = c0; c < std::min(channels, c0 + tile); ++c) body(p, c);
            }
        }
    }
}

}  // namespace

void cpu::flatten_forward(const FlattenForward<float>& args) {
    const std::int64_t size = args.pixels * args.channels;
    parallel_for(args.images, [&](std::int64_t n) {
        const float* x = args.x + n * size;
        float* out = args.out + n * size;
        for_each_in_tiles(args.pixels, args.channels, [&](std::int64_t p, std::int64_t c) {
            out[c * args.pixels + p] = x[p * args.channels + c];
        });
    });
}

void cpu::flatten_backward(const FlattenBackward<float>& args) {
    const std::int64_t size = args.pixels * args.channels;
    parallel_for(args.images, [&](std::int64_t n) {
        const float* d_out = args.d_out + n * size;
        float* d_x = args.d_x + n * size;
        for_each_in_tiles(args.pixels, args.channels, [&](std::int64_t p, std::int64_t c) {
            d_x[p * args.channels + c] += d_out[c * args.pixels + p];
        });
    });
}

}  // namespace kernels
