#include <cstring>

#include "kernels/common/launch.h"
#include "tests/emulator_kernels/memory.h"
#include "tests/support/device_array.h"

// Kernels in which one thread, (3,0,0) unless said otherwise, touches memory that it must not.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

using test::DeviceArray;

__global__ void write_kernel(float* out, int first) {
    if (threadIdx.x == 3) out[first] = 1;  // HERE: write
}

__global__ void dynamic_shared_kernel(float* out) {
    float* buffer = dynamic_shared<float>();
    buffer[threadIdx.x] = 1;  // HERE: dynamic shared
    __syncthreads();
    out[threadIdx.x] = buffer[0];
}

__global__ void static_shared_kernel(float* out) {
    __shared__ float tile[20];
    float* pointer = tile;
    if (threadIdx.x < 20) tile[threadIdx.x] = 1;
    __syncthreads();
    if (threadIdx.x == 3) out[3] = pointer[23];  // HERE: static shared
}

template <int width>
__global__ void inner_extent_kernel(float* out, unsigned column) {
    __shared__ float tile[4][width];
    for (unsigned row = 0; row < 4; ++row) tile[row][threadIdx.x] = 1;
    __syncthreads();
    if (threadIdx.x == 3) out[3] = tile[1][column];  // HERE: inner extent
}

__global__ void copy_kernel(char* out, const char* in, int bytes) {
    if (threadIdx.x == 3) memcpy(out, in, bytes);  // HERE: copy
}

__global__ void read_kernel(float* out, const float* in) {
    if (threadIdx.x == 3) out[0] = in[0];  // HERE: read
}

__global__ void atomic_kernel(unsigned* counter) {
    if (threadIdx.x == 3) atomicMax(counter, 1U);  // HERE: atomic
}

__global__ void local_kernel(float* out) {
    __shared__ const float* pointer[1];
    const float mine[2] = {static_cast<float>(threadIdx.x), 1};
    if (threadIdx.x == 2) pointer[0] = mine;
    __syncthreads();
    if (threadIdx.x == 3) out[0] = pointer[0][threadIdx.x & 1];  // HERE: local
    __syncthreads();
    out[1 + threadIdx.x] = mine[threadIdx.x & 1];
}

__global__ void float4_kernel(float* out, const float* in) {
    if (threadIdx.x != 3) return;
    const float4 value = *reinterpret_cast<const float4*>(in);  // HERE: float4
    out[0] = value.x + value.w;
}

__global__ void float2_kernel(float* out, int first) {
    __shared__ float tile[8];
    if (threadIdx.x == 3) *reinterpret_cast<float2*>(tile + first) = make_float2(1, 2);  // HERE: float2
    __syncthreads();
    if (threadIdx.x == 0) out[0] = tile[1];
}

__global__ void shared_kernel(float* out) {
    __shared__ float tile[8];
    if (threadIdx.x != 5 && threadIdx.x < 8) tile[threadIdx.x] = 1;
    __syncthreads();
    if (threadIdx.x == 3) out[0] = tile[5];  // HERE: unwritten shared
}

// Shared memory does not outlive its block.
__global__ void next_block_kernel(float* out, unsigned* turn) {
    __shared__ float tile[1];
    if (threadIdx.x != 3) return;
    if (atomicAdd(turn, 1) == 0) tile[0] = 1;
    out[blockIdx.x] = tile[0];  // HERE: next block
}

__global__ void endless_kernel(volatile float* flag) {
    if (threadIdx.x == 3)
        while (flag[0] == 0) {  // HERE: endless
        }
}

// Waits for a thread that waits for it.
__global__ void barrier_behind_kernel(unsigned* flag) {
    if (threadIdx.x == 3)
        while (atomicAdd(flag, 0U) == 0U) {  // HERE: barrier behind
        }
    __syncthreads();
    if (threadIdx.x == 9) atomicAdd(flag, 1U);
}

// Waits for another block, which need not have begun; all its threads make their turns.
__global__ void next_block_awaited_kernel(unsigned* arrived) {
    if (threadIdx.x == 0) atomicAdd(arrived, 1U);
    bool all_here = false;
    while (!all_here) {
        all_here = atomicAdd(arrived, 0U) == gridDim.x;
        all_here = __syncthreads_and(all_here) != 0;  // HERE: next block awaited
    }
}

template <typename... Parameters, typename... Arguments>
void run(void (*kernel)(Parameters...), Arguments... arguments) {
    launch(kernel, {dim3(1), dim3(16)}, nullptr, arguments...);
}

}  // namespace

void beyond_allocation() {
    const DeviceArray<float> out(10);
    run(write_kernel, out.data(), 10);
}
void before_allocation() {
    const DeviceArray<float> out(10);
    run(write_kernel, out.data(), -1);
}
void beyond_dynamic_shared() {
    const DeviceArray<float> out(16);
    launch(dynamic_shared_kernel, {dim3(1), dim3(16), 15 * sizeof(float)}, nullptr, out.data());
}
void beyond_static_shared() {
    const DeviceArray<float> out(16);
    launch(static_shared_kernel, {dim3(1), dim3(32)}, nullptr, out.data());
}
void beyond_inner_extent() {
    const DeviceArray<float> out(16);
    run(inner_extent_kernel<16>, out.data(), 16U);
}
void copied_beyond_allocation() {
    const DeviceArray<char> out(100), in(std::vector<char>(100));
    run(copy_kernel, out.data(), in.data(), 101);
}
void read_after_free() {
    const DeviceArray<float> out(1);
    const float* freed = DeviceArray<float>(std::vector<float>(4)).data();
    run(read_kernel, out.data(), freed);
}
void atomic_after_free() {
    unsigned* freed = DeviceArray<unsigned>(std::vector<unsigned>(1)).data();
    run(atomic_kernel, freed);
}
void host_pointer() {
    const DeviceArray<float> out(1);
    const std::vector<float> in(4);
    run(read_kernel, out.data(), in.data());
}
void null_pointer() { run(write_kernel, static_cast<float*>(nullptr), 0); }
void read_of_null_pointer() {
    const DeviceArray<float> out(1);
    run(read_kernel, out.data(), static_cast<const float*>(nullptr));
}
void local_of_another_thread() {
    const DeviceArray<float> out(17);
    run(local_kernel, out.data());
}
void misaligned_float4() {
    const DeviceArray<float> out(1), in(std::vector<float>(8));
    run(float4_kernel, out.data(), in.data() + 2);
}
void misaligned_shared_float2() {
    const DeviceArray<float> out(1);
    run(float2_kernel, out.data(), 1);
}
void unwritten_global() {
    const DeviceArray<float> out(1), in(2);
    run(read_kernel, out.data(), in.data());
}
void unwritten_shared() {
    const DeviceArray<float> out(1);
    run(shared_kernel, out.data());
}
void unwritten_in_next_block() {
    const DeviceArray<float> out(2);
    const DeviceArray<unsigned> turn(std::vector<unsigned>(1));
    launch(next_block_kernel, {dim3(2), dim3(16)}, nullptr, out.data(), turn.data());
}
void endless_loop() {
    const DeviceArray<float> flag(std::vector<float>(1));
    run(endless_kernel, flag.data());
}
void barrier_behind() {
    const DeviceArray<unsigned> flag(std::vector<unsigned>(1));
    run(barrier_behind_kernel, flag.data());
}
void next_block_awaited() {
    const DeviceArray<unsigned> arrived(std::vector<unsigned>(1));
    launch(next_block_awaited_kernel, {dim3(2), dim3(2)}, nullptr, arrived.data());
}
void lost_when_it_grew() {
    void* memory = nullptr;
    cudaMalloc(&memory, lost_bytes);
    cudaMalloc(&memory, 2 * lost_bytes);
    cudaFree(memory);
}
void lost_when_a_launch_failed() {
    void* memory = nullptr;
    cudaMallocAsync(&memory, lost_bytes, nullptr);
    run(write_kernel, static_cast<float*>(memory), -1);
    cudaFreeAsync(memory, nullptr);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
