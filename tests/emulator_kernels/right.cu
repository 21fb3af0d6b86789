#include <numeric>

#include "kernels/common/launch.h"
#include "kernels/common/ptx.h"
#include "tests/emulator_kernels/right.h"
#include "tests/support/device_array.h"

// Kernels that are right, for reasons that a checker might miss.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

using test::DeviceArray;

std::vector<float> counted(std::size_t size) {
    std::vector<float> values(size);
    std::iota(values.begin(), values.end(), 0.0F);
    return values;
}

template <int size>
__global__ void reverse_kernel(float* out, const float* in) {
    __shared__ float tile[size];
    tile[threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = tile[size - 1 - threadIdx.x];
}

template <int size>
bool reverses() {
    const DeviceArray<float> out(size), in(counted(size));
    launch(reverse_kernel<size>, {dim3(1), dim3(size)}, nullptr, out.data(), in.data());
    std::vector<float> expected = counted(size);
    return out.values() == std::vector<float>(expected.rbegin(), expected.rend());
}

__global__ void warp_synchronous_kernel(float* out, const float* in) {
    __shared__ float partial[64];
    const unsigned lane = threadIdx.x % 32;
    float* mine = partial + threadIdx.x - lane;
    mine[lane] = in[threadIdx.x];
    __syncwarp();
    for (unsigned offset = 16; offset > 0; offset /= 2) {
        if (lane < offset) mine[lane] += mine[lane + offset];
        __syncwarp();
    }
    out[threadIdx.x] = mine[0];
}

// Two halves of a warp, each with a mask of its own, each at its own speed.
__global__ void half_warps_kernel(float* out, const float* in) {
    __shared__ float tile[32];
    const unsigned half = threadIdx.x / 16, mask = 0xffffU << 16 * half;
    tile[threadIdx.x] = in[threadIdx.x];
    __syncwarp(mask);
    float sum = 0;
    for (unsigned i = 0; i < 16; ++i) {
        sum += tile[16 * half + (threadIdx.x + i) % 16];
        if (half == 1) __syncwarp(mask);
    }
    __syncwarp(mask);
    tile[16 * half + 15 - threadIdx.x % 16] = sum;
    __syncwarp(mask);
    out[threadIdx.x] = tile[threadIdx.x];
}

// An inline function with shared memory of its own, as block reductions are written.
template <typename T>
__device__ inline T block_total(T value) {
    __shared__ T totals[32];
    for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(whole_warp, value, offset);
    if (threadIdx.x % 32 == 0) totals[threadIdx.x / 32] = value;
    __syncthreads();
    T total = 0;
    for (unsigned warp = 0; warp < blockDim.x / 32; ++warp) total += totals[warp];
    __syncthreads();  // the next call may write
    return total;
}

__global__ void block_sum_kernel(float* out, const float* in) {
    const float once = block_total(in[threadIdx.x]);
    const double twice = block_total(2.0 * in[threadIdx.x]);
    const float again = block_total(1.0F);
    out[threadIdx.x] = once + static_cast<float>(twice) + again;
}

__global__ void double_buffer_kernel(float* out, const float* in, int tiles) {
    __shared__ float buffer[2][64];
    buffer[0][threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    float sum = 0;
    for (int tile = 0; tile < tiles; ++tile) {
        if (tile + 1 < tiles)
            buffer[(tile + 1) % 2][threadIdx.x] = in[(tile + 1) * 64 + static_cast<int>(threadIdx.x)];
        sum += buffer[tile % 2][63 - threadIdx.x];
        __syncthreads();
    }
    out[threadIdx.x] = sum;
}

// CUDA samples, threadFenceReduction: whoever comes last adds up.
__global__ void last_block_kernel(float* out, float* partial, unsigned* count, const float* in) {
    __shared__ bool is_last;
    const float total = block_total(in[blockIdx.x * blockDim.x + threadIdx.x]);
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = total;
        __threadfence();
        is_last = atomicInc(count, gridDim.x - 1) == gridDim.x - 1;
    }
    __syncthreads();
    if (!is_last) return;
    const float all = block_total(threadIdx.x < gridDim.x ? partial[threadIdx.x] : 0.0F);
    if (threadIdx.x == 0) out[0] = all;
}

// The same between the warps of a block.
__global__ void last_warp_kernel(float* out, const float* in) {
    __shared__ float partial[4][32];
    __shared__ unsigned count;
    if (threadIdx.x == 0) count = 0;
    __syncthreads();
    const unsigned warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    partial[warp][lane] = in[threadIdx.x];
    __syncwarp();
    unsigned earlier = 0;
    if (lane == 0) {
        __threadfence_block();
        earlier = atomicAdd(&count, 1);
    }
    __syncwarp();
    if (__shfl_sync(whole_warp, earlier, 0) != 3) return;
    float sum = 0;
    for (unsigned w = 0; w < 4; ++w) sum += partial[w][lane];
    out[lane] = sum;
}

__global__ void histogram_kernel(unsigned* bins, const float* in) {
    __shared__ unsigned mine[8];
    if (threadIdx.x < 8) mine[threadIdx.x] = 0;
    __syncthreads();
    atomicAdd(&mine[static_cast<unsigned>(in[blockIdx.x * blockDim.x + threadIdx.x]) % 8], 1U);
    __syncthreads();
    if (threadIdx.x < 8) atomicAdd(&bins[threadIdx.x], mine[threadIdx.x]);
}

__global__ void early_exit_kernel(float* out, int size) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i >= size) return;
    out[i] = 1;
}

// The compiler may well make two barriers of this one.
__global__ void uniform_kernel(float* out, bool twice) {
    __shared__ float tile[64];
    tile[threadIdx.x] = static_cast<float>(threadIdx.x);
    if (twice) tile[threadIdx.x] *= 2;
    __syncthreads();
    if (twice)
        out[threadIdx.x] = tile[63 - threadIdx.x] / 2;
    else
        out[threadIdx.x] = tile[63 - threadIdx.x];
}

__global__ void grid_stride_kernel(float* out, const float* in, std::int64_t size) {
    for (const auto i : grid_stride_range(size)) out[i] += in[i];
}

__global__ void neighbours_kernel(unsigned char* bytes, __nv_bfloat16* halves) {
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    bytes[i] = static_cast<unsigned char>(i);
    halves[i] = __float2bfloat16(static_cast<float>(i));
    bytes[i] = static_cast<unsigned char>(bytes[i] + 1);
}

__constant__ float scales[4];
__device__ constexpr float offsets[4] = {10, 20, 30, 40};
struct Numbers {
    float factor;
    int more[20];
};

__global__ void constants_kernel(float* out, Numbers numbers) {
    const unsigned i = threadIdx.x;
    out[i] = scales[i] * numbers.factor + offsets[i] + static_cast<float>(numbers.more[i]);
}

__global__ void pipeline_kernel(float* out, const float* in, int tiles) {
    __shared__ __align__(16) float stages[2][128];
    const auto fetch = [&](int tile) {
        float* target = stages[tile % 2] + 4 * threadIdx.x;
        // The last tile is half as long.
        const bool inside = tile + 1 < tiles || threadIdx.x < 16;
        ptx::cp_async<16>(target, in + 128 * tile + 4 * threadIdx.x, inside ? 16 : 0);
        ptx::cp_async_commit();
    };
    fetch(0);
    float sum = 0;
    for (int tile = 0; tile < tiles; ++tile) {
        if (tile + 1 < tiles) {
            fetch(tile + 1);
            ptx::cp_async_wait<1>();
        } else {
            ptx::cp_async_wait<0>();
        }
        __syncthreads();
        for (unsigned i = 0; i < 4; ++i) sum += stages[tile % 2][(4 * threadIdx.x + 77 * i) % 128];
        __syncthreads();
    }
    out[threadIdx.x] = sum;
}

__global__ void three_dimensions_kernel(float* out) {
    const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    const unsigned size = blockDim.x * blockDim.y * blockDim.z, i = block * size + thread_rank();
    out[i] = static_cast<float>(i);
}

__global__ void votes_kernel(unsigned* out) {
    const unsigned i = threadIdx.x;
    out[i] = __ballot_sync(whole_warp, i % 3 == 0);
    out[32 + i] = static_cast<unsigned>(__syncthreads_count(i < 5)) +
                  100 * static_cast<unsigned>(__syncthreads_or(i == 7)) +
                  1000 * static_cast<unsigned>(__syncthreads_and(i != 7));
    out[64 + i] = __reduce_add_sync(whole_warp, i) + __reduce_max_sync(whole_warp, i);
    out[96 + i] = __match_any_sync(whole_warp, i / 16);
    out[128 + i] = __shfl_up_sync(whole_warp, i, 3, 8) + 100 * __shfl_down_sync(whole_warp, i, 3, 8);
}

}  // namespace

bool reversed_by_templates() { return reverses<64>() && reverses<96>() && reverses<7>(); }

bool warp_synchronous_sum() {
    const DeviceArray<float> out(64), in(counted(64));
    launch(warp_synchronous_kernel, {dim3(1), dim3(64)}, nullptr, out.data(), in.data());
    return out.values()[0] == 31 * 16 && out.values()[63] == 31 * 16 + 32 * 32;
}

bool sums_of_half_warps() {
    const DeviceArray<float> out(32), in(counted(32));
    launch(half_warps_kernel, {dim3(1), dim3(32)}, nullptr, out.data(), in.data());
    return out.values()[3] == 120 && out.values()[20] == 120 + 256;
}

bool block_sum() {
    const DeviceArray<float> out(128), in(counted(128));
    launch(block_sum_kernel, {dim3(1), dim3(128)}, nullptr, out.data(), in.data());
    return out.values() == std::vector<float>(128, 3 * 127 * 64 + 128);
}

bool double_buffered_sum() {
    const DeviceArray<float> out(64), in(counted(5 * 64));
    launch(double_buffer_kernel, {dim3(1), dim3(64)}, nullptr, out.data(), in.data(), 5);
    return out.values()[0] == 5 * 63 + 64 * 10 && out.values()[63] == 64 * 10;
}

bool sum_by_last_block() {
    const DeviceArray<float> out(1), partial(6), in(counted(6 * 64));
    const DeviceArray<unsigned> count(std::vector<unsigned>(1));
    launch(last_block_kernel, {dim3(6), dim3(64)}, nullptr, out.data(), partial.data(), count.data(),
           in.data());
    return out.values()[0] == 383 * 192 && count.values()[0] == 0;
}

bool sum_by_last_warp() {
    const DeviceArray<float> out(32), in(counted(128));
    launch(last_warp_kernel, {dim3(1), dim3(128)}, nullptr, out.data(), in.data());
    return out.values()[2] == 4 * 2 + 32 * 6;
}

bool histogram() {
    const DeviceArray<unsigned> bins(std::vector<unsigned>(8));
    const DeviceArray<float> in(counted(4 * 64));
    launch(histogram_kernel, {dim3(4), dim3(64)}, nullptr, bins.data(), in.data());
    return bins.values() == std::vector<unsigned>(8, 32);
}

bool early_exits() {
    const DeviceArray<float> out(50);
    launch(early_exit_kernel, {dim3(2), dim3(32)}, nullptr, out.data(), 50);
    return out.values() == std::vector<float>(50, 1);
}

bool uniform_branches() {
    const DeviceArray<float> out(64);
    bool right = true;
    for (const bool twice : {false, true}) {
        launch(uniform_kernel, {dim3(1), dim3(64)}, nullptr, out.data(), twice);
        right &= out.values()[1] == 62;
    }
    return right;
}

bool grid_stride() {
    const DeviceArray<float> out(counted(1000)), in(counted(1000));
    launch(grid_stride_kernel, {dim3(3), dim3(64)}, nullptr, out.data(), in.data(), 1000);
    return out.values()[999] == 2 * 999;
}

bool neighbouring_bytes_and_halves() {
    const DeviceArray<unsigned char> bytes(128);
    const DeviceArray<__nv_bfloat16> halves(128);
    launch(neighbours_kernel, {dim3(2), dim3(64)}, nullptr, bytes.data(), halves.data());
    return bytes.values()[100] == 101 && static_cast<float>(halves.values()[100]) == 100;
}

bool constants_and_parameters() {
    const float values[4] = {1, 2, 3, 4};
    const DeviceArray<float> out(4);
    Numbers numbers{0.5F, {}};
    numbers.more[3] = 7;
    if (cudaMemcpyToSymbol(scales, values, sizeof values) != cudaSuccess) return false;
    launch(constants_kernel, {dim3(1), dim3(4)}, nullptr, out.data(), numbers);
    return out.values() == std::vector<float>{10.5F, 21, 31.5F, 49};
}

bool async_pipeline() {
    const DeviceArray<float> out(32), in(counted(2 * 128 + 64));
    launch(pipeline_kernel, {dim3(1), dim3(32)}, nullptr, out.data(), in.data(), 3);
    float sum = 0;
    for (int tile = 0; tile < 3; ++tile)
        for (int i = 0; i < 4; ++i) {
            const int index = (4 * 5 + 77 * i) % 128;
            if (tile < 2 || index < 64) sum += static_cast<float>(128 * tile + index);
        }
    return out.values()[5] == sum;
}

bool three_dimensions() {
    const dim3 grid(2, 3, 2), block(4, 3, 5);
    const std::size_t size = std::size_t{12} * 60;
    const DeviceArray<float> out(size);
    launch(three_dimensions_kernel, {grid, block}, nullptr, out.data());
    return out.values() == counted(size);
}

bool votes() {
    const DeviceArray<unsigned> out(160);
    launch(votes_kernel, {dim3(1), dim3(32)}, nullptr, out.data());
    const std::vector<unsigned> all = out.values();
    return all[3] == 0x49249249U && all[32 + 9] == 105 && all[64] == 496 + 31 &&
           all[96 + 17] == 0xffff0000U && all[128 + 9] == 9 + 100 * 12 && all[128 + 13] == 10 + 100 * 13;
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
