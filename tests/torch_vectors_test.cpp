// Compares layers, losses, optimiser and network with what PyTorch computed; see tests/vectors/README.md.

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "engine/nn/attention_conv.h"
#include "engine/nn/batch_norm2d.h"
#include "engine/ops/adaptive_avg_pool.h"
#include "engine/ops/conv2d.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/flatten.h"
#include "engine/ops/linear.h"
#include "engine/ops/max_pool.h"
#include "engine/ops/mul.h"
#include "engine/ops/relu.h"
#include "engine/ops/sum.h"
#include "engine/optim/adam.h"
#include "engine/optim/clipped.h"
#include "engine/optim/muon.h"
#include "engine/optim/sgd.h"
#include "engine/serialize/layout.h"
#include "engine/serialize/safetensors.h"
#include "models/attention_net.h"
#include "tests/support/compare.h"

using engine::Tensor;
using engine::nn::NamedTensors;

namespace {

constexpr test::Tolerance layer_tolerance{1e-5, 1e-4};
constexpr test::Tolerance training_tolerance{1e-4, 1e-4};

std::vector<float> to_vector(const Tensor& x) { return {x.values().begin(), x.values().end()}; }

/// One file of vectors.
class Vectors {
  public:
    explicit Vectors(const std::string& name) {
        const std::string path = CIFAR_ENGINE_SOURCE_DIR "/tests/vectors/" + name + ".safetensors";
        for (const auto& [key, tensor] : engine::load_safetensors(path).tensors) tensors_[key] = tensor;
    }

    /// In the engine's layout, whatever its rank.
    Tensor operator[](const std::string& key) const {
        REQUIRE_MESSAGE(tensors_.contains(key), "no vector '" << key << "'");
        return engine::to_channels_last(tensors_.at(key));
    }

    /// All tensors whose names start with the prefix, under the rest of their names.
    NamedTensors under(const std::string& prefix) const {
        NamedTensors found;
        for (const auto& [key, tensor] : tensors_)
            if (key.starts_with(prefix)) found.emplace_back(key.substr(prefix.size()), (*this)[key]);
        return found;
    }

    void check(const std::string& key, const Tensor& actual,
               test::Tolerance tolerance = layer_tolerance) const {
        const Tensor expected = (*this)[key];
        REQUIRE(engine::to_string(actual.shape()) == engine::to_string(expected.shape()));
        test::check_close(key, to_vector(actual), to_vector(expected), tolerance);
    }

  private:
    std::map<std::string, Tensor> tensors_;
};

/// Gradients add to what is there: each leaf starts with this, which has to be in the result.
constexpr float earlier_gradient = 0.25F;

void start_gradient(const Tensor& leaf) {
    const Tensor grad = leaf.grad_target();
    std::fill(grad.values().begin(), grad.values().end(), earlier_gradient);
}

void check_gradient(const Vectors& vectors, const std::string& key, const Tensor& leaf) {
    const Tensor grad = leaf.grad().clone();
    for (float& value : grad.values()) value -= earlier_gradient;
    vectors.check(key, grad);
}

/// Computes op(inputs) and its gradients for the file's d_out, and compares all of them. The inputs are named
/// as in the file.
void check_op(const std::string& file, const std::vector<std::string>& inputs,
              const std::function<Tensor(const std::vector<Tensor>&)>& op) {
    CAPTURE(file);
    const Vectors vectors(file);
    std::vector<Tensor> leaves;
    for (const std::string& name : inputs) {
        leaves.push_back(vectors[name].set_requires_grad());
        start_gradient(leaves.back());
    }
    const Tensor out = op(leaves);
    vectors.check("out", out);
    engine::sum(engine::mul(out, vectors["d_out"])).backward();
    for (std::size_t i = 0; i < leaves.size(); ++i) check_gradient(vectors, "d_" + inputs[i], leaves[i]);
}

/// The same for a layer whose parameters are named as in the file.
void check_layer(const Vectors& vectors, engine::nn::Layer& layer) {
    const Tensor x = vectors["x"].set_requires_grad();
    start_gradient(x);
    for (const auto& [name, parameter] : layer.named_parameters()) start_gradient(parameter);
    const Tensor out = layer(x);
    vectors.check("out", out);
    engine::sum(engine::mul(out, vectors["d_out"])).backward();
    check_gradient(vectors, "d_x", x);
    for (const auto& [name, parameter] : layer.named_parameters())
        check_gradient(vectors, "d_" + name, parameter);
}

}  // namespace

TEST_CASE("conv2d") {
    check_op("conv2d_3x3", {"x", "weight", "bias"},
             [](const auto& in) { return engine::conv2d(in[0], in[1], in[2], 1, 1); });
    check_op("conv2d_5x5", {"x", "weight", "bias"},
             [](const auto& in) { return engine::conv2d(in[0], in[1], in[2], 2, 2); });
}

TEST_CASE("linear, alone and after flatten") {
    check_op("linear", {"x", "weight", "bias"},
             [](const auto& in) { return engine::linear(in[0], in[1], in[2]); });
    check_op("flatten_linear", {"x", "weight", "bias"},
             [](const auto& in) { return engine::linear(engine::flatten(in[0]), in[1], in[2]); });
}

TEST_CASE("relu") {
    check_op("relu", {"x"}, [](const auto& in) { return engine::relu(in[0]); });
}

TEST_CASE("max_pool, with ties") {
    check_op("max_pool", {"x"}, [](const auto& in) { return engine::max_pool(in[0], 2); });
}

TEST_CASE("adaptive_avg_pool") {
    check_op("adaptive_avg_pool_3x2", {"x"},
             [](const auto& in) { return engine::adaptive_avg_pool(in[0], 3, 2); });
    check_op("adaptive_avg_pool_1x1", {"x"},
             [](const auto& in) { return engine::adaptive_avg_pool(in[0], 1, 1); });
}

TEST_CASE("batch_norm: output, gradients and running statistics") {
    for (const bool training : {true, false}) {
        CAPTURE(training);
        const Vectors vectors(training ? "batch_norm_train" : "batch_norm_eval");
        engine::nn::BatchNorm2d layer(3);
        NamedTensors state{{"weight", vectors["weight"]}, {"bias", vectors["bias"]}};
        for (const std::string name : {"running_mean", "running_var", "num_batches_tracked"})
            state.emplace_back(name, vectors[name + "_before"]);
        layer.load_state_dict(state);
        layer.train(training);
        check_layer(vectors, layer);
        vectors.check("running_mean", layer.running_mean);
        vectors.check("running_var", layer.running_var);
        CHECK(layer.num_batches_tracked.item() == vectors["num_batches_tracked"].item());
    }
}

TEST_CASE("cross_entropy, without and with label smoothing") {
    for (const auto& [file, smoothing] :
         {std::pair{"cross_entropy", 0.0F}, std::pair{"cross_entropy_smoothed", 0.1F}}) {
        CAPTURE(file);
        const Vectors vectors(file);
        const Tensor logits = vectors["logits"].set_requires_grad();
        start_gradient(logits);
        const Tensor loss = engine::cross_entropy(logits, vectors["labels"], smoothing);
        vectors.check("loss", loss);
        loss.backward();
        check_gradient(vectors, "d_logits", logits);
    }
}

TEST_CASE("the attention block: weights per image and the sum of three convolutions") {
    const Vectors vectors("attention_conv");
    engine::nn::AttentionConv layer(4, 5);
    NamedTensors state;
    for (const auto& [name, parameter] : layer.named_parameters()) state.emplace_back(name, vectors[name]);
    layer.load_state_dict(state);
    check_layer(vectors, layer);
}

namespace {

/// Ten steps of the optimiser that make(parameters) returns, with the file's gradients.
void check_optimizer(const std::string& file, const auto& make) {
    CAPTURE(file);
    const Vectors vectors(file);
    NamedTensors parameters;
    std::vector<std::vector<float>> gradients;  // of all steps, one after the other
    for (const std::string name : {"0", "1", "2"}) {
        parameters.emplace_back(name, vectors[name + ".step0"].set_requires_grad());
        gradients.push_back(to_vector(vectors[name + ".gradients"]));
    }
    const auto optimizer = make(parameters);
    for (std::int64_t step = 1; step <= 10; ++step) {
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const std::int64_t size = parameters[i].second.numel();
            std::copy_n(gradients[i].begin() + (step - 1) * size, size,
                        parameters[i].second.grad_target().data());
        }
        optimizer->step();
        if (step != 1 && step != 2 && step != 10) continue;
        for (const auto& [name, parameter] : parameters)
            vectors.check(name + ".step" + std::to_string(step), parameter);
    }
}

}  // namespace

TEST_CASE("optimisers, ten steps") {
    using namespace engine::optim;
    check_optimizer("adam", [](const NamedTensors& parameters) {
        return std::make_unique<Adam>(parameters, AdamOptions{.lr = 0.001, .weight_decay = 0.0001});
    });
    check_optimizer("adamw", [](const NamedTensors& parameters) {
        return std::make_unique<Adam>(parameters,
                                      AdamOptions{.lr = 0.01, .weight_decay = 0.1, .decoupled = true});
    });
    check_optimizer("sgd", [](const NamedTensors& parameters) {
        auto sgd =
            std::make_unique<Sgd>(parameters, SgdOptions{.lr = 0.05, .momentum = 0.9, .weight_decay = 0.01});
        sgd->set_factor("1", &ParameterFactors::lr, 3);
        sgd->set_factor("1", &ParameterFactors::weight_decay, 0);
        return sgd;
    });
    check_optimizer("clipped", [](const NamedTensors& parameters) {
        return std::make_unique<Clipped>(
            std::make_unique<Sgd>(parameters, SgdOptions{.lr = 0.1, .momentum = 0}), 7);
    });
    check_optimizer("muon", [](const NamedTensors& parameters) {
        return std::make_unique<Muon>(parameters,
                                      MuonOptions{.lr = 0.02, .momentum = 0.9, .weight_decay = 0.1});
    });
}

namespace {

/// bytes/255, minus mean, over std, as the network is fed; from (N, H, W, 3) uint8.
Tensor normalised(const Tensor& images) {
    constexpr float mean[] = {0.4914F, 0.4822F, 0.4465F}, deviation[] = {0.2470F, 0.2435F, 0.2616F};
    const Tensor out = engine::empty(images.shape());
    for (std::size_t i = 0; i < out.values().size(); ++i)
        out.values()[i] =
            (static_cast<float>(images.values<std::uint8_t>()[i]) / 255 - mean[i % 3]) / deviation[i % 3];
    return out;
}

/// Elements [first, first + count) along the outermost dimension.
template <typename T>
Tensor slice(const Tensor& x, std::int64_t first, std::int64_t count) {
    std::vector<std::int64_t> extents(x.shape().begin(), x.shape().end());
    const std::int64_t stride = x.numel() / extents[0];
    extents[0] = count;
    const Tensor out = engine::empty({extents.data(), extents.data() + extents.size()}, x.dtype());
    std::copy_n(x.data<T>() + first * stride, count * stride, out.data<T>());
    return out;
}

}  // namespace

TEST_CASE("a small AttentionNet, four steps of training and an evaluation") {
    const Vectors vectors("attention_net");
    constexpr std::int64_t steps = 4, batch = 8;
    const Tensor images = normalised(vectors["images"]);

    models::AttentionNet net({.widths = {4, 6, 8, 8, 10}, .hidden = 12, .dropout = 0});
    net.load_state_dict(vectors.under("before."));
    engine::optim::Adam adam(net.named_parameters(), {.lr = 0.001, .weight_decay = 0.0001});
    const Tensor losses = engine::empty({steps});
    for (std::int64_t step = 0; step < steps; ++step) {
        adam.zero_grad();
        const Tensor logits = net(slice<float>(images, step * batch, batch));
        const Tensor loss =
            engine::cross_entropy(logits, slice<std::int64_t>(vectors["labels"], step * batch, batch));
        losses.data()[step] = static_cast<float>(loss.item());
        loss.backward();
        adam.step();
    }
    vectors.check("losses", losses, training_tolerance);

    for (const auto& [name, tensor] : net.state_dict()) {
        if (tensor.dtype() == engine::DType::int64)
            CHECK(tensor.item() == vectors["after." + name].item());
        else
            vectors.check("after." + name, tensor, training_tolerance);
    }
    net.eval();
    vectors.check("logits", net(slice<float>(images, 0, batch)), training_tolerance);
}
