#include "kernels/common/launch.h"
#include "kernels/common/stream.h"
#include "kernels/flatten/flatten.h"

// A transposition of (pixels, channels) for each image, bound by memory: 8 bytes for each float forward, 12
// backward. It goes through shared memory, a tile of 32 x 32 at a time, so that both sides are touched along
// their rows; a row of the tile is one float longer, which puts the floats of a column into different banks.
// Where there is one pixel, or one channel, nothing moves, and it is a plain copy.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constexpr unsigned tile = 32, tile_lines = 8;  // a thread takes every 8th line of a tile

/// to[image][column][row] = from[image][row][column], or += where `add`; images of rows x columns.
template <bool add>
__global__ void __launch_bounds__(tile* tile_lines)
    transpose_kernel(float* __restrict__ to, const float* __restrict__ from, std::int64_t rows,
                     std::int64_t columns, std::int64_t row_tiles) {
    __shared__ float values[tile][tile + 1];
    const std::int64_t image = blockIdx.x / row_tiles * rows * columns;
    const std::int64_t first_row = blockIdx.x % row_tiles * tile,
                       first_column = static_cast<std::int64_t>(blockIdx.y) * tile;
    for (unsigned line = threadIdx.y; line < tile; line += tile_lines) {
        const std::int64_t row = first_row + line, column = first_column + threadIdx.x;
        if (row < rows && column < columns) values[line][threadIdx.x] = from[image + row * columns + column];
    }
    __syncthreads();
    for (unsigned line = threadIdx.y; line < tile; line += tile_lines) {
        const std::int64_t row = first_row + threadIdx.x, column = first_column + line;
        if (row >= rows || column >= columns) continue;
        float* target = to + image + column * rows + row;
        const float value = values[threadIdx.x][line];
        *target = add ? *target + value : value;
    }
}

template <bool add>
__global__ void copy_kernel(float* __restrict__ to, const float* __restrict__ from, std::int64_t size) {
    for (const auto i : grid_stride_range(size)) to[i] = add ? to[i] + from[i] : from[i];
}

template <bool add>
void transpose(float* to, const float* from, std::int64_t images, std::int64_t rows, std::int64_t columns) {
    if (rows == 1 || columns == 1) {
        const std::int64_t size = images * rows * columns;
        launch(copy_kernel<add>, grid_stride_shape(size), work_stream(), to, from, size);
        return;
    }
    const std::int64_t row_tiles = (rows + tile - 1) / tile, column_tiles = (columns + tile - 1) / tile;
    const LaunchShape shape = {
        dim3(static_cast<unsigned>(images * row_tiles), static_cast<unsigned>(column_tiles)),
        dim3(tile, tile_lines)};
    launch(transpose_kernel<add>, shape, work_stream(), to, from, rows, columns, row_tiles);
}

}  // namespace

void flatten_forward(const FlattenForward<float>& args) {
    transpose<false>(args.out, args.x, args.images, args.pixels, args.channels);
}

void flatten_backward(const FlattenBackward<float>& args) {
    transpose<true>(args.d_x, args.d_out, args.images, args.channels, args.pixels);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
