#include <cmath>
#include <vector>

#include "tests/emulator_kernels/runtime.h"
#include "tests/support/emulator.h"
#include "tests/support/message_of.h"

using namespace kernels::emulated;
using namespace kernels::emulator;

namespace {

std::string limit_broken_by(dim3 grid, dim3 block, std::size_t dynamic_shared_bytes = 0) {
    return test::message_of<ReportError>([&] { launch_shape(grid, block, dynamic_shared_bytes); });
}

struct Array {
    float* data = nullptr;
    explicit Array(const std::vector<float>& values) {
        REQUIRE(cudaMalloc(&data, values.size() * sizeof(float)) == cudaSuccess);
        REQUIRE(cudaMemcpy(data, values.data(), values.size() * sizeof(float), cudaMemcpyHostToDevice) ==
                cudaSuccess);
    }
    ~Array() { cudaFree(data); }
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    float first() const {
        float value = 0;
        REQUIRE(cudaMemcpy(&value, data, sizeof value, cudaMemcpyDeviceToHost) == cudaSuccess);
        return value;
    }
};

struct Stream {
    cudaStream_t handle = nullptr;
    Stream() { cudaStreamCreateWithFlags(&handle, cudaStreamNonBlocking); }
    ~Stream() { cudaStreamDestroy(handle); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
};

}  // namespace

TEST_CASE("emulator: launches beyond the limits") {
    CHECK(test::holds(limit_broken_by(dim3(1), dim3(1025)), "empty_kernel", "1025x1x1", "1024"));
    CHECK(test::holds(limit_broken_by(dim3(1), dim3(32, 33)), "32x33x1", "1024 threads"));
    CHECK(test::holds(limit_broken_by(dim3(1), dim3(1, 1, 65)), "1x1x65"));
    CHECK(test::holds(limit_broken_by(dim3(1, 65536), dim3(1)), "1x65536x1", "65535"));
    CHECK(test::holds(limit_broken_by(dim3(1), dim3(0)), "empty"));
    CHECK(limit_broken_by(dim3(3, 2, 1), dim3(8, 8, 16)) == "nothing thrown");
    // An empty grid is nobody's mistake: there was nothing to do.
    CHECK(limit_broken_by(dim3(0), dim3(32)) == "nothing thrown");
}

TEST_CASE("emulator: shared memory beyond the limits") {
    CHECK(limit_broken_by(dim3(1), dim3(32), 99 << 10) == "nothing thrown");
    CHECK_THROWS_AS(launch_shape(dim3(1), dim3(32), (99 << 10) + 16), kernels::DeviceError);
    CHECK(launch_without_opt_in(48 << 10) == cudaSuccess);
    CHECK(test::holds(test::message_of<ReportError>([] { launch_without_opt_in((48 << 10) + 16); }), "49168",
                      "cudaFuncSetAttribute"));
    launch_with_static_shared(8 << 10);
    CHECK(test::holds(test::message_of<ReportError>([] { launch_with_static_shared((8 << 10) + 16); }),
                      "static_shared", "49168"));
}

TEST_CASE("emulator: reports of launches can be collected; the error is CUDA's") {
    const CollectReports collected;
    CHECK(launch_without_opt_in(50 << 10) == cudaErrorInvalidConfiguration);
    CHECK(cudaPeekAtLastError() == cudaErrorInvalidConfiguration);
    CHECK(cudaGetLastError() == cudaErrorInvalidConfiguration);
    CHECK(cudaGetLastError() == cudaSuccess);
    REQUIRE(collected.reports().size() == 1);
    CHECK(collected.reports()[0].kind == Kind::launch_limits);
}

TEST_CASE("emulator: memory") {
    void *memory = nullptr, *other = nullptr;
    REQUIRE(cudaMalloc(&memory, 100) == cudaSuccess);
    REQUIRE(cudaMallocAsync(&other, 100, nullptr) == cudaSuccess);
    CHECK(reinterpret_cast<std::uintptr_t>(memory) % 256 == 0);

    std::vector<float> host(25);
    CHECK(cudaMemcpy(host.data(), memory, 100, cudaMemcpyDeviceToHost) == cudaSuccess);
    CHECK(std::isnan(host[0]));
    CHECK(std::isnan(host[24]));
    CHECK(cudaMemset(memory, 0, 100) == cudaSuccess);
    CHECK(cudaMemcpyAsync(other, memory, 100, cudaMemcpyDefault, nullptr) == cudaSuccess);
    CHECK(cudaMemcpy(host.data(), other, 100, cudaMemcpyDeviceToHost) == cudaSuccess);
    CHECK(host == std::vector<float>(25));

    CHECK(find_leaks().size() == 2);
    CHECK(find_leaks()[0].kind == Kind::leak);
    CHECK(test::holds(find_leaks()[0].text, "100 bytes"));
    CHECK(cudaFree(memory) == cudaSuccess);
    CHECK(cudaFreeAsync(other, nullptr) == cudaSuccess);
    CHECK(find_leaks().empty());
}

TEST_CASE("emulator: wrong use of memory gives CUDA's errors") {
    const Array x(std::vector<float>(4));
    float host[8] = {};
    CHECK(cudaMemcpy(host, x.data, 5 * sizeof(float), cudaMemcpyDeviceToHost) == cudaErrorInvalidValue);
    CHECK(cudaMemcpy(x.data, host, 4, cudaMemcpyDeviceToHost) == cudaErrorInvalidValue);
    CHECK(cudaMemset(host, 0, 4) == cudaErrorInvalidValue);
    CHECK(cudaFree(x.data + 1) == cudaErrorInvalidValue);
    float* freed = nullptr;
    REQUIRE(cudaMalloc(&freed, 4) == cudaSuccess);
    CHECK(cudaFree(freed) == cudaSuccess);
    CHECK(cudaFree(freed) == cudaErrorInvalidValue);
    CHECK(cudaMemset(freed, 0, 4) == cudaErrorInvalidValue);
    CHECK(cudaMalloc(&freed, std::size_t{1} << 40) == cudaErrorMemoryAllocation);
    CHECK(std::string(cudaGetErrorString(cudaErrorMemoryAllocation)) == "out of memory");
    cudaGetLastError();
}

TEST_CASE("emulator: the device describes itself") {
    int count = 0, blocks = 0;
    CHECK(cudaGetDeviceCount(&count) == cudaSuccess);
    CHECK(count == 1);
    CHECK(cudaSetDevice(1) == cudaErrorInvalidDevice);
    cudaDeviceProp properties{};
    REQUIRE(cudaGetDeviceProperties(&properties, 0) == cudaSuccess);
    CHECK(std::string(properties.name) == "emulated");
    CHECK(properties.major == 8);
    CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, add_value, 256, 0) == cudaSuccess);
    CHECK(blocks == 8);
    CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, add_value, 64, 40 << 10) == cudaSuccess);
    CHECK(blocks == 4);
    cudaGetLastError();
}

TEST_CASE("emulator: streams and events") {
    const Array x({1, 2, 3});
    const Stream stream;
    cudaEvent_t start = nullptr, end = nullptr;
    cudaEventCreate(&start);
    cudaEventCreate(&end);
    float milliseconds = -1;
    CHECK(cudaEventElapsedTime(&milliseconds, start, end) == cudaErrorInvalidResourceHandle);
    cudaEventRecord(start, stream.handle);
    add_value(x.data, 3, 10, stream.handle);
    cudaEventRecord(end, stream.handle);
    CHECK(cudaStreamSynchronize(stream.handle) == cudaSuccess);
    CHECK(cudaEventElapsedTime(&milliseconds, start, end) == cudaSuccess);
    CHECK(milliseconds >= 0);
    CHECK(x.first() == 11);
    cudaEventDestroy(start);
    cudaEventDestroy(end);
    cudaGetLastError();
}

TEST_CASE("emulator: a captured graph runs when it is launched, as often as it is") {
    const Array x({1}), y({0});
    const Stream stream;
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t executable = nullptr;
    REQUIRE(cudaStreamBeginCapture(stream.handle, cudaStreamCaptureModeGlobal) == cudaSuccess);
    add_value(x.data, 1, 2, stream.handle);
    CHECK(cudaMemcpyAsync(y.data, x.data, 4, cudaMemcpyDeviceToDevice, stream.handle) == cudaSuccess);
    CHECK(cudaMemsetAsync(x.data, 0, 4, stream.handle) == cudaSuccess);
    REQUIRE(cudaStreamEndCapture(stream.handle, &graph) == cudaSuccess);
    CHECK(x.first() == 1);
    std::size_t nodes = 0;
    CHECK(cudaGraphGetNodes(graph, nullptr, &nodes) == cudaSuccess);
    CHECK(nodes == 3);
    REQUIRE(cudaGraphInstantiate(&executable, graph) == cudaSuccess);
    cudaGraphDestroy(graph);
    CHECK(cudaGraphLaunch(executable, stream.handle) == cudaSuccess);
    CHECK(y.first() == 3);
    CHECK(x.first() == 0);
    CHECK(cudaGraphLaunch(executable, stream.handle) == cudaSuccess);
    CHECK(y.first() == 2);
    cudaGraphExecDestroy(executable);
}

TEST_CASE("emulator: another stream joins a capture by an event") {
    const Array x({1});
    const Stream stream, side;
    cudaEvent_t event = nullptr;
    cudaEventCreateWithFlags(&event, cudaEventDisableTiming);
    cudaGraph_t graph = nullptr;
    REQUIRE(cudaStreamBeginCapture(stream.handle, cudaStreamCaptureModeGlobal) == cudaSuccess);
    cudaEventRecord(event, stream.handle);
    cudaStreamWaitEvent(side.handle, event);
    add_value(x.data, 1, 2, side.handle);
    REQUIRE(cudaStreamEndCapture(stream.handle, &graph) == cudaSuccess);
    CHECK(x.first() == 1);
    cudaGraphDestroy(graph);
    cudaEventDestroy(event);
}

TEST_CASE("emulator: what may not be captured makes the capture void") {
    const Array x({1});
    const Stream stream;
    const auto after = [&](const auto& forbidden) {
        cudaGraph_t graph = nullptr;
        REQUIRE(cudaStreamBeginCapture(stream.handle, cudaStreamCaptureModeGlobal) == cudaSuccess);
        const cudaError_t error = forbidden();
        CHECK(cudaStreamEndCapture(stream.handle, &graph) == cudaErrorStreamCaptureInvalidated);
        CHECK(graph == nullptr);
        cudaGetLastError();
        return error;
    };
    void* memory = nullptr;
    CHECK(after([&] { return cudaMalloc(&memory, 4); }) == cudaErrorStreamCaptureUnsupported);
    CHECK(after([&] { return cudaStreamSynchronize(stream.handle); }) == cudaErrorStreamCaptureUnsupported);
    CHECK(after([&] { return cudaDeviceSynchronize(); }) == cudaErrorStreamCaptureUnsupported);
    CHECK(after([&] { return cudaMemset(x.data, 0, 4); }) == cudaErrorStreamCaptureUnsupported);
    CHECK(after([&] { return cudaMemsetAsync(x.data, 0, 4, nullptr); }) == cudaErrorStreamCaptureImplicit);
    CHECK(cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeGlobal) == cudaErrorStreamCaptureUnsupported);
    CHECK(x.first() == 1);
    cudaGetLastError();
}
