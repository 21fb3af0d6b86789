#include "bench/device/network.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>

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

/// The cache's content is replaced by zeros of no use to anybody.
class Flush {
  public:
    explicit Flush(const DeviceOptions& options)
        : device_(options.device),
          bytes_(options.flushed_bytes),
          memory_(kernels::allocate(device_, options.flushed_bytes)) {}
    ~Flush() { kernels::release(device_, memory_); }
    Flush(const Flush&) = delete;
    Flush& operator=(const Flush&) = delete;

    void operator()() const { kernels::fill_zero(device_, memory_, bytes_); }

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
            const std::string key = std::string(call.work.kernel) + " " + call.work.shape;
            const auto [place, is_new] = places_.try_emplace(key, timings.size());
            if (is_new) timings.push_back({call.work, {}});
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

std::unique_ptr<models::AttentionNet> network_on(Device device, const DeviceOptions& options) {
    engine::manual_seed(seed);
    auto model = std::make_unique<models::AttentionNet>(options.network);
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

/// Of the largest value of an array. A slip would be off by about 1.
double tolerance_of(kernels::Precision precision) {
    return precision == kernels::Precision::fp32 ? 1e-3 : 1e-1;
}

[[noreturn]] void refuse(const std::string& what, double difference, double allowed) {
    std::fprintf(
        stderr,
        "error: %s differs from the CPU's by %g of its largest value, which may be %g, find the kernel with "
        "`cifar_engine test --device cuda`\n",
        what.c_str(), difference, allowed);
    std::exit(1);
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
    for (std::size_t k = 0; k < expected.size(); ++k) {
        double largest = 0;
        for (const double value : expected[k]) largest = std::max(largest, std::abs(value));
        for (std::size_t i = 0; i < expected[k].size(); ++i) {
            const double difference = std::abs(actual[k][i] - expected[k][i]);
            if (!(difference <= allowed * largest))
                refuse(k == 0 ? "the loss" : "the gradient of parameter number " + std::to_string(k),
                       difference / largest, allowed);
        }
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
