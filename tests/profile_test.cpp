#include "engine/profile.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/nn/conv2d.h"
#include "engine/nn/cross_entropy_loss.h"
#include "engine/nn/linear.h"
#include "engine/nn/relu.h"
#include "engine/nn/sequential.h"
#include "engine/ops/flatten.h"
#include "engine/optim/adam.h"
#include "engine/trainer.h"
#include "kernels/attention_conv/algorithms.h"
#include "kernels/common/peak.h"
#include "kernels/common/work.h"

using namespace engine;
using Kind = ProfileEvent::Kind;

namespace {

/// A network with a network in it: body.0 a convolution, body.1 relu, head.
class Net : public nn::Layer {
  public:
    Tensor forward(const Tensor& x) override { return (*head)(flatten((*body)(x))); }

    std::shared_ptr<nn::Sequential> body =
        register_module("body", nn::sequential(std::make_shared<nn::Conv2d>(nn::Conv2dOptions{1, 2, 3}),
                                               std::make_shared<nn::ReLU>()));
    std::shared_ptr<nn::Linear> head = register_module("head", std::make_shared<nn::Linear>(8, 3));
};

/// Two images of 4x4 pixels, in batches of one.
class Source : public BatchSource {
  public:
    std::int64_t batches() const override { return 2; }
    std::int64_t examples() const override { return batches(); }
    void start_epoch(std::int64_t, std::int64_t first_batch) override { next_ = first_batch; }
    bool next(Batch& batch) override {
        if (next_ == batches()) return false;
        batch = {full({1, 4, 4, 1}, static_cast<float>(++next_)), zeros({1}, DType::int64)};
        return true;
    }

  private:
    std::int64_t next_ = 0;
};

std::int64_t calls(const Profiler& profiler, const char* kernel, Phase phase, const char* layer) {
    const auto found = profiler.totals().find({kernel, phase, layer});
    return found == profiler.totals().end() ? 0 : found->second.calls;
}

std::size_t count(const Profiler& profiler, Kind kind) {
    return static_cast<std::size_t>(
        std::count_if(profiler.events().begin(), profiler.events().end(),
                      [&](const ProfileEvent& event) { return event.kind == kind; }));
}

struct Training {
    void run() {
        Source train, test;
        TrainObserver observer;
        Trainer(net, optimizer).fit(train, test, {1, 0}, {}, observer);
    }

    Net net;
    optim::Adam optimizer{net.named_parameters(), {}};
};

}  // namespace

TEST_CASE("kernels are counted for the layer and the phase they belong to, also on the way back") {
    Training training;
    Profiler profiler;
    training.run();
    profiler.stop();
    CHECK(calls(profiler, "conv2d_forward", Phase::forward, "body.0") == 2);
    CHECK(calls(profiler, "conv2d_backward", Phase::backward, "body.0") == 2);
    CHECK(calls(profiler, "conv2d_forward", Phase::evaluation, "body.0") == 2);
    CHECK(calls(profiler, "relu_backward", Phase::backward, "body.1") == 2);
    CHECK(calls(profiler, "flatten_forward", Phase::forward, "") == 2);
    CHECK(calls(profiler, "flatten_backward", Phase::backward, "") == 2);
    CHECK(calls(profiler, "linear_forward", Phase::forward, "head") == 2);
    CHECK(calls(profiler, "linear_backward", Phase::backward, "head") == 2);
    CHECK(calls(profiler, "cross_entropy_forward", Phase::forward, "loss") == 2);
    CHECK(calls(profiler, "cross_entropy_backward", Phase::backward, "loss") == 2);
    CHECK(calls(profiler, "adam", Phase::update, "optimizer") == 2);  // of all four parameters at once

    for (const auto& [key, total] : profiler.totals()) {
        CAPTURE(key.kernel);
        const bool is_backward = key.kernel.ends_with("_backward");
        CHECK(is_backward <= (key.phase == Phase::backward));
    }
}

TEST_CASE("phases add up to the time watched, and kernels to no more than their phase") {
    Training training;
    Profiler profiler;
    training.run();
    profiler.stop();
    double phases = 0;
    for (const Phase phase : all_phases) {
        CAPTURE(name(phase));
        CHECK((profiler.seconds(phase) > 0) == (phase != Phase::step));  // there is no step of a GPU
        phases += profiler.seconds(phase);
        double in_kernels = 0;
        for (const auto& [key, total] : profiler.totals())
            if (key.phase == phase) in_kernels += total.seconds;
        CHECK(in_kernels <= profiler.seconds(phase));
    }
    CHECK(std::abs(phases - profiler.seconds()) < 1e-9);
}

TEST_CASE("a second phase timer takes over until it goes") {
    const auto wait = [](Phase phase) {
        const PhaseScope scope(phase);
        const auto end = kernels::Clock::now() + std::chrono::milliseconds(2);
        while (kernels::Clock::now() < end) {
        }
    };
    PhaseTimer outer;
    wait(Phase::data);
    {
        PhaseTimer inner;
        wait(Phase::update);
        CHECK(inner.seconds(Phase::update) >= 0.002);
        CHECK(inner.seconds(Phase::data) == 0);
    }
    wait(Phase::forward);
    CHECK(outer.seconds(Phase::data) >= 0.002);
    CHECK(outer.seconds(Phase::forward) >= 0.002);
    CHECK(outer.seconds(Phase::update) == 0);
}

TEST_CASE("events are nested: kernels in layers in phases") {
    Training training;
    Profiler profiler;
    training.run();
    profiler.stop();
    CHECK(count(profiler, Kind::phase) > 0);
    CHECK(count(profiler, Kind::layer) > 0);
    CHECK(profiler.events_left_out() == 0);
    const auto contains = [](const ProfileEvent& outer, const ProfileEvent& inner) {
        return outer.begin <= inner.begin && inner.end <= outer.end;
    };
    const auto& events = profiler.events();
    for (const ProfileEvent& kernel : events) {
        if (kernel.kind != Kind::kernel) continue;
        CAPTURE(kernel.name);
        CHECK(profiler.begin() <= kernel.begin);
        CHECK(std::count_if(events.begin(), events.end(), [&](const ProfileEvent& event) {
                  return event.kind == Kind::phase && contains(event, kernel);
              }) == 1);
        CHECK((kernel.layer.empty() ||
               std::any_of(events.begin(), events.end(), [&](const ProfileEvent& event) {
                   return event.kind == Kind::layer && event.name == kernel.layer && contains(event, kernel);
               })));
    }
}

TEST_CASE("of more events than are kept the totals still tell") {
    Training training;
    training.run();  // from now on every gradient has its memory
    Profiler all;
    training.run();
    all.stop();
    Profiler few(10);
    training.run();
    few.stop();
    CHECK(few.events().size() == 10);
    CHECK(few.events_left_out() == static_cast<std::int64_t>(all.events().size()) - 10);
    CHECK(few.totals().size() == all.totals().size());
    for (const auto& [key, total] : all.totals()) CHECK(few.totals().at(key).calls == total.calls);
}

TEST_CASE("nothing is recorded before, after, or without a profiler") {
    Net net;
    const Tensor x = ones({1, 4, 4, 1});
    const Tensor before = net(x);
    CHECK(current_layer().text.empty());
    Profiler profiler;
    const Tensor outside = before.detach();
    profiler.stop();
    net(x);
    CHECK(kernels::kernel_observer == nullptr);
    CHECK(profiler.totals().empty());
    CHECK(profiler.events().empty());
}

TEST_CASE("a graph and its scopes may outlive the profiler that saw them") {
    Net net;
    const Tensor x = ones({1, 4, 4, 1});
    Tensor loss;
    {
        auto first = std::make_unique<Profiler>();
        const LayerScope scope("scope");
        const PhaseScope phase(Phase::forward);
        loss = nn::CrossEntropyLoss()(net(x), zeros({1}, DType::int64));
        first.reset();
    }
    Profiler second;
    loss.backward();
    second.stop();
    CHECK(calls(second, "linear_backward", Phase::other, "scope.head") == 1);
}

TEST_CASE("two profilers on one thread are refused") {
    const Profiler profiler;
    CHECK_THROWS_AS(Profiler(), UsageError);
}

TEST_CASE("algorithms are told") {
    Profiler profiler;
    const kernels::Conv2dShape shape{1, 4, 4, 2, 2};
    std::vector<float> out(32), x(32), a(3), weight(36), bias(2);
    std::vector<std::uint8_t> active(32);
    kernels::attention_conv_forward(Device::cpu, {out.data(),
                                                  active.data(),
                                                  x.data(),
                                                  a.data(),
                                                  {weight.data(), weight.data(), weight.data()},
                                                  {bias.data(), bias.data(), bias.data()},
                                                  shape});
    profiler.stop();
    REQUIRE(profiler.totals().size() == 1);
    CHECK(profiler.totals().begin()->second.algorithms ==
          std::set<std::string_view>{kernels::cpu::name(kernels::cpu::attention_conv_algorithm(shape))});
}

TEST_CASE("work of a convolution, counted by hand") {
    // One image of 4x5 pixels, 3 channels; 2 filters of 3x3, padded: 20 outputs of 2 channels, 27 taps each.
    const kernels::Conv2dShape shape{1, 4, 5, 3, 2};
    float some = 0;
    const kernels::Work forward = work(kernels::Conv2dForward<float>{&some, &some, &some, &some, shape});
    CHECK(std::string(forward.kernel) == "conv2d_forward");
    CHECK(forward.shape == "1x4x5x3 to 2 channels, 3x3 filters");
    CHECK(forward.flops == 20 * 2 * (2 * 27 + 1));
    CHECK(forward.bytes == 4 * (60 + 40 + 54 + 2));

    kernels::Conv2dBackward<float> args{&some, &some, &some, &some, &some, &some, shape};
    CHECK(work(args).flops == 20 * 2 * (2 * 2 * 27 + 1));
    CHECK(work(args).bytes == 4 * (40 + 2 * 60 + 54 + 2 * 54 + 60 + 2 * 2));
    args.d_x = nullptr;
    CHECK(work(args).flops == 20 * 2 * (2 * 27 + 1));
    CHECK(work(args).bytes == 4 * (40 + 2 * 54 + 60 + 2 * 2));
}

TEST_CASE("work of an attention_conv is that of three convolutions, and a little") {
    const kernels::Conv2dShape shape{2, 4, 5, 3, 2};
    kernels::AttentionConvForward<float> forward{};
    forward.shape = shape;
    CHECK(work(forward).flops == 3 * (80 * 2 * 27 + 80 * 4));
    CHECK(work(forward).bytes == 4 * (120 + 80 + 3 * (54 + 2) + 6) + 80);
    kernels::AttentionConvBackward<float> backward{};
    backward.shape = shape;
    CHECK(work(backward).flops == 3 * (80 * 2 * 27 + 80 * 4));
    float some = 0;
    backward.d_x = &some;
    CHECK(work(backward).flops == 3 * (80 * 2 * 2 * 27 + 80 * 4));
    CHECK(work(backward).bytes == 4 * (3 * 120 + 80 + 3 * 3 * (54 + 2) + 3 * 6) + 80);
}

TEST_CASE("work of a linear layer, counted by hand") {
    float some = 0;
    const kernels::Work forward = work(kernels::LinearForward<float>{&some, &some, &some, nullptr, 5, 7, 3});
    CHECK(forward.flops == 2 * 5 * 7 * 3);
    CHECK(forward.bytes == 4 * (5 * 7 + 7 * 3 + 5 * 3));
    const kernels::Work backward =
        work(kernels::LinearBackward<float>{&some, &some, &some, &some, &some, &some, 5, 7, 3});
    CHECK(backward.flops == 2 * (2 * 5 * 7 * 3) + 15);
    CHECK(backward.bytes == 4 * (15 + 2 * 35 + 21 + 2 * 21 + 35 + 2 * 3));
}

TEST_CASE("work of broadcast and pooling kernels") {
    float some = 0;
    // (2, 3, 4) times (3, 1)
    const kernels::Broadcast broadcast{{1, 2, 3, 4}, {0, 12, 4, 1}, {0, 0, 1, 0}};
    CHECK(work(kernels::MulForward<float>{&some, &some, &some, broadcast}).bytes == 4 * (24 + 24 + 3));
    CHECK(work(kernels::AddBackward<float>{nullptr, &some, &some, 1, broadcast}).bytes == 4 * (24 + 2 * 3));
    // 5 rows in 2 bins that share the middle one, 4 columns in 2 bins that share none.
    const kernels::AdaptiveAvgPoolShape bins{1, 5, 4, 2, 2, 2};
    CHECK(work(kernels::AdaptiveAvgPoolForward<float>{&some, &some, bins}).flops == 6 * 4 * 2);
    const kernels::MaxPoolShape windows{1, 5, 4, 2, 2, 2};
    CHECK(work(kernels::MaxPoolForward<float>{&some, nullptr, &some, windows}).flops == 4 * 2 * 3);
    CHECK(work(kernels::MaxPoolForward<float>{&some, nullptr, &some, windows}).bytes == 4 * (40 + 8) + 8);
}

TEST_CASE("peaks are those of a processor of this century") {
    const kernels::Peaks peaks = kernels::measure_peaks();
    CHECK(peaks.flops_per_second > 1e8);
    CHECK(peaks.bytes_per_second > 1e8);
    CHECK(peaks.flops_per_second < 1e15);
    CHECK(peaks.bytes_per_second < 1e14);
}
