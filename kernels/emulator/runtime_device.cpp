#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "kernels/emulator/execution.h"
#include "kernels/emulator/limits.h"
#include "kernels/emulator/report_log.h"
#include "kernels/emulator/runtime_state.h"
#include "kernels/emulator/source_location.h"

// Errors, the device's properties, and launches.

// NOLINTBEGIN(readability-identifier-naming): CUDA's names
namespace kernels::emulator {
namespace {

thread_local cudaError_t last_error = cudaSuccess;

struct ErrorText {
    cudaError_t error;
    const char *name, *text;
};
constexpr ErrorText error_texts[] = {
    {cudaSuccess, "cudaSuccess", "no error"},
    {cudaErrorInvalidValue, "cudaErrorInvalidValue", "invalid argument"},
    {cudaErrorMemoryAllocation, "cudaErrorMemoryAllocation", "out of memory"},
    {cudaErrorInvalidConfiguration, "cudaErrorInvalidConfiguration", "invalid configuration argument"},
    {cudaErrorInvalidSymbol, "cudaErrorInvalidSymbol", "invalid device symbol"},
    {cudaErrorInvalidMemcpyDirection, "cudaErrorInvalidMemcpyDirection", "invalid copy direction for memcpy"},
    {cudaErrorInvalidDevice, "cudaErrorInvalidDevice", "invalid device ordinal"},
    {cudaErrorInvalidResourceHandle, "cudaErrorInvalidResourceHandle", "invalid resource handle"},
    {cudaErrorNotReady, "cudaErrorNotReady", "device not ready"},
    {cudaErrorNotSupported, "cudaErrorNotSupported", "operation not supported"},
    {cudaErrorStreamCaptureUnsupported, "cudaErrorStreamCaptureUnsupported",
     "operation not permitted when stream is capturing"},
    {cudaErrorStreamCaptureInvalidated, "cudaErrorStreamCaptureInvalidated",
     "operation failed due to a previous error during capture"},
    {cudaErrorStreamCaptureImplicit, "cudaErrorStreamCaptureImplicit",
     "operation would make the legacy stream depend on a capturing blocking stream"},
};

const ErrorText& text_of(cudaError_t error) {
    for (const ErrorText& known : error_texts)
        if (known.error == error) return known;
    static constexpr ErrorText unknown{cudaSuccess, "unknown", "unrecognized error code"};
    return unknown;
}

/// What a kernel may have after cudaFuncSetAttribute.
std::map<const void*, std::size_t>& opted_in() {
    static auto& limits = *new std::map<const void*, std::size_t>;
    return limits;
}

std::size_t dynamic_limit(const void* kernel) {
    const auto found = opted_in().find(kernel);
    return found == opted_in().end() ? limits::shared_bytes : found->second;
}

/// What is wrong with a launch, or "".
std::string broken_limit(const cudaLaunchConfig_t& config, const void* kernel) {
    const dim3 &grid = config.gridDim, &block = config.blockDim;
    const auto text = [](const dim3& e) {
        return std::to_string(e.x) + "x" + std::to_string(e.y) + "x" + std::to_string(e.z);
    };
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || block.x == 0 || block.y == 0 || block.z == 0)
        return "grid " + text(grid) + " of blocks " + text(block) + " is empty";
    if (grid.x > limits::grid_x || grid.y > limits::grid_y || grid.z > limits::grid_z)
        return "grid " + text(grid) + " is larger than 2147483647x65535x65535";
    if (block.x > limits::block_x || block.y > limits::block_y || block.z > limits::block_z)
        return "block " + text(block) + " is larger than 1024x1024x64";
    if (block.x * block.y * block.z > limits::threads)
        return "block " + text(block) + " has more than 1024 threads";
    if (config.dynamicSmemBytes > limits::shared_bytes_opt_in)
        return std::to_string(config.dynamicSmemBytes) +
               " bytes of dynamic shared memory are more than the " +
               std::to_string(limits::shared_bytes_opt_in) + " that a block can have";
    if (config.dynamicSmemBytes > dynamic_limit(kernel))
        return std::to_string(config.dynamicSmemBytes) + " bytes of dynamic shared memory are more than " +
               std::to_string(dynamic_limit(kernel)) + " and need cudaFuncSetAttribute";
    return "";
}

/// A launch's parameters, owned by the graph that will use them.
using OwnedParameters = std::shared_ptr<void>;

cudaError_t run_now(const cudaLaunchConfig_t& config, const KernelCall& call) {
    const std::size_t limit =
        opted_in().count(call.kernel) != 0 ? limits::shared_bytes_opt_in : limits::shared_bytes;
    Execution::instance().run({call.kernel, config.gridDim, config.blockDim, config.dynamicSmemBytes, limit,
                               call.enter, call.parameters, call.bytes});
    return cudaSuccess;
}

}  // namespace

cudaError_t noted(cudaError_t error) {
    if (error != cudaSuccess) last_error = error;
    return error;
}

const char* cudaGetErrorName(cudaError_t error) { return text_of(error).name; }
const char* cudaGetErrorString(cudaError_t error) { return text_of(error).text; }
cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
cudaError_t cudaPeekAtLastError() { return last_error; }

cudaError_t cudaGetDeviceCount(int* count) {
    *count = 1;
    return cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) {
    *device = 0;
    return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) { return noted(device == 0 ? cudaSuccess : cudaErrorInvalidDevice); }

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
    if (device != 0) return noted(cudaErrorInvalidDevice);
    *properties = {};
    std::strcpy(properties->name, "emulated");
    properties->totalGlobalMem = DeviceMemory::total;
    properties->sharedMemPerBlock = limits::shared_bytes;
    properties->sharedMemPerBlockOptin = limits::shared_bytes_opt_in;
    properties->sharedMemPerMultiprocessor = limits::shared_bytes_per_multiprocessor;
    properties->major = 8;
    properties->warpSize = static_cast<int>(lanes);
    properties->maxThreadsPerBlock = limits::threads;
    properties->multiProcessorCount = limits::multiprocessors;
    properties->maxThreadsPerMultiProcessor = limits::threads_per_multiprocessor;
    properties->regsPerBlock = limits::registers;
    return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
    if (device != 0) return noted(cudaErrorInvalidDevice);
    switch (attribute) {
        case cudaDevAttrMaxThreadsPerBlock:
            *value = limits::threads;
            break;
        case cudaDevAttrMaxSharedMemoryPerBlock:
            *value = limits::shared_bytes;
            break;
        case cudaDevAttrWarpSize:
            *value = static_cast<int>(lanes);
            break;
        case cudaDevAttrMultiProcessorCount:
            *value = limits::multiprocessors;
            break;
        case cudaDevAttrMaxThreadsPerMultiProcessor:
            *value = limits::threads_per_multiprocessor;
            break;
        case cudaDevAttrComputeCapabilityMajor:
            *value = 8;
            break;
        case cudaDevAttrComputeCapabilityMinor:
            *value = 0;
            break;
        case cudaDevAttrMaxSharedMemoryPerMultiprocessor:
            *value = limits::shared_bytes_per_multiprocessor;
            break;
        case cudaDevAttrMaxSharedMemoryPerBlockOptin:
            *value = limits::shared_bytes_opt_in;
            break;
        case cudaDevAttrMemoryPoolsSupported:
            *value = 1;
            break;
    }
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
    *version = 0;  // of no toolkit
    return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) { return cudaRuntimeGetVersion(version); }

cudaError_t set_function_attribute(const void* kernel, cudaFuncAttribute attribute, int value) {
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
    if (value < 0 || static_cast<std::size_t>(value) > limits::shared_bytes_opt_in)
        return noted(cudaErrorInvalidValue);
    opted_in()[kernel] = static_cast<std::size_t>(value);
    return cudaSuccess;
}

cudaError_t get_function_attributes(cudaFuncAttributes* attributes, const void* kernel) {
    *attributes = {};
    attributes->maxThreadsPerBlock = limits::threads;
    attributes->maxDynamicSharedSizeBytes = static_cast<int>(dynamic_limit(kernel));
    return cudaSuccess;
}

// By threads and dynamic shared memory only: registers and static arrays are the real compiler's to know.
cudaError_t max_active_blocks(int* blocks, const void* kernel, int threads, std::size_t dynamic_bytes) {
    if (threads <= 0 || threads > static_cast<int>(limits::threads) || dynamic_bytes > dynamic_limit(kernel))
        return noted(cudaErrorInvalidValue);
    const auto by_shared =
        limits::shared_bytes_per_multiprocessor / (dynamic_bytes + limits::reserved_shared_bytes);
    *blocks = std::min({limits::blocks_per_multiprocessor, limits::threads_per_multiprocessor / threads,
                        static_cast<int>(by_shared)});
    return cudaSuccess;
}

cudaError_t cudaFuncGetName(const char** name, const void* kernel) {
    static auto& names = *new std::map<const void*, std::string>;
    *name = (names[kernel] = function_name(kernel)).c_str();
    return cudaSuccess;
}

cudaError_t launch_kernel(const cudaLaunchConfig_t& config, const KernelCall& call,
                          void* (*copy)(const void* parameters), void (*destroy)(void* parameters)) {
    if (const std::string broken = broken_limit(config, call.kernel); !broken.empty()) {
        Report report;
        report.kind = Kind::launch_limits;
        report.kernel = function_name(call.kernel);
        ReportLog::instance().add(report, broken);
        ReportLog::instance().throw_pending();
        return noted(cudaErrorInvalidConfiguration);
    }
    cudaStreamCaptureStatus status{};
    cudaStreamIsCapturing(config.stream, &status);
    if (status == cudaStreamCaptureStatusNone)
        return submit(config.stream, [&] { return run_now(config, call); });
    const OwnedParameters parameters(copy(call.parameters), destroy);
    return submit(config.stream, [config, call, parameters] {
        return run_now(config, {call.kernel, call.enter, parameters.get(), call.bytes});
    });
}

}  // namespace kernels::emulator
// NOLINTEND(readability-identifier-naming)
