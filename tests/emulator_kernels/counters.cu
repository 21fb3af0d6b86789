#include "kernels/common/launch.h"
#include "kernels/common/ptx.h"
#include "tests/emulator_kernels/counters.h"
#include "tests/support/device_array.h"

// Kernels whose memory traffic can be worked out by hand.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

using test::DeviceArray;

__global__ void strided_kernel(float* out, const float* in, int stride) {
    const float value = in[static_cast<int>(threadIdx.x) * stride];  // HERE: strided load
    out[threadIdx.x] = value;                                        // HERE: store
}

__global__ void broadcast_kernel(float* out, const float* in) {
    out[threadIdx.x] = in[3];  // HERE: broadcast
}

__global__ void vector_kernel(float4* out, const float4* in) {
    __shared__ float4 tile[32];
    tile[threadIdx.x] = in[threadIdx.x];  // HERE: vector load
    __syncwarp();
    out[threadIdx.x] = tile[31 - threadIdx.x];  // HERE: vector store
}

template <int width>
__global__ void transpose_kernel(float* out) {
    __shared__ float tile[32][width];
    tile[threadIdx.x][threadIdx.y] = 1;  // HERE: column
    __syncthreads();
    out[threadIdx.y * 32 + threadIdx.x] = tile[threadIdx.y][threadIdx.x];  // HERE: row
}

// Lane i makes i + 1 turns: request n has the lanes from n on.
__global__ void divergent_kernel(float* out, const float* in) {
    float sum = 0;
    for (unsigned i = 0; i <= threadIdx.x; ++i) sum += in[32 * i + threadIdx.x];  // HERE: divergent
    out[threadIdx.x] = sum;
}

template <int row_bytes>
__global__ void matrix_kernel(unsigned* out) {
    __shared__ __align__(128) unsigned char tile[32 * row_bytes];
    for (unsigned i = threadIdx.x; i < sizeof tile; i += 32) tile[i] = 0;
    __syncwarp();
    unsigned registers[4];
    ptx::ldmatrix(registers, tile + row_bytes * threadIdx.x);  // HERE: matrix
    out[threadIdx.x] = registers[0] + registers[1] + registers[2] + registers[3];
}

__global__ void async_kernel(float* out, const float* in, unsigned from_apart, unsigned to_apart) {
    __shared__ float tile[32 * 32];
    ptx::cp_async<4>(&tile[to_apart * threadIdx.x], in + from_apart * threadIdx.x);  // HERE: async copy
    ptx::cp_async_commit();
    ptx::cp_async_wait<0>();
    out[threadIdx.x] = tile[to_apart * threadIdx.x];
}

// A checkerboard: in turn n, every second lane asks for nothing.
__global__ void async_rows_kernel(float* out, const float* in, unsigned rows) {
    __shared__ float tile[4][32];
    for (unsigned n = 0; n < rows; ++n) {
        const int bytes = (threadIdx.x + n) % 2 == 0 ? 4 : 0;
        ptx::cp_async<4>(&tile[n][threadIdx.x], in + 32 * n + threadIdx.x, bytes);  // HERE: checkerboard
    }
    ptx::cp_async_commit();
    ptx::cp_async_wait<0>();
    out[threadIdx.x] = tile[0][threadIdx.x];
}

}  // namespace

void strided_loads(int stride) {
    const DeviceArray<float> out(64), in(std::vector<float>(static_cast<std::size_t>(64 * stride)));
    launch(strided_kernel, {dim3(1), dim3(64)}, nullptr, out.data(), in.data(), stride);
}
void broadcast_load() {
    const DeviceArray<float> out(32), in(std::vector<float>(4));
    launch(broadcast_kernel, {dim3(1), dim3(32)}, nullptr, out.data(), in.data());
}
void vector_copies() {
    const DeviceArray<float> out(128), in(std::vector<float>(128));
    launch(vector_kernel, {dim3(1), dim3(32)}, nullptr, reinterpret_cast<float4*>(out.data()),
           reinterpret_cast<const float4*>(in.data()));
}
void transpose(bool padded) {
    const DeviceArray<float> out(1024);
    launch(padded ? transpose_kernel<33> : transpose_kernel<32>, {dim3(1), dim3(32, 32)}, nullptr,
           out.data());
}
void divergent_loop() {
    const DeviceArray<float> out(32), in(std::vector<float>(1024));
    launch(divergent_kernel, {dim3(1), dim3(32)}, nullptr, out.data(), in.data());
}
void matrix_loads() {
    const DeviceArray<unsigned> out(32);
    launch(matrix_kernel<16>, {dim3(1), dim3(32)}, nullptr, out.data());
    launch(matrix_kernel<128>, {dim3(1), dim3(32)}, nullptr, out.data());
}
void async_copies(unsigned from_apart, unsigned to_apart) {
    const DeviceArray<float> out(32), in(std::vector<float>(1024));
    launch(async_kernel, {dim3(1), dim3(32)}, nullptr, out.data(), in.data(), from_apart, to_apart);
}
void async_checkerboard(unsigned rows) {
    const DeviceArray<float> out(32), in(std::vector<float>(128));
    launch(async_rows_kernel, {dim3(1), dim3(32)}, nullptr, out.data(), in.data(), rows);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
