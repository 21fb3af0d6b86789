#include "kernels/common/dispatch.h"

#include <string>

#include "kernels/adam/adam.h"
#include "kernels/adaptive_avg_pool/adaptive_avg_pool.h"
#include "kernels/add/add.h"
#include "kernels/attention_conv/attention_conv.h"
#include "kernels/batch_norm/batch_norm.h"
#include "kernels/batch_norm_max_pool/batch_norm_max_pool.h"
#include "kernels/common/observe.h"
#include "kernels/common/work.h"
#include "kernels/conv2d/conv2d.h"
#include "kernels/cross_entropy/cross_entropy.h"
#include "kernels/dropout/dropout.h"
#include "kernels/flatten/flatten.h"
#include "kernels/linear/linear.h"
#include "kernels/max_pool/max_pool.h"
#include "kernels/mul/mul.h"
#include "kernels/relu/relu.h"
#include "kernels/sum/sum.h"

// The one place where a device is chosen at run time: every public kernel name, and the backend it goes to.
namespace kernels {

void require_cpu(Device device) {
    if (device == Device::cpu) return;
    throw DeviceError(std::string("no kernels for device '") + name(device) +
                      "', in this build of cifar_engine, use --device cpu");
}

namespace {

// Set by CMake. What a build does not have is named below all the same, but never called, so never linked.
constexpr bool has_cuda = CIFAR_ENGINE_HAS_CUDA != 0, has_emulator = CIFAR_ENGINE_HAS_EMULATOR != 0;

template <auto on_cpu, auto on_cuda, auto on_emulated, typename Args>
void dispatch(Device device, const Args& args) {
    const auto run = [&] {
        if constexpr (has_cuda) {
            if (device == Device::cuda) return on_cuda(args);
        }
        if constexpr (has_emulator) {
            if (device == Device::emulated) return on_emulated(args);
        }
        require_cpu(device);
        on_cpu(args);
    };
    run_observed(run, [&] { return work(args); });
}

// For an op that has no .cu file yet.
template <auto on_cpu, typename Args>
void dispatch(Device device, const Args& args) {
    require_cpu(device);
    run_observed([&] { on_cpu(args); }, [&] { return work(args); });
}

}  // namespace

void adam(Device device, const Adam<float>& args) { dispatch<cpu::adam>(device, args); }
void adaptive_avg_pool_forward(Device device, const AdaptiveAvgPoolForward<float>& args) {
    dispatch<cpu::adaptive_avg_pool_forward>(device, args);
}
void adaptive_avg_pool_backward(Device device, const AdaptiveAvgPoolBackward<float>& args) {
    dispatch<cpu::adaptive_avg_pool_backward>(device, args);
}
void add_forward(Device device, const AddForward<float>& args) { dispatch<cpu::add_forward>(device, args); }
void add_backward(Device device, const AddBackward<float>& args) {
    dispatch<cpu::add_backward>(device, args);
}
void attention_conv_forward(Device device, const AttentionConvForward<float>& args) {
    dispatch<cpu::attention_conv_forward>(device, args);
}
void attention_conv_backward(Device device, const AttentionConvBackward<float>& args) {
    dispatch<cpu::attention_conv_backward>(device, args);
}
void batch_norm_train_forward(Device device, const BatchNormTrainForward<float>& args) {
    dispatch<cpu::batch_norm_train_forward>(device, args);
}
void batch_norm_eval_forward(Device device, const BatchNormEvalForward<float>& args) {
    dispatch<cpu::batch_norm_eval_forward>(device, args);
}
void batch_norm_backward(Device device, const BatchNormBackward<float>& args) {
    dispatch<cpu::batch_norm_backward>(device, args);
}
void batch_norm_max_pool_train_forward(Device device, const BatchNormMaxPoolTrainForward<float>& args) {
    dispatch<cpu::batch_norm_max_pool_train_forward>(device, args);
}
void batch_norm_max_pool_eval_forward(Device device, const BatchNormMaxPoolEvalForward<float>& args) {
    dispatch<cpu::batch_norm_max_pool_eval_forward>(device, args);
}
void batch_norm_max_pool_backward(Device device, const BatchNormMaxPoolBackward<float>& args) {
    dispatch<cpu::batch_norm_max_pool_backward>(device, args);
}
void conv2d_forward(Device device, const Conv2dForward<float>& args) {
    dispatch<cpu::conv2d_forward>(device, args);
}
void conv2d_backward(Device device, const Conv2dBackward<float>& args) {
    dispatch<cpu::conv2d_backward>(device, args);
}
void cross_entropy_forward(Device device, const CrossEntropyForward<float>& args) {
    dispatch<cpu::cross_entropy_forward>(device, args);
}
void cross_entropy_backward(Device device, const CrossEntropyBackward<float>& args) {
    dispatch<cpu::cross_entropy_backward>(device, args);
}
void dropout_forward(Device device, const DropoutForward<float>& args) {
    dispatch<cpu::dropout_forward>(device, args);
}
void dropout_backward(Device device, const DropoutBackward<float>& args) {
    dispatch<cpu::dropout_backward>(device, args);
}
void flatten_forward(Device device, const FlattenForward<float>& args) {
    dispatch<cpu::flatten_forward>(device, args);
}
void flatten_backward(Device device, const FlattenBackward<float>& args) {
    dispatch<cpu::flatten_backward>(device, args);
}
void linear_forward(Device device, const LinearForward<float>& args) {
    dispatch<cpu::linear_forward>(device, args);
}
void linear_backward(Device device, const LinearBackward<float>& args) {
    dispatch<cpu::linear_backward>(device, args);
}
void max_pool_forward(Device device, const MaxPoolForward<float>& args) {
    dispatch<cpu::max_pool_forward>(device, args);
}
void max_pool_backward(Device device, const MaxPoolBackward<float>& args) {
    dispatch<cpu::max_pool_backward>(device, args);
}
void mul_forward(Device device, const MulForward<float>& args) { dispatch<cpu::mul_forward>(device, args); }
void mul_backward(Device device, const MulBackward<float>& args) {
    dispatch<cpu::mul_backward>(device, args);
}
void relu_forward(Device device, const ReluForward<float>& args) {
    dispatch<cpu::relu_forward, cuda::relu_forward, emulated::relu_forward>(device, args);
}
void relu_backward(Device device, const ReluBackward<float>& args) {
    dispatch<cpu::relu_backward, cuda::relu_backward, emulated::relu_backward>(device, args);
}
void sum_forward(Device device, const SumForward<float>& args) { dispatch<cpu::sum_forward>(device, args); }
void sum_backward(Device device, const SumBackward<float>& args) {
    dispatch<cpu::sum_backward>(device, args);
}

}  // namespace kernels
