#include "kernels/common/precision.h"

namespace kernels {

const char* name(Precision precision) {
    switch (precision) {
        case Precision::fp32:
            return "fp32";
        case Precision::tf32:
            return "tf32";
        case Precision::bf16:
            return "bf16";
    }
    return "?";
}

}  // namespace kernels
