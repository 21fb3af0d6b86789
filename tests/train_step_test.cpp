#include "engine/train_step.h"

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "engine/error.h"
#include "engine/nn/batch_norm2d.h"
#include "engine/nn/dropout.h"
#include "engine/ops/adaptive_avg_pool.h"
#include "engine/ops/flatten.h"
#include "engine/ops/mul.h"
#include "engine/ops/relu.h"
#include "engine/optim/adam.h"
#include "engine/profile.h"
#include "engine/random.h"
#include "tests/support/devices.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::Batch;
using engine::Device;
using engine::DivergedError;
using engine::StepOutcome;
using engine::Tensor;
using engine::TrainStep;
using engine::UsageError;
namespace nn = engine::nn;

namespace {

constexpr std::int64_t classes = 3;

/// Normalises, pools, scales and drops: all of its logits are means over one channel.
class Net : public nn::Layer {
  public:
    Net() : scale(register_parameter("scale", engine::tensor(test::Floats{0.5F, 2, 1}, {classes}))) {
        norm = register_module("norm", std::make_shared<nn::BatchNorm2d>(classes));
        dropout = register_module("dropout", std::make_shared<nn::Dropout>(0.4));
    }
    Tensor forward(const Tensor& x) override {
        const Tensor pooled = relu(mul(norm->forward_max_pool(x), scale));
        return (*dropout)(flatten(adaptive_avg_pool(pooled, 1, 1)));
    }

    Tensor scale;
    std::shared_ptr<nn::BatchNorm2d> norm;
    std::shared_ptr<nn::Dropout> dropout;
};

/// On the CPU.
Batch batch_of(std::int64_t images, std::uint64_t stream) {
    const Tensor labels = engine::empty({images}, engine::DType::int64);
    for (std::int64_t i = 0; i < images; ++i)
        labels.data<std::int64_t>()[i] = (i + static_cast<std::int64_t>(stream)) % classes;
    return {test::random_tensor({images, 6, 5, classes}, stream), labels};
}

struct Training {
    explicit Training(Device device) {
        engine::manual_seed(3);
        net.to(device);
        adam = std::make_unique<engine::optim::Adam>(net.named_parameters(),
                                                     engine::optim::AdamOptions{.lr = 0.05});
        step = std::make_unique<TrainStep>(net, *adam, nn::CrossEntropyLoss(0.1F));
    }

    StepOutcome take(const Batch& batch) const {
        step->start(batch);
        return step->finish();
    }
    /// All that a training leaves behind, on the CPU.
    std::vector<test::Floats> state() const {
        std::vector<test::Floats> result;
        for (const nn::NamedTensors& state : {net.state_dict(), adam->state()})
            for (const auto& [name, tensor] : state) {
                const Tensor here = tensor.to(Device::cpu);
                if (here.dtype() == engine::DType::float32)
                    result.push_back(test::to_vector(here));
                else
                    result.push_back({static_cast<float>(here.item())});
            }
        result.push_back({static_cast<float>(engine::default_generator().next_stream())});
        return result;
    }

    Net net;
    std::unique_ptr<engine::optim::Adam> adam;
    std::unique_ptr<TrainStep> step;
};

struct Result {
    std::vector<StepOutcome> outcomes;
    std::vector<test::Floats> state;
};

/// One step for each batch size; before step i, change(training, i).
Result train(Device device, const std::vector<std::int64_t>& sizes,
             const std::function<void(Training&, std::size_t)>& change = nullptr) {
    Training training(device);
    Result result;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (change) change(training, i);
        result.outcomes.push_back(training.take(batch_of(sizes[i], i + 1)));
    }
    result.state = training.state();
    return result;
}

void check_same(const Result& actual, const Result& expected) {
    REQUIRE(actual.outcomes.size() == expected.outcomes.size());
    for (std::size_t i = 0; i < expected.outcomes.size(); ++i) {
        CAPTURE(i);
        CHECK(std::abs(actual.outcomes[i].loss - expected.outcomes[i].loss) < 1e-5);
        CHECK(actual.outcomes[i].correct == expected.outcomes[i].correct);
        CHECK(actual.outcomes[i].logits.shape() == expected.outcomes[i].logits.shape());
        test::check_close("logits", test::to_vector(actual.outcomes[i].logits),
                          test::to_vector(expected.outcomes[i].logits), {1e-5, 1e-5});
    }
    REQUIRE(actual.state.size() == expected.state.size());
    for (std::size_t k = 0; k < expected.state.size(); ++k)
        test::check_close("state " + std::to_string(k), actual.state[k], expected.state[k], {1e-5, 1e-5});
}

// Of each size the first step runs kernel by kernel, the second is recorded, the third is launched again.
const std::vector<std::int64_t> sizes = {4, 4, 3, 4, 4, 3, 4, 3, 2};

}  // namespace

TEST_CASE("steps on every device are those of the CPU, recorded or not") {
    const Result expected = train(Device::cpu, sizes);
    for (const Device device : test::other_devices()) check_same(train(device, sizes), expected);
}

TEST_CASE("a larger batch than before does not write where a recorded step brought its logits") {
    const std::vector<std::int64_t> growing = {2, 2, 2, 5, 2, 5, 5, 2, 2};
    const Result expected = train(Device::cpu, growing);
    for (const Device device : test::other_devices()) check_same(train(device, growing), expected);
}

TEST_CASE("what changes on the host between recorded steps counts") {
    const auto change = [](Training& training, std::size_t i) {
        if (i == 4) training.adam->options.lr = 0.5;
        if (i == 5) engine::default_generator().next();
        if (i == 6) engine::manual_seed(4);
        if (i == 7) training.net.train(false);
    };
    const std::vector<std::int64_t> equal(9, 4);
    const Result expected = train(Device::cpu, equal, change);
    for (const Device device : test::other_devices()) check_same(train(device, equal, change), expected);
}

TEST_CASE("under a profiler all steps run kernel by kernel, with the same results") {
    const Result expected = train(Device::cpu, sizes);
    for (const Device device : test::other_devices()) {
        engine::Profiler profiler;
        check_same(train(device, sizes), expected);
        profiler.stop();
        std::int64_t updates = 0;
        for (const auto& [key, total] : profiler.totals())
            if (key.kernel == "adam") updates += total.calls;
        CHECK(updates == static_cast<std::int64_t>(sizes.size()));
    }
}

TEST_CASE("a recorded step asks the system for no memory and leaves that of others alone") {
    for (const Device device : test::other_devices()) {
        Training training(device);
        const Batch here = batch_of(4, 1), batch{here.inputs.to(device), here.labels.to(device)};
        training.take(batch);
        training.take(batch);  // takes memory for the graph's batch
        std::vector<Tensor> others;
        for (int i = 0; i < 40; ++i)
            for (const std::int64_t size : {1, 3, 12, 36, 180, 360})
                others.push_back(engine::full({size}, 7, device));
        const auto before = engine::memory_statistics(device).system_allocations;
        training.take(batch);
        CHECK(engine::memory_statistics(device).system_allocations == before);
        for (const Tensor& other : others)
            CHECK(test::to_vector(other.to(Device::cpu)) ==
                  test::Floats(static_cast<std::size_t>(other.numel()), 7));
    }
}

TEST_CASE("a loss that is no number is an error, and so is a label that is no class") {
    std::vector<Device> devices = test::other_devices();
    devices.push_back(Device::cpu);
    for (const Device device : devices) {
        for (int steps_before = 0; steps_before < 3; ++steps_before) {
            Batch batch = batch_of(4, 1);
            Training diverged(device), mislabelled(device);
            for (int i = 0; i < steps_before; ++i) {
                diverged.take(batch);
                mislabelled.take(batch);
            }
            batch.inputs.data()[5] = std::numeric_limits<float>::quiet_NaN();
            CHECK_THROWS_AS(diverged.take(batch), DivergedError);
            batch = batch_of(4, 1);
            batch.labels.data<std::int64_t>()[2] = classes;
            CHECK(test::holds(test::message_of<UsageError>([&] { mislabelled.take(batch); }), "label 3"));
        }
    }
}
