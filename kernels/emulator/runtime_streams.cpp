#include <chrono>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "kernels/emulator/execution.h"
#include "kernels/emulator/runtime_state.h"

// Streams, events and graphs of the emulated device. See the CUDA Runtime API reference, stream and graph
// management, for what each may return.

// NOLINTBEGIN(readability-identifier-naming): CUDA's names
namespace kernels::emulator {

using Clock = std::chrono::steady_clock;
using Work = std::function<cudaError_t()>;

struct EmulatedStream {};
struct EmulatedEvent {
    bool timed = true, recorded = false, captured = false;
    Clock::time_point time;
};
struct EmulatedGraph {
    std::vector<Work> nodes;
};
struct EmulatedGraphExec {
    std::vector<Work> nodes;
};

namespace {

/// The one capture that may be under way. Streams join it by waiting for an event that was recorded in it.
struct Capture {
    cudaStream_t origin = nullptr;
    std::set<cudaStream_t> streams;
    std::vector<Work> nodes;
    bool valid = true;
};
std::unique_ptr<Capture> capture;

bool is_captured(cudaStream_t stream) { return capture && capture->streams.count(stream) != 0; }

cudaError_t unsupported_in_capture() {
    capture->valid = false;
    return noted(cudaErrorStreamCaptureUnsupported);
}

}  // namespace

cudaError_t outside_capture() { return capture ? unsupported_in_capture() : cudaSuccess; }

cudaError_t submit(cudaStream_t stream, Work work) {
    const std::lock_guard lock(Execution::instance().mutex());
    if (is_captured(stream)) {
        capture->nodes.push_back(std::move(work));
        return cudaSuccess;
    }
    if (capture && stream == nullptr) {  // the legacy stream waits for all others
        capture->valid = false;
        return noted(cudaErrorStreamCaptureImplicit);
    }
    return noted(work());
}

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
    *stream = new EmulatedStream;
    return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) { return cudaStreamCreate(stream); }
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    if (is_captured(stream)) return unsupported_in_capture();
    delete stream;
    return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    return is_captured(stream) ? unsupported_in_capture() : cudaSuccess;
}
cudaError_t cudaStreamQuery(cudaStream_t stream) { return cudaStreamSynchronize(stream); }
cudaError_t cudaDeviceSynchronize() { return outside_capture(); }

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
    if (capture && event->captured) capture->streams.insert(stream);
    return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
    *event = new EmulatedEvent;
    (*event)->timed = (flags & cudaEventDisableTiming) == 0;
    return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
    delete event;
    return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    event->captured = is_captured(stream);
    event->recorded = !event->captured;
    event->time = Clock::now();
    return cudaSuccess;
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
    return event->captured ? unsupported_in_capture() : cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) { return cudaEventQuery(event); }
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
    if (!start->recorded || !end->recorded || !start->timed || !end->timed)
        return noted(cudaErrorInvalidResourceHandle);
    *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
    return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
    if (stream == nullptr) return noted(cudaErrorStreamCaptureUnsupported);
    if (capture) return noted(cudaErrorNotSupported);  // CUDA could have several at a time
    capture = std::make_unique<Capture>();
    capture->origin = stream;
    capture->streams.insert(stream);
    return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
    *graph = nullptr;
    if (!capture || capture->origin != stream) return noted(cudaErrorInvalidValue);
    const std::unique_ptr<Capture> done = std::move(capture);
    if (!done->valid) return noted(cudaErrorStreamCaptureInvalidated);
    *graph = new EmulatedGraph{std::move(done->nodes)};
    return cudaSuccess;
}
cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
    *status = !is_captured(stream) ? cudaStreamCaptureStatusNone
              : capture->valid     ? cudaStreamCaptureStatusActive
                                   : cudaStreamCaptureStatusInvalidated;
    return cudaSuccess;
}
cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
    if (nodes != nullptr) return noted(cudaErrorNotSupported);
    *count = graph->nodes.size();
    return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph;
    return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
    *executable = new EmulatedGraphExec{graph->nodes};
    return cudaSuccess;
}
cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
    return submit(stream, [nodes = executable->nodes] {
        for (const Work& node : nodes)
            if (const cudaError_t error = node(); error != cudaSuccess) return error;
        return cudaSuccess;
    });
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
    delete executable;
    return cudaSuccess;
}

}  // namespace kernels::emulator
// NOLINTEND(readability-identifier-naming)
