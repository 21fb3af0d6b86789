#include "kernels/attention_conv/algorithms.h"
#include "kernels/conv2d/winograd.h"

namespace kernels::cpu {

AttentionConvAlgorithm attention_conv_algorithm(const Conv2dShape& shape) {
    if (winograd_pays(shape) && shape.in_channels >= 8) return AttentionConvAlgorithm::winograd;
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
        case AttentionConvAlgorithm::winograd:
            return winograd::attention_conv_forward(args);
        case AttentionConvAlgorithm::direct:
        case AttentionConvAlgorithm::patches:
            return patches::attention_conv_forward(args);
    }
}

void attention_conv_backward(const AttentionConvBackward<float>& args) {
    switch (attention_conv_algorithm(args.shape)) {
        case AttentionConvAlgorithm::winograd:
            return winograd::attention_conv_backward(args);
        case AttentionConvAlgorithm::direct:
        case AttentionConvAlgorithm::patches:
            return patches::attention_conv_backward(args);
    }
}

}  // namespace kernels::cpu
