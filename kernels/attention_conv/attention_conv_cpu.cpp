#include "kernels/attention_conv/algorithms.h"
#include "kernels/conv2d/winograd.h"

namespace kernels::cpu {

AttentionConvAlgorithm attention_conv_algorithm(const Conv2dShape& shape) {
    const bool same_3x3 = shape.kernel == 3 && shape.stride == 1 && shape.padding == 1;
    if (same_3x3 && shape.in_channels <= direct::max_in_channels) return AttentionConvAlgorithm::direct;
    if (winograd_pays(shape)) return AttentionConvAlgorithm::winograd;
    return AttentionConvAlgorithm::patches;
}

const char* name(AttentionConvAlgorithm algorithm) {
    switch (algorithm) {
        case AttentionConvAlgorithm::direct:
            return "direct";
        case AttentionConvAlgorithm::winograd:
            return "winograd";
        case AttentionConvAlgorithm::patches:
            return "patches";
    }
    return "";
}

void attention_conv_forward(const AttentionConvForward<float>& args) {
    switch (attention_conv_algorithm(args.shape)) {
        case AttentionConvAlgorithm::direct:
            return direct::attention_conv_forward(args);
        case AttentionConvAlgorithm::winograd:
            return winograd::attention_conv_forward(args);
        case AttentionConvAlgorithm::patches:
            return patches::attention_conv_forward(args);
    }
}

void attention_conv_backward(const AttentionConvBackward<float>& args) {
    switch (attention_conv_algorithm(args.shape)) {
        case AttentionConvAlgorithm::direct:
            return direct::attention_conv_backward(args);
        case AttentionConvAlgorithm::winograd:
            return winograd::attention_conv_backward(args);
        case AttentionConvAlgorithm::patches:
            return patches::attention_conv_backward(args);
    }
}

}  // namespace kernels::cpu
