#include "bench/device/network.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>

#include "bench/support/arrays.h"
#include "engine/nn/cross_entropy_loss.h"
#include "engine/optim/adam.h"
#include "engine/precision.h"
#include "engine/random.h"
#include "engine/train_step.h"
#include "kernels/common/memory.h"

namespace bench {
namespace {

using engine::Tensor;
using kernels::Device;

constexpr int warm_up = 3;
constexpr std::uint64_t seed = 1;

/// The cache's content is replaced by zeros of no use to anybody. No observer is told of it.
class Flush {
  public:
    explicit Flush(const DeviceOptions& options)
        : device_(options.device),
          bytes_(options.flushed_bytes),
          memory_(kernels::allocate(device_, options.flushed_bytes)) {}
    ~Flush() { kernels::release(device_, memory_); }
    Flush(const Flush&) = delete;
    Flush& operator=(const Flush&) = delete;

    void operator()() const { kernels::runtime(device_).fill_zero(memory_, bytes_); }

  private:
    Device device_;
    std::size_t bytes_;
    void* memory_;
};

/// Keeps what it is told, and flushes the cache for the next kernel.
class Recorder final : public kernels::KernelObserver {
  public:
    explicit Recorder(const DeviceOptions& options) : flush_(options) { flush_(); }

    void on_kernel(const kernels::KernelCall& call) override {
        if (counting) {
            kernels::Work work = call.work;
            if (work.shape.empty()) work.shape = std::to_string(std::llround(work.bytes)) + " bytes";
            const auto [place, is_new] =
                places_.try_emplace(std::string(work.kernel) + " " + work.shape, timings.size());
            if (is_new) timings.push_back({work, {}});
            timings[place->second].seconds.push_back(
                std::chrono::duration<double>(call.end - call.begin).count());
        }
        flush_();
    }

    bool counting = false;
    std::vector<Timing> timings;

  private:
    Flush flush_;
    std::map<std::string, std::size_t> places_;
};

/// While one lives, this thread's kernels are observed.
class Observation {
  public:
    explicit Observation(kernels::KernelObserver& observer) { kernels::kernel_observer = &observer; }
    ~Observation() { kernels::kernel_observer = nullptr; }
    Observation(const Observation&) = delete;
    Observation& operator=(const Observation&) = delete;
};

/// No branch is switched off: random biases may do that to all of them, and then a step has next to nothing
/// to compute.
std::unique_ptr<models::AttentionNet> network_on(Device device, const DeviceOptions& options) {
    engine::manual_seed(seed);
    auto model = std::make_unique<models::AttentionNet>(options.network);
    for (const auto& [name, parameter] : model->named_parameters())
        if (name.ends_with("attention.bias")) parameter.copy_(engine::full(parameter.shape(), 2));
    model->to(device);
    model->train();
    return model;
}

/// The loss, then the gradients of all parameters, in double.
std::vector<Array<double>> gradients_on(Device device, const DeviceOptions& options, std::int64_t images) {
    const auto model = network_on(device, options);
    const engine::Batch batch = random_batch(options, images);
    const Tensor loss =
        engine::nn::CrossEntropyLoss()(model->forward(batch.inputs.to(device)), batch.labels.to(device));
    loss.backward();
    std::vector<Array<double>> results = {{loss.item()}};
    for (const auto& [name, parameter] : model->named_parameters()) {
        const Tensor gradient = parameter.grad().to(Device::cpu);
        results.emplace_back(gradient.values().begin(), gradient.values().end());
    }
    return results;
}

double norm_of(const Array<double>& values) {
    return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0));
}

/// Of the norm of an array, or of a tenth of that of all gradients, if it is smaller: what almost cancels out
/// is mostly rounding. A slip would be off by about 1. But where two values of a window, or a value and the 0
/// of a relu, are nearly equal, rounding decides where a gradient goes, all of it.
double tolerance_of(kernels::Precision precision) {
    switch (precision) {
        case kernels::Precision::fp32:
            return 0.01;
        case kernels::Precision::tf32:
            return 0.1;
        case kernels::Precision::bf16:
            break;
    }
    return 0.5;
}

[[noreturn]] void refuse(const std::string& what, double difference, double allowed) {
    throw std::runtime_error(what + " differs from the CPU's by " + std::to_string(difference) +
                             " of its norm, where " + std::to_string(allowed) +
                             " is allowed, in a training step, find the kernel with `./cifar_engine test "
                             "--device cuda`");
}

}  // namespace

double Timing::median() const {
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    const std::size_t half = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

engine::Batch random_batch(const DeviceOptions& options, std::int64_t images) {
    constexpr std::int64_t side = 32;
    const auto pixels = random_array<float>(images * side * side * options.network.in_channels, 1, -2, 2);
    const Tensor labels = engine::empty({images}, engine::DType::int64);
    for (std::int64_t i = 0; i < images; ++i)
        labels.data<std::int64_t>()[i] = i * 7 % options.network.classes;
    return {engine::tensor(std::vector<float>(pixels.begin(), pixels.end()),
                           {images, side, side, options.network.in_channels}),
            labels};
}

void check_against_cpu(const DeviceOptions& options) {
    const std::int64_t images = std::min<std::int64_t>(options.batch_size, 16);
    const double allowed = tolerance_of(options.precision);
    const auto expected = gradients_on(Device::cpu, options, images);
    const auto actual = gradients_on(options.device, options, images);
    if (norm_of(expected[1]) == 0)  // of the first parameter, to which all others pass theirs on
        throw std::runtime_error(
            "the network has no gradients, in a training step, choose larger --widths or --batch-size");
    double all = 0;  // the squared norm of all gradients, as one vector
    for (std::size_t k = 1; k < expected.size(); ++k) all += norm_of(expected[k]) * norm_of(expected[k]);
    for (std::size_t k = 0; k < expected.size(); ++k) {
        Array<double> difference = actual[k];
        for (std::size_t i = 0; i < difference.size(); ++i) difference[i] -= expected[k][i];
        const double relative = norm_of(difference) / std::max(norm_of(expected[k]), std::sqrt(all) / 10);
        if (!(relative <= allowed))
            refuse(k == 0 ? "the loss" : "the gradient of parameter number " + std::to_string(k), relative,
                   allowed);
    }
}

std::vector<double> time_on_device(const DeviceOptions& options, const std::function<void()>& run) {
    const Flush flush(options);
    std::vector<double> seconds;
    for (int i = 0; i < warm_up + options.repetitions; ++i) {
        flush();
        const double now = kernels::runtime(options.device).seconds_of(run);
        if (i >= warm_up) seconds.push_back(now);
    }
    return seconds;
}

std::vector<Timing> time_step(const DeviceOptions& options) {
    const auto model = network_on(options.device, options);
    engine::optim::Adam optimizer(model->named_parameters(), {.lr = 1e-3, .weight_decay = 1e-4});
    engine::TrainStep step(*model, optimizer, engine::nn::CrossEntropyLoss());
    engine::Batch batch = random_batch(options, options.batch_size);
    batch = {batch.inputs.to(options.device), batch.labels.to(options.device)};
    Recorder recorder(options);
    const Observation observation(recorder);
    for (int i = 0; i < warm_up + options.repetitions; ++i) {
        recorder.counting = i >= warm_up;
        step.start(batch);
        step.finish();
    }
    return std::move(recorder.timings);
}

}  // namespace bench
