#include "engine/train_step.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/metrics.h"
#include "engine/ops/cross_entropy.h"
#include "engine/profile.h"
#include "engine/random.h"
#include "kernels/common/observe.h"
#include "kernels/increment/increment.h"

namespace engine {
namespace {

void require_finite(double loss) {
    if (!std::isfinite(loss))
        throw DivergedError("the loss became " + std::to_string(loss), "in Trainer::train_step",
                            "lower the learning rate");
}

/// How the results of a step come back from a GPU, in pinned memory: this, then the logits.
struct RawOutcome {
    float loss;
    std::int64_t correct;
};

}  // namespace

TrainStep::TrainStep(nn::Layer& model, optim::Optimizer& optimizer, nn::CrossEntropyLoss loss)
    : model_(model), optimizer_(optimizer), loss_(loss) {}

void TrainStep::start(const Batch& batch) {
    const Device device = model_.device();
    batch_ = {batch.inputs.to(device), batch.labels.to(device)};
    if (device == Device::cpu) return run(batch_);
    if (!stream_origin_.defined()) stream_origin_ = zeros({}, DType::int64, device);
    if (kernels::kernel_observer != nullptr) return run(batch_);

    const Circumstances now{batch.inputs.shape(), model_.is_training(), product_precision(),
                            default_generator().seed()};
    auto known = std::find_if(recorded_.begin(), recorded_.end(),
                              [&](const Recorded& step) { return step.circumstances == now; });
    if (known == recorded_.end()) known = recorded_.insert(known, Recorded{now, {}, nullptr});
    if (!known->settled) return run_unrecorded(*known);
    if (!known->graph) record(*known);
    launch(*known, batch_);
}

// From the memory that record() will ask for the same again.
void TrainStep::run_unrecorded(Recorded& step) {
    const Device device = model_.device();
    const RecordedMemory memory;
    const std::size_t before = memory_statistics(device).in_use;
    run(batch_);
    step.settled = memory_statistics(device).in_use == before;
}

void TrainStep::run(const Batch& batch) {
    const Device device = batch.inputs.device();
    PhaseScope phase(Phase::update);
    optimizer_.zero_grad();
    phase.change_to(Phase::forward);
    const Tensor logits = model_(batch.inputs);
    const Tensor loss = loss_(logits, batch.labels);
    const Tensor correct = count_correct_predictions(logits, batch.labels);
    classes_ = logits.size(1);
    if (device == Device::cpu) {
        outcome_ = {loss.item(), static_cast<std::int64_t>(correct.item()), logits.detach()};
        require_finite(outcome_.loss);
    } else {
        bring_back(loss, correct, logits);
    }
    phase.change_to(Phase::backward);
    loss.backward();
    phase.change_to(Phase::update);
    optimizer_.step();
}

void TrainStep::bring_back(const Tensor& loss, const Tensor& correct, const Tensor& logits) {
    const std::size_t bytes = sizeof(RawOutcome) + logits.nbytes();
    if (outcome_bytes_ < bytes) {
        // Graphs bring theirs to where they were recorded: those that were are recorded anew.
        for (Recorded& step : recorded_) step.graph.reset();
        outcome_memory_.emplace(loss.device(), bytes);
        outcome_bytes_ = bytes;
    }
    kernels::Runtime& runtime = kernels::runtime(loss.device());
    std::byte* memory = outcome_memory_->data();
    runtime.copy_to_pinned(memory + offsetof(RawOutcome, loss), loss.data(), sizeof(float));
    runtime.copy_to_pinned(memory + offsetof(RawOutcome, correct), correct.data<std::int64_t>(),
                           sizeof(std::int64_t));
    runtime.copy_to_pinned(memory + sizeof(RawOutcome), logits.data(), logits.nbytes());
}

void TrainStep::record(Recorded& step) {
    const Device device = model_.device();
    step.batch.inputs = empty(batch_.inputs.shape(), DType::float32, device);
    step.batch.labels = empty(batch_.labels.shape(), DType::int64, device);
    const auto* origin = stream_origin_.data<std::int64_t>();
    step.graph = kernels::runtime(device).record([&] {
        const RecordedMemory memory;
        const RelativeStreams streams(default_generator(), origin);
        run(step.batch);
        step.streams = streams.count();
        kernels::increment(device,
                           {stream_origin_.data<std::int64_t>(), static_cast<std::int64_t>(step.streams)});
    });
}

void TrainStep::launch(const Recorded& step, const Batch& batch) {
    const PhaseScope phase(Phase::step);
    Generator& generator = default_generator();
    step.batch.inputs.copy_(batch.inputs);
    step.batch.labels.copy_(batch.labels);
    optimizer_.refresh();
    if (origin_there_ != generator.next_stream()) {
        origin_there_ = generator.next_stream();
        kernels::copy_from_host(batch.inputs.device(), stream_origin_.data<std::int64_t>(), &origin_there_,
                                sizeof origin_there_);
    }
    step.graph->launch();
    generator.skip(step.streams);
    origin_there_ += step.streams;
}

StepOutcome TrainStep::finish() {
    const Batch batch = std::exchange(batch_, {});
    const Device device = model_.device();
    optimizer_.after_step();
    if (device == Device::cpu) return std::exchange(outcome_, {});
    const PhaseScope phase(Phase::step);
    kernels::runtime(device).synchronize();
    RawOutcome raw{};
    std::memcpy(&raw, outcome_memory_->data(), sizeof raw);
    if (!std::isfinite(raw.loss)) check_labels(batch.labels.to(Device::cpu), batch.size(), classes_);
    require_finite(raw.loss);
    const Tensor logits = empty({batch.size(), classes_});
    std::memcpy(logits.data(), outcome_memory_->data() + sizeof raw, logits.nbytes());
    return {raw.loss, raw.correct, logits};
}

}  // namespace engine
