#include <algorithm>
#include <string>

#include "kernels/adam/adam.h"
#include "kernels/adaptive_avg_pool/adaptive_avg_pool.h"
#include "kernels/add/add.h"
#include "kernels/attention_conv/attention_conv.h"
#include "kernels/batch_norm/batch_norm.h"
#include "kernels/batch_norm_max_pool/batch_norm_max_pool.h"
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
#include "kernels/linear/linear.h"
#include "kernels/max_pool/max_pool.h"
#include "kernels/mul/mul.h"
#include "kernels/relu/relu.h"
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
                      "', in this build of cifar_engine, use one that it has: " + built);
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

// Every op: the name under which each backend has it, and its arguments.
#define CIFAR_ENGINE_OP(op, Args)                                                 \
    void op(Device device, const Args<float>& args) {                             \
        run_observed(                                                             \
            device, [&] { call<cpu::op, cuda::op, emulated::op>(device, args); }, \
            [&] { return work(args); });                                          \
    }
CIFAR_ENGINE_OP(adam, Adam)
CIFAR_ENGINE_OP(adaptive_avg_pool_forward, AdaptiveAvgPoolForward)
CIFAR_ENGINE_OP(adaptive_avg_pool_backward, AdaptiveAvgPoolBackward)
CIFAR_ENGINE_OP(add_forward, AddForward)
CIFAR_ENGINE_OP(add_backward, AddBackward)
CIFAR_ENGINE_OP(attention_conv_forward, AttentionConvForward)
CIFAR_ENGINE_OP(attention_conv_backward, AttentionConvBackward)
CIFAR_ENGINE_OP(batch_norm_train_forward, BatchNormTrainForward)
CIFAR_ENGINE_OP(batch_norm_eval_forward, BatchNormEvalForward)
CIFAR_ENGINE_OP(batch_norm_backward, BatchNormBackward)
CIFAR_ENGINE_OP(batch_norm_max_pool_train_forward, BatchNormMaxPoolTrainForward)
CIFAR_ENGINE_OP(batch_norm_max_pool_eval_forward, BatchNormMaxPoolEvalForward)
CIFAR_ENGINE_OP(batch_norm_max_pool_backward, BatchNormMaxPoolBackward)
CIFAR_ENGINE_OP(conv2d_forward, Conv2dForward)
CIFAR_ENGINE_OP(conv2d_backward, Conv2dBackward)
CIFAR_ENGINE_OP(correct_predictions, CorrectPredictions)
CIFAR_ENGINE_OP(cross_entropy_forward, CrossEntropyForward)
CIFAR_ENGINE_OP(cross_entropy_backward, CrossEntropyBackward)
CIFAR_ENGINE_OP(dropout_forward, DropoutForward)
CIFAR_ENGINE_OP(dropout_backward, DropoutBackward)
CIFAR_ENGINE_OP(fill, Fill)
CIFAR_ENGINE_OP(flatten_forward, FlattenForward)
CIFAR_ENGINE_OP(flatten_backward, FlattenBackward)
CIFAR_ENGINE_OP(inverse_deviation, InverseDeviation)
CIFAR_ENGINE_OP(linear_forward, LinearForward)
CIFAR_ENGINE_OP(linear_backward, LinearBackward)
CIFAR_ENGINE_OP(max_pool_forward, MaxPoolForward)
CIFAR_ENGINE_OP(max_pool_backward, MaxPoolBackward)
CIFAR_ENGINE_OP(mul_forward, MulForward)
CIFAR_ENGINE_OP(mul_backward, MulBackward)
CIFAR_ENGINE_OP(relu_forward, ReluForward)
CIFAR_ENGINE_OP(relu_backward, ReluBackward)
CIFAR_ENGINE_OP(sum_forward, SumForward)
CIFAR_ENGINE_OP(sum_backward, SumBackward)
#undef CIFAR_ENGINE_OP

void increment(Device device, const Increment& args) {
    run_observed(
        device, [&] { call<cpu::increment, cuda::increment, emulated::increment>(device, args); },
        [&] { return work(args); });
}

}  // namespace kernels
