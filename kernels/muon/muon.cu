#include "kernels/common/launch.h"
#include "kernels/common/stream.h"
#include "kernels/muon/muon.h"

// All arrays in one launch, as for Adam: a block takes a stretch of all elements and goes from array to array
// within it.
//
// Bound by memory: 8 bytes read and 8 written per element for the direction, 8 and 4 for the step.
// Neighbouring threads take neighbouring elements.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constexpr unsigned threads = 256;
constexpr std::int64_t stretch = 4 * threads;

// No fused multiply-add in either: each operation rounds where the reference's does.

__device__ void direction_element(const MuonArray<float>& array, const MuonScalars<float>& s,
                                  std::int64_t i) {
    const float gradient = array.gradient[i], before = array.velocity[i];
    const float change = __fmul_rn(s.one_minus_momentum, __fsub_rn(gradient, before));
    const float velocity = __fadd_rn(before, change);
    array.velocity[i] = velocity;
    array.direction[i] = __fadd_rn(gradient, __fmul_rn(s.momentum, __fsub_rn(velocity, gradient)));
}

__device__ void step_element(const MuonArray<float>& array, const MuonScalars<float>& s, std::int64_t i) {
    const float parameter = array.parameter[i];
    const float shrunk = __fsub_rn(parameter, __fmul_rn(s.shrinkage, parameter));
    array.parameter[i] = __fsub_rn(shrunk, __fmul_rn(s.step, array.direction[i]));
}

/// Calls element(array, scalars, i) for this block's stretch of all elements.
template <typename Element>
__device__ void for_each_element(const MultiArray<MuonArray<float>>& all, const MuonSettings& settings,
                                 const Element& element) {
    const std::int64_t begin = blockIdx.x * stretch;
    const std::int64_t end = begin + stretch < all.size ? begin + stretch : all.size;
    for_each_part(all, begin, end, [&](const MuonArray<float>& array, std::int64_t first, std::int64_t last) {
        const MuonScalars<float> s = muon_scalars(settings, array);
        for (std::int64_t i = first + threadIdx.x; i < last; i += threads) element(array, s, i);
    });
}

__global__ void __launch_bounds__(threads) muon_direction_kernel(MuonDirection<float> args) {
    for_each_element(args.all, *args.settings,
                     [](const MuonArray<float>& array, const MuonScalars<float>& s, std::int64_t i) {
                         direction_element(array, s, i);
                     });
}

__global__ void __launch_bounds__(threads) muon_step_kernel(MuonStep<float> args) {
    for_each_element(args.all, *args.settings,
                     [](const MuonArray<float>& array, const MuonScalars<float>& s, std::int64_t i) {
                         step_element(array, s, i);
                     });
}

LaunchShape shape_of(const MultiArray<MuonArray<float>>& all) {
    return {dim3(static_cast<unsigned>((all.size + stretch - 1) / stretch)), dim3(threads)};
}

}  // namespace

void muon_direction(const MuonDirection<float>& args) {
    launch(muon_direction_kernel, shape_of(args.all), work_stream(), args);
}

void muon_step(const MuonStep<float>& args) {
    launch(muon_step_kernel, shape_of(args.all), work_stream(), args);
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
