#pragma once

#include "kernels/emulator/execution.h"
#include "kernels/emulator/in_kernel.h"

namespace kernels::emulator {

/// Calls action(execution) on behalf of the kernel that runs, which it ends if the launch is given up
/// meanwhile.
template <typename Action>
auto in_emulator(const Action& action) {
    const OutsideKernel outside;
    Execution& execution = Execution::instance();
    if constexpr (std::is_void_v<decltype(action(execution))>) {
        action(execution);
        if (execution.given_up()) execution.leave();
    } else {
        const auto result = action(execution);
        if (execution.given_up()) execution.leave();
        return result;
    }
}

}  // namespace kernels::emulator
