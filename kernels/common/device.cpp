#include "kernels/common/device.h"

namespace kernels {

const char* name(Device device) { return device == Device::cpu ? "cpu" : "cuda"; }

}  // namespace kernels
