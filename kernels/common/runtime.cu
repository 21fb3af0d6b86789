#include <string>

#include "kernels/common/gpu_runtime.h"
#include "kernels/common/runtime.h"
#include "kernels/common/stream.h"

// The memory that tensors take comes from here once and is kept by the engine's own pool (engine/storage.h),
// which serves all devices. CUDA's stream-ordered pools would do the same a second time: with one stream of
// work, memory that is let go and taken again is in stream order by itself; and what a recorded graph uses
// has to keep its address, which cudaMallocAsync would not promise.
namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constexpr const char* less = "choose a smaller --batch-size or smaller --widths, or free the device's memory";

/// A pair of events that measure what lies between them.
class Stopwatch {
  public:
    Stopwatch() {
        require(cudaEventCreate(&begin_), "cudaEventCreate");
        require(cudaEventCreate(&end_), "cudaEventCreate");
    }
    ~Stopwatch() {
        cudaEventDestroy(end_);
        cudaEventDestroy(begin_);
    }
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;

    void begin() const { require(cudaEventRecord(begin_, work_stream()), "cudaEventRecord"); }
    double end() const {
        float milliseconds = 0;
        require(cudaEventRecord(end_, work_stream()), "cudaEventRecord");
        require(cudaEventSynchronize(end_), "kernels that were to be measured");
        require(cudaEventElapsedTime(&milliseconds, begin_, end_), "cudaEventElapsedTime");
        return 1e-3 * static_cast<double>(milliseconds);
    }

  private:
    cudaEvent_t begin_ = nullptr, end_ = nullptr;
};

class GpuRuntime final : public Runtime {
  public:
    void require_usable() override { CIFAR_GPU_NAMESPACE::require_usable(); }
    std::string description() override { return CIFAR_GPU_NAMESPACE::description(); }

    void* allocate(std::size_t bytes) override {
        void* memory = nullptr;
        const cudaError_t error = cudaMalloc(&memory, bytes > 0 ? bytes : 1);
        if (error != cudaSuccess)
            require(error, ("cudaMalloc of " + std::to_string(bytes) + " bytes").c_str(), less);
        return memory;
    }
    void release(void* memory) noexcept override { cudaFree(memory); }

    std::byte* allocate_pinned(std::size_t bytes) override {
        void* memory = nullptr;
        require(cudaMallocHost(&memory, bytes > 0 ? bytes : 1), "cudaMallocHost", less);
        return static_cast<std::byte*>(memory);
    }
    void release_pinned(std::byte* memory) noexcept override { cudaFreeHost(memory); }

    void fill_zero(void* memory, std::size_t bytes) override {
        require(cudaMemsetAsync(memory, 0, bytes, work_stream()), "cudaMemsetAsync");
    }
    void copy(void* out, const void* in, std::size_t bytes) override {
        require(cudaMemcpyAsync(out, in, bytes, cudaMemcpyDeviceToDevice, work_stream()),
                "cudaMemcpyAsync within the device");
    }
    // From memory that is not pinned, CUDA copies to a buffer of its own before it returns.
    void copy_from_host(void* out, const void* in, std::size_t bytes) override {
        require(cudaMemcpyAsync(out, in, bytes, cudaMemcpyHostToDevice, work_stream()),
                "cudaMemcpyAsync to the device");
    }
    void copy_to_host(void* out, const void* in, std::size_t bytes) override {
        copy_to_pinned(static_cast<std::byte*>(out), in, bytes);
        synchronize();
    }
    void copy_to_pinned(std::byte* out, const void* in, std::size_t bytes) override {
        require(cudaMemcpyAsync(out, in, bytes, cudaMemcpyDeviceToHost, work_stream()),
                "cudaMemcpyAsync to the host");
    }
    void synchronize() override {
        require(cudaStreamSynchronize(work_stream()), "a kernel or copy that was queued", find_kernel);
    }

    double seconds_of(const std::function<void()>& work) override {
        const Stopwatch stopwatch;
        stopwatch.begin();
        work();
        return stopwatch.end();
    }
    std::unique_ptr<Upload> make_upload(std::size_t bytes) override {
        return CIFAR_GPU_NAMESPACE::make_upload(bytes);
    }
    std::unique_ptr<Graph> record(const std::function<void()>& work) override { return record_graph(work); }
};

constinit GpuRuntime instance;

}  // namespace

Runtime& runtime() { return instance; }

}  // namespace kernels::CIFAR_GPU_NAMESPACE
