#include "kernels/attention_conv/algorithms.h"

namespace kernels::cpu {

AttentionConvAlgorithm attention_conv_algorithm(const Conv2dShape&) {
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
    patches::attention_conv_forward(args);
}

void attention_conv_backward(const AttentionConvBackward<float>& args) {
    patches::attention_conv_backward(args);
}

}  // namespace kernels::cpu
