#include <algorithm>
#include <string>

#include "kernels/adam/adam.h"
#include "kernels/adaptive_avg_pool/adaptive_avg_pool.h"
#include "kernels/add/add.h"
#include "kernels/attention_conv/attention_conv.h"
#include "kernels/augment/augment.h"
#include "kernels/batch_norm/batch_norm.h"
#include "kernels/batch_norm_max_pool/batch_norm_max_pool.h"
#include "kernels/clip_norm/clip_norm.h"
#include "kernels/common/observe.h"
#include "kernels/common/runtime.h"
#include "kernels/common/work.h"
#include "kernels/conv2d/conv2d.h"
#include "kernels/correct_predictions/correct_predictions.h"
#include "kernels/cross_entropy/cross_entropy.h"
#include "kernels/dropout/dropout.h"
#include "kernels/fill/fill.h"
#include "kernels/flatten/flatten.h"
#include "kernels/increment/increment.h"
#include "kernels/inverse_deviation/inverse_deviation.h"
#include "kernels/lerp/lerp.h"
#include "kernels/linear/linear.h"
#include "kernels/max_pool/max_pool.h"
#include "kernels/mul/mul.h"
#include "kernels/muon/muon.h"
#include "kernels/newton_schulz/newton_schulz.h"
#include "kernels/relu/relu.h"
#include "kernels/sgd/sgd.h"
#include "kernels/sum/sum.h"

// The one place that knows which backends this program has, and where a device is chosen at run time.
namespace kernels {
namespace {

// Set by CMake. What a build does not have is named below all the same, but never called, so never linked.
constexpr bool has_cuda = CIFAR_ENGINE_HAS_CUDA != 0, has_emulator = CIFAR_ENGINE_HAS_EMULATOR != 0;

[[noreturn]] void refuse(Device device) {
    std::string built;
    for (const Device other : built_devices()) built += std::string(built.empty() ? "" : ", ") + name(other);
    throw DeviceError(std::string("there are no kernels for device '") + name(device) +
                      "', in this build of cifar_engine, use one that it has: " + built +
                      (device == Device::cuda ? ", or build it with nvcc 12 or newer" : ""));
}

/// Calls the one of three functions that belongs to the device.
template <auto on_cpu, auto on_cuda, auto on_emulated, typename... Args>
decltype(auto) call(Device device, const Args&... args) {
    if constexpr (has_cuda) {
        if (device == Device::cuda) return on_cuda(args...);
    }
    if constexpr (has_emulator) {
        if (device == Device::emulated) return on_emulated(args...);
    }
    if (device != Device::cpu) refuse(device);
    return on_cpu(args...);
}

}  // namespace

Runtime& runtime(Device device) { return call<cpu::runtime, cuda::runtime, emulated::runtime>(device); }

const std::vector<Device>& built_devices() {
    static const std::vector<Device> devices = [] {
        std::vector<Device> built = {Device::cpu};
        if constexpr (has_cuda) built.push_back(Device::cuda);
        if constexpr (has_emulator) built.push_back(Device::emulated);
        return built;
    }();
    return devices;
}

void require_usable(Device device) { runtime(device).require_usable(); }

std::string description(Device device) {
    return std::string(name(device)) + " (" + runtime(device).description() + ")";
}

namespace {

/// Calls a kernel of the device and tells the observer, if there is one. What Work says of algorithms is said
/// of the CPU's.
template <auto on_cpu, auto on_cuda, auto on_emulated, typename Args>
void run_op(Device device, const Args& args) {
    run_observed(
        device, [&] { call<on_cpu, on_cuda, on_emulated>(device, args); },
        [&] {
            Work described = work(args);
            if (device != Device::cpu) described.algorithm = "";
            return described;
        });
}

}  // namespace

// Every op: the name under which each backend has it, and its arguments.
#define CIFAR_ENGINE_OP(op, Args) \
    void op(Device device, const Args& args) { run_op<cpu::op, cuda::op, emulated::op>(device, args); }
CIFAR_ENGINE_OP(adam, Adam<float>)
CIFAR_ENGINE_OP(adaptive_avg_pool_forward, AdaptiveAvgPoolForward<float>)
CIFAR_ENGINE_OP(adaptive_avg_pool_backward, AdaptiveAvgPoolBackward<float>)
CIFAR_ENGINE_OP(add_forward, AddForward<float>)
CIFAR_ENGINE_OP(add_backward, AddBackward<float>)
CIFAR_ENGINE_OP(attention_conv_forward, AttentionConvForward<float>)
CIFAR_ENGINE_OP(attention_conv_backward, AttentionConvBackward<float>)
CIFAR_ENGINE_OP(augment, Augment)
CIFAR_ENGINE_OP(batch_norm_train_forward, BatchNormTrainForward<float>)
CIFAR_ENGINE_OP(batch_norm_eval_forward, BatchNormEvalForward<float>)
CIFAR_ENGINE_OP(batch_norm_backward, BatchNormBackward<float>)
CIFAR_ENGINE_OP(batch_norm_max_pool_train_forward, BatchNormMaxPoolTrainForward<float>)
CIFAR_ENGINE_OP(batch_norm_max_pool_eval_forward, BatchNormMaxPoolEvalForward<float>)
CIFAR_ENGINE_OP(batch_norm_max_pool_backward, BatchNormMaxPoolBackward<float>)
CIFAR_ENGINE_OP(clip_norm, ClipNorm<float>)
CIFAR_ENGINE_OP(conv2d_forward, Conv2dForward<float>)
CIFAR_ENGINE_OP(conv2d_backward, Conv2dBackward<float>)
CIFAR_ENGINE_OP(correct_predictions, CorrectPredictions<float>)
CIFAR_ENGINE_OP(cross_entropy_forward, CrossEntropyForward<float>)
CIFAR_ENGINE_OP(cross_entropy_backward, CrossEntropyBackward<float>)
CIFAR_ENGINE_OP(dropout_forward, DropoutForward<float>)
CIFAR_ENGINE_OP(dropout_backward, DropoutBackward<float>)
CIFAR_ENGINE_OP(fill, Fill<float>)
CIFAR_ENGINE_OP(flatten_forward, FlattenForward<float>)
CIFAR_ENGINE_OP(flatten_backward, FlattenBackward<float>)
CIFAR_ENGINE_OP(increment, Increment)
CIFAR_ENGINE_OP(inverse_deviation, InverseDeviation<float>)
CIFAR_ENGINE_OP(lerp, Lerp<float>)
CIFAR_ENGINE_OP(linear_forward, LinearForward<float>)
CIFAR_ENGINE_OP(linear_backward, LinearBackward<float>)
CIFAR_ENGINE_OP(max_pool_forward, MaxPoolForward<float>)
CIFAR_ENGINE_OP(max_pool_backward, MaxPoolBackward<float>)
CIFAR_ENGINE_OP(mul_forward, MulForward<float>)
CIFAR_ENGINE_OP(mul_backward, MulBackward<float>)
CIFAR_ENGINE_OP(muon_direction, MuonDirection<float>)
CIFAR_ENGINE_OP(muon_step, MuonStep<float>)
CIFAR_ENGINE_OP(newton_schulz_begin, NewtonSchulzBegin<float>)
CIFAR_ENGINE_OP(newton_schulz_polynomial, NewtonSchulzPolynomial<float>)
CIFAR_ENGINE_OP(relu_forward, ReluForward<float>)
CIFAR_ENGINE_OP(relu_backward, ReluBackward<float>)
CIFAR_ENGINE_OP(sgd, Sgd<float>)
CIFAR_ENGINE_OP(sum_forward, SumForward<float>)
CIFAR_ENGINE_OP(sum_backward, SumBackward<float>)
#undef CIFAR_ENGINE_OP

}  // namespace kernels
