#include "kernels/common/gpu_runtime.h"
#include "kernels/common/stream.h"

namespace kernels::CIFAR_GPU_NAMESPACE {
namespace {

constexpr const char* remedy = "this is a bug in the program: please report it";

constinit bool recorded = false;

class RecordedGraph final : public Graph {
  public:
    explicit RecordedGraph(cudaGraph_t graph) {
        require(cudaGraphInstantiate(&executable_, graph, 0), "cudaGraphInstantiate", remedy);
    }
    ~RecordedGraph() override { cudaGraphExecDestroy(executable_); }

    void launch() override {
        require(cudaGraphLaunch(executable_, work_stream()), "cudaGraphLaunch", remedy);
    }

  private:
    cudaGraphExec_t executable_ = nullptr;
};

/// Ends a recording; null if it was spoilt.
cudaGraph_t end_recording(cudaError_t& error) {
    cudaGraph_t graph = nullptr;
    error = cudaStreamEndCapture(work_stream(), &graph);
    return graph;
}

}  // namespace

bool any_recorded() { return recorded; }

// Thread-local mode: what other threads do, such as loaders that ask for memory, is none of its business.
std::unique_ptr<Graph> record_graph(const std::function<void()>& work) {
    require(cudaStreamBeginCapture(work_stream(), cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture",
            remedy);
    recorded = true;
    cudaError_t error = cudaSuccess;
    try {
        work();
    } catch (...) {
        if (cudaGraph_t graph = end_recording(error)) cudaGraphDestroy(graph);
        cudaGetLastError();  // what `work` threw says it better
        throw;
    }
    cudaGraph_t graph = end_recording(error);
    require(error, "cudaStreamEndCapture", remedy);
    auto result = std::make_unique<RecordedGraph>(graph);
    cudaGraphDestroy(graph);
    return result;
}

}  // namespace kernels::CIFAR_GPU_NAMESPACE
