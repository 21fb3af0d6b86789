#pragma once

#include <functional>

#include "kernels/emulator/runtime_api.h"

namespace kernels::emulator {

/// Notes an error for cudaGetLastError, and passes it on.
cudaError_t noted(cudaError_t error);

/// Does this work now or, if the stream is captured, when its graph is launched.
cudaError_t submit(cudaStream_t stream, std::function<cudaError_t()> work);

/// For what may not happen while any stream is captured: success, or the error to return; the capture is then
/// void.
cudaError_t outside_capture();

}  // namespace kernels::emulator
