#include "kernels/common/gpu_runtime.h"
#include "kernels/common/stream.h"

namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constinit cudaStream_t copies = nullptr;

/// Beside the stream of work; never destroyed, like that.
cudaStream_t copy_stream() {
    if (copies == nullptr)
        require(cudaStreamCreateWithFlags(&copies, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    return copies;
}

cudaEvent_t make_event() {
    cudaEvent_t event = nullptr;
    require(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreateWithFlags");
    return event;
}

// An event that was never recorded counts as past.
class PinnedUpload final : public Upload {
  public:
    explicit PinnedUpload(std::size_t bytes)
        : copied_(make_event()), released_(make_event()), host_(runtime().allocate_pinned(bytes)) {}
    ~PinnedUpload() override {
        cudaEventSynchronize(copied_);
        runtime().release_pinned(host_);
        cudaEventDestroy(released_);
        cudaEventDestroy(copied_);
    }
    PinnedUpload(const PinnedUpload&) = delete;
    PinnedUpload& operator=(const PinnedUpload&) = delete;

    std::byte* host() override {
        require(cudaEventSynchronize(copied_), "cudaEventSynchronize");
        return host_;
    }

    void start(void* out, std::size_t offset, std::size_t bytes) override {
        require(cudaStreamWaitEvent(copy_stream(), released_, 0), "cudaStreamWaitEvent");
        require(cudaMemcpyAsync(out, host_ + offset, bytes, cudaMemcpyHostToDevice, copy_stream()),
                "cudaMemcpyAsync from pinned memory");
        require(cudaEventRecord(copied_, copy_stream()), "cudaEventRecord");
    }

    void finish() override { require(cudaStreamWaitEvent(work_stream(), copied_, 0), "cudaStreamWaitEvent"); }

    void release() override { require(cudaEventRecord(released_, work_stream()), "cudaEventRecord"); }

  private:
    cudaEvent_t copied_, released_;
    std::byte* host_;
};

}  // namespace

std::unique_ptr<Upload> make_upload(std::size_t bytes) { return std::make_unique<PinnedUpload>(bytes); }

}  // namespace kernels::CIFAR_GPU_NAMESPACE
