#include "kernels/common/launch.h"
#include "tests/emulator_kernels/barriers.h"
#include "tests/support/device_array.h"

// Kernels whose threads do not meet.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

__global__ void barrier_in_both_branches_kernel(float* out) {
    if (threadIdx.x < 40) {
        out[threadIdx.x] = 1;
        __syncthreads();  // HERE: both branches, first
    } else {
        out[threadIdx.x] = 2;
        __syncthreads();  // HERE: both branches, second
    }
}

template <typename T>
__global__ void barrier_in_one_branch_kernel(T* out) {
    if (threadIdx.x >= 32) __syncthreads();  // HERE: one branch, inside
    out[threadIdx.x] = 1;
    __syncthreads();  // HERE: one branch, after
}

__global__ void exited_lane_kernel(float* out) {
    if (threadIdx.x == 20) return;
    out[threadIdx.x] = __shfl_down_sync(whole_warp, 1.0F, 1);  // HERE: exited lane
}

// The block is no whole number of warps, the mask names one.
__global__ void missing_lane_kernel(float* out) {
    out[threadIdx.x] = __shfl_down_sync(whole_warp, 1.0F, 1);  // HERE: missing lane
}

__global__ void not_in_own_mask_kernel(float* out) {
    if (threadIdx.x == 9) out[0] = static_cast<float>(__ballot_sync(0xffU, 1));  // HERE: not in own mask
}

__global__ void lane_at_block_barrier_kernel(float* out) {
    if (threadIdx.x == 31)
        __syncthreads();  // HERE: lane at block barrier, barrier
    else
        __syncwarp();  // HERE: lane at block barrier, warp
    out[threadIdx.x] = 1;
}

__global__ void different_masks_kernel(float* out) {
    if (threadIdx.x >= 2) return;
    const unsigned mask = threadIdx.x == 0 ? 0x3U : 0x2U;
    out[threadIdx.x] = static_cast<float>(__any_sync(mask, 1));  // HERE: different masks
}

void run(void (*kernel)(float*), unsigned block) {
    const test::DeviceArray<float> out(std::vector<float>(64));
    launch(kernel, {dim3(1), dim3(block)}, nullptr, out.data());
}

}  // namespace

void barrier_in_both_branches() { run(barrier_in_both_branches_kernel, 64); }
void barrier_in_one_branch() { run(barrier_in_one_branch_kernel<float>, 64); }
void exited_lane() { run(exited_lane_kernel, 32); }
void missing_lane() { run(missing_lane_kernel, 20); }
void not_in_own_mask() { run(not_in_own_mask_kernel, 32); }
void lane_at_block_barrier() { run(lane_at_block_barrier_kernel, 32); }
void different_masks() { run(different_masks_kernel, 32); }

}  // namespace kernels::CIFAR_GPU_NAMESPACE
