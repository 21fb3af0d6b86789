#include "kernels/common/launch.h"
#include "kernels/common/stream.h"
#include "kernels/common/vector.cuh"
#include "kernels/max_pool/max_pool.cuh"
#include "kernels/max_pool/max_pool.h"

// Bound by memory. For windows of 2x2, stride 2, in bytes for each float of x: forward 4 of x, 1.25 of out
// and winner; backward 8 of d_x, 1.25 of d_out and winner.
//
// A thread takes a pack of neighbouring channels of one pixel, neighbours take neighbours: of out in the
// forward, which scans its window, and of d_x in the backward, which gathers from the windows that it lies
// in. So each element is written by one thread and no sum depends on luck, even where windows overlap; the
// windows that a warp reads more than once come from the cache.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

/// Where a thread is: channels from `c` on of pixel (row, column) of an image.
struct Position {
    std::int64_t image, row, column, c;

    __device__ __forceinline__ Position(std::int64_t item, std::int64_t height, std::int64_t width,
                                        std::int64_t channels, int pack) {
        const std::int64_t packs = channels / pack, pixel = item / packs, line = pixel / width;
        c = item % packs * pack;
        column = pixel % width;
        row = line % height;
        image = line / height;
    }
};

/// The shape, with window and stride known to the compiler if `fixed` is not 0: scans unroll and divisions
/// become shifts.
template <int fixed>
__device__ __forceinline__ MaxPoolShape specialised(MaxPoolShape shape) {
    if constexpr (fixed != 0) shape.window = shape.stride = fixed;
    return shape;
}

template <int pack, int fixed>
__global__ void max_pool_forward_kernel(MaxPoolForward<float> args) {
    const MaxPoolShape s = specialised<fixed>(args.shape);
    const std::int64_t height = s.out_height(), width = s.out_width();
    for (const auto item : grid_stride_range(s.images * height * width * s.channels / pack)) {
        const Position at(item, height, width, s.channels, pack);
        const float* corner =
            args.x +
            ((at.image * s.height + at.row * s.stride) * s.width + at.column * s.stride) * s.channels + at.c;
        Pack<float, pack> best = load<pack>(corner);
        Pack<std::uint8_t, pack> winner{};
        for (int row = 0; row < s.window; ++row) {
            for (int column = 0; column < s.window; ++column) {
                if (row + column == 0) continue;  // the corner itself
                const auto value = load<pack>(corner + (row * s.width + column) * s.channels);
                for (int k = 0; k < pack; ++k) {
                    if (!beats(value.lane[k], best.lane[k])) continue;
                    best.lane[k] = value.lane[k];
                    winner.lane[k] = static_cast<std::uint8_t>(row * s.window + column);
                }
            }
        }
        store(args.out + item * pack, best);
        store(args.winner + item * pack, winner);
    }
}

/// Windows [begin, end) that hold row (or column) `at`.
struct Windows {
    std::int64_t begin, end;

    __device__ __forceinline__ Windows(std::int64_t at, std::int64_t windows, const MaxPoolShape& s)
        : begin(at < s.window ? 0 : (at - s.window) / s.stride + 1), end(min(at / s.stride + 1, windows)) {}
};

template <int pack, int fixed>
__global__ void max_pool_backward_kernel(MaxPoolBackward<float> args) {
    const MaxPoolShape s = specialised<fixed>(args.shape);
    for (const auto item : grid_stride_range(s.images * s.height * s.width * s.channels / pack)) {
        const Position at(item, s.height, s.width, s.channels, pack);
        const Windows rows(at.row, s.out_height(), s), columns(at.column, s.out_width(), s);
        if (rows.begin >= rows.end || columns.begin >= columns.end) continue;
        auto d_x = load<pack>(args.d_x + item * pack);
        for (auto i = rows.begin; i < rows.end; ++i) {
            for (auto j = columns.begin; j < columns.end; ++j) {
                const std::int64_t out =
                    ((at.image * s.out_height() + i) * s.out_width() + j) * s.channels + at.c;
                const auto here = (at.row - i * s.stride) * s.window + at.column - j * s.stride;
                const auto winner = load<pack>(args.winner + out);
                const auto d_out = load<pack>(args.d_out + out);
                for (int k = 0; k < pack; ++k)
                    if (winner.lane[k] == here) d_x.lane[k] += d_out.lane[k];
            }
        }
        store(args.d_x + item * pack, d_x);
    }
}

/// Calls body(pack, fixed) with the constants that suit the arguments.
template <typename Body, typename... T>
void with_constants(const MaxPoolShape& s, const Body& body, const T*... pointers) {
    with_vector_width(
        s.channels,
        [&](auto pack) {
            if (s.window == 2 && s.stride == 2) {
                body(pack, std::integral_constant<int, 2>{});
            } else {
                body(pack, std::integral_constant<int, 0>{});
            }
        },
        pointers...);
}

}  // namespace

void max_pool_forward(const MaxPoolForward<float>& args) {
    const MaxPoolShape& s = args.shape;
    const std::int64_t size = s.images * s.out_height() * s.out_width() * s.channels;
    with_constants(
        s,
        [&](auto pack, auto fixed) {
            launch(max_pool_forward_kernel<pack(), fixed()>, grid_stride_shape(size / pack()), work_stream(),
                   args);
        },
        args.out, args.winner, args.x);
}

void max_pool_backward(const MaxPoolBackward<float>& args) {
    const MaxPoolShape& s = args.shape;
    const std::int64_t size = s.images * s.height * s.width * s.channels;
    with_constants(
        s,
        [&](auto pack, auto fixed) {
            launch(max_pool_backward_kernel<pack(), fixed()>, grid_stride_shape(size / pack()), work_stream(),
                   args);
        },
        args.d_x, args.d_out, args.winner);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
