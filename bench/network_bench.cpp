#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "data/augmentation.h"
#include "data/cifar10.h"
#include "data/data_loader.h"
#include "engine/autograd.h"
#include "engine/metrics.h"
#include "engine/nn/cross_entropy_loss.h"
#include "engine/optim/adam.h"
#include "engine/timer.h"
#include "engine/trainer.h"
#include "kernels/common/parallel.h"
#include "models/attention_net.h"
#include "models/model_file.h"

// Throughput of the whole network, training or inference, for the scripts in bench/peers: prints a line of
// JSON. Batches are normalised before the clock starts, and go round.
namespace {

using engine::Batch;

struct Arguments {
    std::string pass = "train", data = CIFAR_ENGINE_SOURCE_DIR "/data/sample", checkpoint;
    models::AttentionNetOptions network;
    std::int64_t batch_size = 128;
    int threads = 2, intervals = 4;
    double interval_seconds = 1;
};

void parse(int argc, char** argv, Arguments& arguments, CLI::App& app) {
    app.add_option("--pass", arguments.pass, "train or inference")
        ->check(CLI::IsMember({"train", "inference"}))
        ->capture_default_str();
    app.add_option("--data", arguments.data, "folder in CIFAR-10's layout")->capture_default_str();
    app.add_option("--checkpoint", arguments.checkpoint, "values of the network; default: a fresh one");
    app.add_option("--widths", arguments.network.widths, "output channels of each block")
        ->delimiter(',')
        ->capture_default_str();
    app.add_option("--batch-size", arguments.batch_size)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--threads", arguments.threads)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--intervals", arguments.intervals, "how many rates to print")->capture_default_str();
    app.add_option("--interval-seconds", arguments.interval_seconds,
                   "each interval ends with the first step that ends after that time")
        ->capture_default_str();
    app.parse(argc, argv);
}

/// All whole batches of the training images.
std::vector<Batch> load_batches(const Arguments& arguments) {
    data::DataLoader loader(std::make_shared<data::Cifar10>(arguments.data, data::Split::train),
                            data::cifar10_transform({}), {.batch_size = arguments.batch_size});
    loader.start_epoch(0);
    std::vector<Batch> batches;
    for (Batch batch; loader.next(batch) && batch.size() == arguments.batch_size;) batches.push_back(batch);
    if (batches.empty())
        throw std::runtime_error("the data has no whole batch: choose a smaller --batch-size");
    return batches;
}

/// Images per second of each interval; `step` is called with one batch after the other.
template <typename Step>
std::vector<double> measure(const Arguments& arguments, const std::vector<Batch>& batches, const Step& step) {
    std::vector<double> rates;
    std::size_t next = 0;
    while (std::ssize(rates) < arguments.intervals) {
        const engine::Timer timer;
        std::int64_t images = 0;
        while (images == 0 || timer.seconds() < arguments.interval_seconds) {
            step(batches[next]);
            images += arguments.batch_size;
            next = (next + 1) % batches.size();
        }
        rates.push_back(static_cast<double>(images) / timer.seconds());
    }
    return rates;
}

nlohmann::json train(const Arguments& arguments, models::AttentionNet& model,
                     const std::vector<Batch>& batches) {
    engine::optim::Adam optimizer(model.named_parameters(), {.lr = 1e-3, .weight_decay = 1e-4});
    engine::Trainer trainer(model, optimizer);
    engine::MetricAccumulator metrics;
    model.train();
    const auto rates =
        measure(arguments, batches, [&](const Batch& batch) { trainer.train_step(batch, metrics); });
    return {{"images_per_second", rates}};
}

/// Also the logits of the first image, by which a script sees that all programs computed the same.
nlohmann::json infer(const Arguments& arguments, models::AttentionNet& model,
                     const std::vector<Batch>& batches) {
    const engine::NoGradGuard no_grad;
    model.eval();
    const engine::Tensor logits = model.forward(batches.front().inputs);
    const auto first = logits.values().first(static_cast<std::size_t>(model.options.classes));
    const auto rates = measure(arguments, batches, [&](const Batch& batch) { model.forward(batch.inputs); });
    return {{"images_per_second", rates}, {"logits", std::vector<float>(first.begin(), first.end())}};
}

nlohmann::json run(const Arguments& arguments) {
    kernels::set_threads(arguments.threads);
    const auto model = arguments.checkpoint.empty()
                           ? std::make_shared<models::AttentionNet>(arguments.network)
                           : models::load_model(arguments.checkpoint);
    const std::vector<Batch> batches = load_batches(arguments);
    return arguments.pass == "train" ? train(arguments, *model, batches) : infer(arguments, *model, batches);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Throughput of the whole network, as a line of JSON.", "network_bench");
    try {
        Arguments arguments;
        parse(argc, argv, arguments, app);
        std::cout << run(arguments) << '\n';
        return 0;
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << '\n';
        return 1;
    }
}
