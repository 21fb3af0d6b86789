// models/graph.h says what the network computes, holds and keeps: it has to be what the network really does.
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "engine/autograd.h"
#include "engine/error.h"
#include "engine/ops/adaptive_avg_pool.h"
#include "engine/ops/arithmetic.h"
#include "engine/ops/batch_norm.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/flatten.h"
#include "engine/ops/linear.h"
#include "engine/ops/max_pool.h"
#include "engine/ops/relu.h"
#include "engine/random.h"
#include "engine/serialize/layout.h"
#include "engine/storage.h"
#include "models/graph.h"
#include "tests/support/message_of.h"
#include "tests/support/tensors.h"

using engine::Shape;
using engine::Tensor;
using models::AttentionNet;
using models::AttentionNetOptions;
using models::Graph;
using models::GraphNode;
using models::GraphOp;

namespace {

constexpr std::int64_t side = 32;

const std::vector<AttentionNetOptions> networks = {
    {.widths = {8, 5}, .hidden = 7},
    {.widths = {4, 6}, .blocks = {2, 3}, .residual = true, .hidden = 5},
    {.widths = {4, 6}, .blocks = {1, 2}, .residual = true, .stem = 7, .hidden = 5},
    {.widths = {4, 6}, .blocks = {1, 2}, .pool_first = true, .hidden = 5},
    {.widths = {4, 6, 3}, .blocks = {1, 2, 1}, .hidden = 300, .classes = 3, .in_channels = 1},
};

/// Computes a graph node by node, with the engine's plain ops. Values are channel-last.
class Interpreter {
  public:
    Interpreter(const Graph& graph, const AttentionNet& net, const Tensor& images) : graph_(graph) {
        for (const auto& [name, tensor] : net.state_dict()) state_[name] = tensor;
        values_[graph.input] = images;
    }

    Tensor run() {
        for (const GraphNode& node : graph_.nodes) {
            const Tensor result = apply(node);
            for (std::size_t i = 0; i < node.outputs.size(); ++i)
                values_[node.outputs[i]] = node.op == GraphOp::split ? column(result, i) : result;
            const Shape made = engine::channels_first_shape(values_.at(node.outputs.front()).shape());
            CHECK_MESSAGE(Shape(made.begin() + 1, made.end()) == node.shape, node.name);
        }
        return values_.at(graph_.output);
    }

  private:
    Tensor parameter(const GraphNode& node, std::size_t i) const {
        return state_.at(node.parameters.at(i).name);
    }

    static Tensor column(const Tensor& x, std::size_t i) {
        const Tensor out = engine::empty({x.size(0), 1, 1, 1});
        for (std::int64_t n = 0; n < x.size(0); ++n)
            out.data()[n] = x.data()[n * x.size(3) + static_cast<std::int64_t>(i)];
        return out;
    }

    Tensor apply(const GraphNode& node) const {
        const Tensor x = values_.at(node.inputs.front());
        switch (node.op) {
            case GraphOp::global_mean:
                return engine::adaptive_avg_pool(x, 1, 1);
            case GraphOp::flatten:
                return engine::flatten(x);
            case GraphOp::unflatten:
                return x.reshape({x.size(0), 1, 1, x.size(1)});
            case GraphOp::split:
            case GraphOp::dropout:
                return x;
            case GraphOp::linear:
                return engine::linear(x, parameter(node, 0), parameter(node, 1));
            case GraphOp::conv2d:
                return engine::conv2d(x, parameter(node, 0), parameter(node, 1), 1, 1);
            case GraphOp::relu:
                return engine::relu(x);
            case GraphOp::multiply:
                return x * values_.at(node.inputs.at(1));
            case GraphOp::sum: {
                Tensor sum = x;
                for (std::size_t i = 1; i < node.inputs.size(); ++i) sum = sum + values_.at(node.inputs[i]);
                return sum;
            }
            case GraphOp::batch_norm:
                return engine::batch_norm(x, {parameter(node, 2), parameter(node, 3)}, parameter(node, 0),
                                          parameter(node, 1), false, 0.1F, graph_.norm_epsilon);
            case GraphOp::max_pool:
                return engine::max_pool(x, 2, 2);
        }
        return {};
    }

    const Graph& graph_;
    std::map<std::string, Tensor> state_, values_;
};

}  // namespace

TEST_CASE("computed node by node, the graph gives the network's logits") {
    for (const AttentionNetOptions& options : networks) {
        engine::manual_seed(3);
        AttentionNet net(options);
        // Where a channel is turned over, it matters whether a block pools before its batch norm or after.
        for (const auto& [name, parameter] : net.named_parameters())
            if (name.ends_with("norm.weight"))
                for (std::int64_t c = 0; c < parameter.numel(); c += 2) parameter.data()[c] = -0.5F;
        const Tensor images = test::random_tensor({4, side, side, options.in_channels}, 1);
        const engine::NoGradGuard no_grad;
        net(images);  // moves the running statistics
        net.eval();
        const Graph graph = models::graph_of(options, side, side);
        const Tensor actual = Interpreter(graph, net, images).run();
        test::check_close("logits", test::to_vector(actual), test::to_vector(net(images)), {1e-5, 1e-5});
    }
}

TEST_CASE("it holds each tensor of the state once, but for the counters of batch norms") {
    for (const AttentionNetOptions& options : networks) {
        const AttentionNet net(options);
        std::map<std::string, Shape> listed;
        std::int64_t trained = 0;
        for (const GraphNode& node : models::graph_of(options, side, side).nodes)
            for (const models::GraphParameter& parameter : node.parameters) {
                CHECK_MESSAGE(listed.emplace(parameter.name, parameter.shape).second, parameter.name);
                trained += parameter.trained ? parameter.shape.numel() : 0;
            }
        std::map<std::string, Shape> expected;
        for (const auto& [name, tensor] : net.state_dict())
            if (!name.ends_with("num_batches_tracked"))
                expected.emplace(name, engine::channels_first_shape(tensor.shape()));
        CHECK(listed == expected);
        std::int64_t parameters = 0;
        for (const Tensor& parameter : net.parameters()) parameters += parameter.numel();
        CHECK(trained == parameters);
        CHECK(models::graph_of(options, side, side).parameter_count() == parameters);
    }
}

TEST_CASE("the default network: 3,006,786 parameters and the multiplications of its convolutions") {
    const Graph graph = models::graph_of(AttentionNetOptions{}, side, side);
    CHECK(graph.parameter_count() == 3'006'786);
    std::int64_t macs = 256 * 256 + 256 * 10, in = 3, pixels = side * side;
    for (const std::int64_t out : {32, 64, 128, 256, 256}) {
        macs += 3 * in + 3 * 9 * in * out * pixels;
        in = out;
        pixels /= 4;
    }
    CHECK(graph.macs() == macs);
}

TEST_CASE("what a forward pass leaves in memory is what the graph says") {
    constexpr std::int64_t batch = 64;  // so many that what does not grow with the batch counts little
    for (const AttentionNetOptions& options : networks) {
        engine::manual_seed(3);
        AttentionNet net(options);
        engine::release_idle_memory(engine::Device::cpu);
        const std::size_t before = engine::memory_statistics(engine::Device::cpu).in_use;
        const Tensor images = test::random_tensor({batch, side, side, options.in_channels}, 1);
        const Tensor logits = net(images);
        const std::size_t after = engine::memory_statistics(engine::Device::cpu).in_use;
        const auto expected = static_cast<double>(batch * models::graph_of(options, side, side).kept_bytes());
        // Blocks of memory are rounded up, and a small one may serve where a smaller one was asked for.
        CHECK(static_cast<double>(after - before) == doctest::Approx(expected).epsilon(0.02));
    }
}

TEST_CASE("images that would be halved to nothing are refused") {
    const auto refusal = [](std::int64_t height) {
        return test::message_of<engine::UsageError>([&] {
            models::graph_of({.widths = {2, 2, 2}}, height, 32);
        });
    };
    CHECK(refusal(8) == "nothing thrown");
    CHECK(test::holds(refusal(7), "7x32", "block 2"));
}
