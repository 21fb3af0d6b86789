#include "kernels/common/launch.h"
#include "kernels/common/ptx.h"
#include "tests/emulator_kernels/ptx.h"
#include "tests/support/device_array.h"

namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

using test::DeviceArray;

template <bool tf32>
__global__ void multiply_kernel(float* d, const unsigned* a, const unsigned* b) {
    unsigned mine_a[4], mine_b[2];
    float mine_d[4];
    for (unsigned i = 0; i < 4; ++i) {
        mine_a[i] = a[threadIdx.x * 4 + i];
        mine_d[i] = d[threadIdx.x * 4 + i];
    }
    for (unsigned i = 0; i < 2; ++i) mine_b[i] = b[threadIdx.x * 2 + i];
    if constexpr (tf32)
        ptx::mma_tf32(mine_d, mine_a, mine_b);
    else
        ptx::mma_bf16(mine_d, mine_a, mine_b);
    for (unsigned i = 0; i < 4; ++i) d[threadIdx.x * 4 + i] = mine_d[i];
}

template <int count, bool transposed>
__global__ void load_kernel(unsigned* out, const unsigned short* in) {
    __shared__ __align__(16) unsigned short matrices[256];
    for (unsigned i = threadIdx.x; i < 256; i += 32) matrices[i] = in[i];
    __syncwarp();
    unsigned registers[count];
    const unsigned short* row = matrices + 8 * (threadIdx.x % (8 * count));
    if constexpr (transposed)
        ptx::ldmatrix_transposed(registers, row);
    else
        ptx::ldmatrix(registers, row);
    for (unsigned i = 0; i < count; ++i) out[threadIdx.x * 4 + i] = registers[i];
}

__global__ void tf32_kernel(unsigned* out, const float* in) {
    out[threadIdx.x] = ptx::to_tf32(in[threadIdx.x]);
}

__global__ void tile_kernel(float* c, const unsigned short* a, const unsigned short* b) {
    __shared__ __align__(16) unsigned short tile_a[16][16], tile_b[16][16];
    const unsigned lane = threadIdx.x, row = lane / 2, column = lane % 2 * 8;
    ptx::cp_async<16>(&tile_a[row][column], a + row * 16 + column);
    ptx::cp_async<16>(&tile_b[row][column], b + row * 16 + column);
    ptx::cp_async_commit();
    ptx::cp_async_wait<0>();
    __syncthreads();
    // Matrices 0 to 3 are the quarters: upper left, lower left, upper right, lower right, as mma wants a's
    // registers.
    unsigned fragment_a[4];
    ptx::ldmatrix(fragment_a, &tile_a[lane % 16][lane / 16 * 8]);
    for (unsigned half = 0; half < 2; ++half) {
        unsigned fragment_b[2];
        ptx::ldmatrix_transposed(fragment_b, &tile_b[lane % 16][half * 8]);
        float d[4] = {0, 0, 0, 0};
        ptx::mma_bf16(d, fragment_a, fragment_b);
        for (unsigned i = 0; i < 4; ++i)
            c[(lane / 4 + i / 2 * 8) * 16 + half * 8 + lane % 4 * 2 + i % 2] = d[i];
    }
}

__global__ void not_waited_kernel(float* out, const float* in) {
    __shared__ float tile[32];
    ptx::cp_async<4>(tile + threadIdx.x, in + threadIdx.x);
    ptx::cp_async_commit();
    ptx::cp_async_wait<1>();
    __syncthreads();
    if (threadIdx.x == 3) out[0] = tile[7];  // HERE: not waited for
}

__global__ void waited_by_one_kernel(float* out, const float* in) {
    __shared__ float tile[64];
    tile[threadIdx.x] = 0;
    __syncthreads();
    if (threadIdx.x == 40) ptx::cp_async<4>(tile + 40, in);  // HERE: waited for by one, copy
    ptx::cp_async_commit();
    ptx::cp_async_wait<0>();
    if (threadIdx.x == 3) out[0] = tile[40];  // HERE: waited for by one, read
}

__global__ void unread_tile_kernel(float* out, const float* in) {
    __shared__ float tile[64];
    tile[threadIdx.x] = 0;
    __syncthreads();
    if (threadIdx.x == 3) out[0] = tile[40];                 // HERE: unread tile, read
    if (threadIdx.x == 40) ptx::cp_async<4>(tile + 40, in);  // HERE: unread tile, copy
    ptx::cp_async_commit();
    ptx::cp_async_wait<0>();
}

__global__ void misaligned_kernel(const float* in, int first) {
    __shared__ __align__(16) float tile[8];
    if (threadIdx.x == 3) ptx::cp_async<16>(tile, in + first);  // HERE: misaligned copy
}

__global__ void copy_to_global_kernel(float* out, const float* in) {
    if (threadIdx.x == 3) ptx::cp_async<4>(out, in);  // HERE: copy to global
}

__global__ void copy_from_shared_kernel() {
    __shared__ float tile[2];
    if (threadIdx.x != 3) return;
    tile[1] = 1;
    ptx::cp_async<4>(tile, tile + 1);  // HERE: copy from shared
}

__global__ void overwritten_copy_kernel(float* out, const float* in) {
    __shared__ float tile[1];
    if (threadIdx.x != 3) return;
    ptx::cp_async<4>(tile, in);  // HERE: overwritten copy
    ptx::cp_async_commit();
    tile[0] = 2;
    ptx::cp_async_wait<0>();
    out[0] = tile[0];
}

__global__ void global_matrix_kernel(unsigned* out) {
    unsigned registers[1];
    ptx::ldmatrix(registers, out);  // HERE: matrix from global
    out[threadIdx.x] = registers[0];
}

__global__ void matrix_row_kernel(unsigned* out, unsigned first) {
    __shared__ __align__(16) unsigned short matrix[72];
    for (unsigned i = threadIdx.x; i < 72; i += 32) matrix[i] = 0;
    __syncwarp();
    unsigned registers[1];
    const unsigned short* row = matrix + 8 * (threadIdx.x % 8) + (threadIdx.x == 5 ? first : 0);
    ptx::ldmatrix(registers, row);  // HERE: matrix row
    out[threadIdx.x] = registers[0];
}

__global__ void without_all_kernel(float* out) {
    const unsigned a[4] = {}, b[2] = {};
    float d[4] = {};
    if (threadIdx.x < 30) ptx::mma_bf16(d, a, b);  // HERE: without all lanes
    out[threadIdx.x] = d[0];
}

template <typename... Parameters, typename... Arguments>
void run(void (*kernel)(Parameters...), unsigned block, Arguments... arguments) {
    launch(kernel, {dim3(1), dim3(block)}, nullptr, arguments...);
}

template <bool tf32>
Floats multiply_registers(const Words& a, const Words& b, const Floats& d) {
    const DeviceArray<float> device_d(d);
    const DeviceArray<unsigned> device_a(a), device_b(b);
    run(multiply_kernel<tf32>, 32, device_d.data(), device_a.data(), device_b.data());
    return device_d.values();
}

}  // namespace

Floats multiply_bf16_registers(const Words& a, const Words& b, const Floats& d) {
    return multiply_registers<false>(a, b, d);
}
Floats multiply_tf32_registers(const Words& a, const Words& b, const Floats& d) {
    return multiply_registers<true>(a, b, d);
}

Words load_registers(const std::vector<std::uint16_t>& matrices, int count, bool transposed) {
    const DeviceArray<unsigned> out(Words(128));
    const DeviceArray<unsigned short> in(matrices);
    const auto kernel = count == 1   ? (transposed ? load_kernel<1, true> : load_kernel<1, false>)
                        : count == 2 ? (transposed ? load_kernel<2, true> : load_kernel<2, false>)
                                     : (transposed ? load_kernel<4, true> : load_kernel<4, false>);
    run(kernel, 32, out.data(), in.data());
    return out.values();
}

Words tf32_bits(const Floats& values) {
    const DeviceArray<unsigned> out(values.size());
    const DeviceArray<float> in(values);
    run(tf32_kernel, static_cast<unsigned>(values.size()), out.data(), in.data());
    return out.values();
}

Floats tile_product(const std::vector<std::uint16_t>& a, const std::vector<std::uint16_t>& b) {
    const DeviceArray<float> c(256);
    const DeviceArray<unsigned short> device_a(a), device_b(b);
    run(tile_kernel, 32, c.data(), device_a.data(), device_b.data());
    return c.values();
}

void copy_not_waited_for() {
    const DeviceArray<float> out(1), in(Floats(32));
    run(not_waited_kernel, 32, out.data(), in.data());
}
void copy_waited_for_by_one() {
    const DeviceArray<float> out(1), in(Floats(1));
    run(waited_by_one_kernel, 64, out.data(), in.data());
}
void copy_over_unread_tile() {
    const DeviceArray<float> out(1), in(Floats(1));
    run(unread_tile_kernel, 64, out.data(), in.data());
}
void misaligned_copy() {
    const DeviceArray<float> in(Floats(8));
    run(misaligned_kernel, 32, in.data(), 2);
}
void copy_to_global_memory() {
    const DeviceArray<float> out(1), in(Floats(1));
    run(copy_to_global_kernel, 32, out.data(), in.data());
}
void copy_from_shared_memory() { run(copy_from_shared_kernel, 32); }
void copy_over_own_write() {
    const DeviceArray<float> out(1), in(Floats(1));
    run(overwritten_copy_kernel, 32, out.data(), in.data());
}
void matrix_from_global() {
    const DeviceArray<unsigned> out(Words(32));
    run(global_matrix_kernel, 32, out.data());
}
void matrix_row_misaligned() {
    const DeviceArray<unsigned> out(Words(32));
    run(matrix_row_kernel, 32, out.data(), 4U);
}
void multiply_without_all_lanes() {
    const DeviceArray<float> out(32);
    run(without_all_kernel, 32, out.data());
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
