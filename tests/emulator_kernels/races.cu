#include "kernels/common/launch.h"
#include "tests/emulator_kernels/races.h"
#include "tests/support/device_array.h"

// Kernels that race, each at one place and between two threads. The tests find a line by the HERE at its end.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

using test::DeviceArray;

__global__ void missing_barrier_kernel(float* out) {
    __shared__ float tile[64];
    tile[threadIdx.x] = 1;
    __syncthreads();
    if (threadIdx.x == 0) tile[5] = 2;                  // HERE: missing barrier, write
    if (threadIdx.x == 40) out[threadIdx.x] = tile[5];  // HERE: missing barrier, read
}

// The classic of double buffering: the next tile is written while somebody still reads the old one.
template <int size>
__global__ void overwritten_tile_kernel(float* out) {
    __shared__ float tile[size];
    for (int step = 0; step < 2; ++step) {
        if (threadIdx.x == 0) tile[7] = static_cast<float>(step);  // HERE: overwritten tile, write
        __syncthreads();
        if (threadIdx.x == 33) out[step] = tile[7];  // HERE: overwritten tile, read
    }
}

__global__ void two_writers_kernel(float* out) {
    __shared__ float sum[1];
    if (threadIdx.x == 3 || threadIdx.x == 35) sum[0] = 1;  // HERE: two writers
    __syncthreads();
    if (threadIdx.x == 0) out[0] = sum[0];
}

__global__ void missing_warp_barrier_kernel(float* out) {
    __shared__ float tile[32];
    tile[threadIdx.x] = 1;
    __syncwarp();
    if (threadIdx.x == 8) tile[0] = 2;                        // HERE: missing warp barrier, write
    __syncwarp(threadIdx.x < 9 ? 0x000001ffU : 0xfffffe00U);  // which parts 8 from 9
    if (threadIdx.x == 9) out[0] = tile[0];                   // HERE: missing warp barrier, read
}

__global__ void shuffle_is_no_barrier_kernel(float* out) {
    __shared__ float tile[32];
    tile[threadIdx.x] = 1;
    __syncwarp();
    if (threadIdx.x == 8) tile[0] = 2;  // HERE: shuffle, write
    const float value = __shfl_sync(whole_warp, 1.0F, 0);
    if (threadIdx.x == 9) out[0] = tile[0] + value;  // HERE: shuffle, read
}

__global__ void neighbouring_bytes_kernel(float* out) {
    __shared__ unsigned char flags[64];
    flags[threadIdx.x] = 1;
    __syncthreads();
    if (threadIdx.x < 4) flags[threadIdx.x] = 2;  // HERE: bytes, write
    if (threadIdx.x == 40) out[0] = flags[2];     // HERE: bytes, read
}

__global__ void between_blocks_kernel(float* out, float* x) {
    if (blockIdx.x == 1 && threadIdx.x == 2) x[0] = 1;       // HERE: between blocks, write
    if (blockIdx.x == 2 && threadIdx.x == 5) out[0] = x[0];  // HERE: between blocks, read
}

__global__ void within_a_block_kernel(float* out, float* x) {
    if (threadIdx.x == 2) x[0] = 1;        // HERE: within a block, write
    if (threadIdx.x == 50) out[0] = x[0];  // HERE: within a block, read
}

// The last block adds up what the others wrote, but nothing says that it was written before the counter.
__global__ void last_block_without_fence_kernel(float* out, float* partial, unsigned* count) {
    if (threadIdx.x != 0) return;
    partial[blockIdx.x] = 1;                                         // HERE: no fence, write
    if (atomicAdd(count, 1) == 1) out[0] = partial[0] + partial[1];  // HERE: no fence, read
}

// What is written after the fence is not published.
__global__ void written_after_fence_kernel(float* out, float* partial, unsigned* count) {
    if (threadIdx.x != 0) return;
    __threadfence();
    partial[blockIdx.x] = 1;                                         // HERE: after the fence, write
    if (atomicAdd(count, 1) == 1) out[0] = partial[0] + partial[1];  // HERE: after the fence, read
}

__global__ void atomic_and_read_kernel(float* out, float* sum) {
    if (threadIdx.x == 1) atomicAdd(sum, 1.0F);  // HERE: atomic and read, atomic
    if (threadIdx.x == 34) out[0] = sum[0];      // HERE: atomic and read, read
}

__global__ void atomic_and_write_kernel(float* out) {
    __shared__ int count[1];
    if (threadIdx.x == 0) count[0] = 0;
    __syncthreads();
    if (threadIdx.x == 1) atomicAdd(count, 1);  // HERE: atomic and write, atomic
    if (threadIdx.x == 34) count[0] = 7;        // HERE: atomic and write, write
    __syncthreads();
    if (threadIdx.x == 0) out[0] = static_cast<float>(count[0]);
}

template <typename... More>
void run(void (*kernel)(float*, More...), unsigned grid, unsigned block, More... more) {
    const DeviceArray<float> out(std::vector<float>(64));
    launch(kernel, {dim3(grid), dim3(block)}, nullptr, out.data(), more...);
}

}  // namespace

void missing_barrier() { run(missing_barrier_kernel, 1, 64); }
void overwritten_tile() { run(overwritten_tile_kernel<40>, 1, 64); }
void two_writers() { run(two_writers_kernel, 1, 64); }
void missing_warp_barrier() { run(missing_warp_barrier_kernel, 1, 32); }
void shuffle_is_no_barrier() { run(shuffle_is_no_barrier_kernel, 1, 32); }
void neighbouring_bytes() { run(neighbouring_bytes_kernel, 1, 64); }
void between_blocks() {
    const DeviceArray<float> x(std::vector<float>(1));
    run(between_blocks_kernel, 3, 32, x.data());
}
void within_a_block() {
    const DeviceArray<float> x(std::vector<float>(1));
    run(within_a_block_kernel, 1, 64, x.data());
}
void last_block_without_fence() {
    const DeviceArray<float> partial(std::vector<float>(2));
    const DeviceArray<unsigned> count(std::vector<unsigned>(1));
    run(last_block_without_fence_kernel, 2, 32, partial.data(), count.data());
}
void written_after_fence() {
    const DeviceArray<float> partial(std::vector<float>(2));
    const DeviceArray<unsigned> count(std::vector<unsigned>(1));
    run(written_after_fence_kernel, 2, 32, partial.data(), count.data());
}
void atomic_and_read() {
    const DeviceArray<float> sum(std::vector<float>(1));
    run(atomic_and_read_kernel, 1, 64, sum.data());
}
void atomic_and_write() { run(atomic_and_write_kernel, 1, 64); }

}  // namespace kernels::CIFAR_GPU_NAMESPACE
