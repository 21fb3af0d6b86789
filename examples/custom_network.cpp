// Trains a network of your own on a data set of your own: which of two interleaved spirals is a point on?
#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <numbers>

#include "data/data_loader.h"
#include "engine/engine.h"

namespace nn = engine::nn;
using engine::Tensor;

// A data set says how many examples it has and gives each by its number. Loader threads ask at the same time,
// so get() changes nothing: its "random" numbers are a pure function of the seed and the index.
class Spirals : public data::Dataset {
  public:
    Spirals(std::int64_t size, std::uint64_t seed) : size_(size), random_{seed} {}

    std::int64_t size() const override { return size_; }

    data::Example get(std::int64_t index) const override {
        check_index(index, "Spirals::get");
        const auto draw = static_cast<std::uint64_t>(2 * index);
        const std::int64_t label = index % 2;
        const float radius = 0.1F + 0.9F * random_.uniform(draw);
        const float wobble = 0.1F * (random_.uniform(draw + 1) - 0.5F);
        const float pi = std::numbers::pi_v<float>;
        const float angle = 3 * pi * radius + pi * static_cast<float>(label) + wobble;
        return {engine::tensor({radius * std::cos(angle), radius * std::sin(angle)}, {2}), label};
    }

  private:
    std::int64_t size_;
    engine::RandomStream random_;
};

// A network registers what it is made of, so that optimiser and files find its parameters: "hidden1.weight",
// ...
class SpiralNet : public nn::Layer {
  public:
    explicit SpiralNet(std::int64_t width)
        : hidden1_(register_module("hidden1", std::make_shared<nn::Linear>(2, width))),
          hidden2_(register_module("hidden2", std::make_shared<nn::Linear>(width, width))),
          out_(register_module("out", std::make_shared<nn::Linear>(width, 2))) {}

    // No backward: each op here knows its own.
    Tensor forward(const Tensor& x) override {
        const Tensor bent = relu((*hidden1_)(x));
        const Tensor again =
            relu((*hidden2_)(bent)) + bent;  // a residual sum, to show that any graph will do
        return (*out_)(again);
    }

  private:
    std::shared_ptr<nn::Linear> hidden1_, hidden2_, out_;
};

// Told what happens while the trainer runs; a stop button would go here, too (stop_requested).
class Printer : public engine::TrainObserver {
  public:
    void on_epoch(const engine::EpochReport& epoch, const engine::TrainPosition&) override {
        test_accuracy = epoch.test_accuracy;
        if (epoch.epoch % 5 == 0)
            std::printf("epoch %2d  train loss %.4f  test accuracy %.3f\n", static_cast<int>(epoch.epoch),
                        epoch.train_loss, epoch.test_accuracy);
    }
    double test_accuracy = 0;
};

int main() try {
    engine::manual_seed(1);
    data::DataLoader train(std::make_shared<Spirals>(2000, 1),
                           {.batch_size = 50, .shuffle = true, .workers = 1});
    data::DataLoader test(std::make_shared<Spirals>(500, 2), {.batch_size = 500});

    SpiralNet net(64);
    engine::optim::Adam optimizer(net.named_parameters(), {.lr = 0.005});
    engine::Trainer trainer(net, optimizer);
    Printer printer;
    trainer.fit(train, test, {.epochs = 30, .schedule = engine::optim::Schedule("one-cycle")}, {}, printer);
    std::printf("test accuracy %.3f\n", printer.test_accuracy);
    return printer.test_accuracy >= 0.98 ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());  // what was wrong, where, what to do
    return 1;
}
