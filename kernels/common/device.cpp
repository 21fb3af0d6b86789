#include "kernels/common/device.h"

namespace kernels {

const char* name(Device device) {
    switch (device) {
        case Device::cpu:
            return "cpu";
        case Device::cuda:
            return "cuda";
        case Device::emulated:
            return "emulated";
    }
    return "?";
}

}  // namespace kernels
