#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/command_line_error.h"
#include "apps/commands.h"
#include "apps/compute_device.h"
#include "apps/config.h"
#include "apps/find_data.h"
#include "apps/interruption.h"
#include "apps/profile_report.h"
#include "apps/terminal.h"
#include "data/augmentation.h"
#include "data/cifar10.h"
#include "data/data_loader.h"
#include "engine/autograd.h"
#include "engine/metrics.h"
#include "engine/nn/cross_entropy_loss.h"
#include "engine/profile.h"
#include "engine/serialize/npy.h"
#include "engine/staging.h"
#include "models/model_file.h"

namespace apps {
namespace {

struct EvalArguments {
    Flags flags;
    std::string checkpoint, logits, profile;
    bool json = false;
};

struct Evaluation {
    engine::MetricAccumulator metrics;
    engine::Tensor logits;  ///< (N, classes), in the order of the data
};

bool next_batch(engine::Staging& loader, engine::Batch& batch) {
    const engine::PhaseScope phase(engine::Phase::data);
    return loader.next(batch);
}

Evaluation evaluate(models::AttentionNet& model, data::DataLoader& loader) {
    const engine::NoGradGuard no_grad;
    const engine::nn::CrossEntropyLoss loss;
    model.eval();
    Evaluation result;
    result.logits = engine::empty({loader.examples(), model.options.classes});
    engine::Staging staged(loader, model.device());
    staged.start_epoch(0);
    for (engine::Batch batch; next_batch(staged, batch);) {
        const engine::PhaseScope phase(engine::Phase::evaluation);
        const engine::Tensor logits = model(batch.inputs);
        const engine::Tensor on_host = logits.to(engine::Device::cpu);
        const auto values = on_host.values();
        std::copy(values.begin(), values.end(),
                  result.logits.data() + result.metrics.count() * model.options.classes);
        result.metrics.add(loss(logits, batch.labels).item(),
                           engine::correct_predictions(logits, batch.labels), batch.size());
    }
    return result;
}

/// A network that was made for something else than CIFAR-10.
void check_fits(const models::AttentionNetOptions& network, const std::string& checkpoint) {
    constexpr std::size_t most_blocks = 5;  // each halves the image, which is 32 pixels wide
    if (network.classes == std::ssize(data::cifar10_classes) &&
        network.in_channels == data::cifar10_channels && network.widths.size() <= most_blocks)
        return;
    throw engine::InputError(fmt::format("the network has {} blocks, {} input channels and {} classes",
                                         network.widths.size(), network.in_channels, network.classes),
                             "in " + checkpoint,
                             "give one for CIFAR-10: at most 5 blocks, 3 channels, 10 classes");
}

void eval(const EvalArguments& arguments) {
    const Config config = resolve_config(arguments.flags);
    const ComputeDevice compute = use_device(config);
    if (!arguments.profile.empty()) ProfileReport::check_writable(arguments.profile);
    const auto model = models::load_model(arguments.checkpoint);
    check_fits(model->options, arguments.checkpoint);
    model->to(compute.device);
    const data::Location location = find_data(config.data);
    data::DataLoader loader(std::make_shared<data::Cifar10>(location.directory, data::Split::test),
                            data::cifar10_transform({}), {config.batch_size, false, 0, 0});
    std::optional<ProfileReport> profile;
    if (!arguments.profile.empty()) profile.emplace(arguments.profile, compute);
    const auto [metrics, logits] = evaluate(*model, loader);
    if (profile) profile->write_trace();
    if (!arguments.logits.empty()) engine::save_npy(arguments.logits, logits);
    if (arguments.json) {
        const nlohmann::ordered_json result{
            {"loss", metrics.mean_loss()}, {"accuracy", metrics.accuracy()}, {"images", metrics.count()}};
        return fmt::print("{}\n", result.dump());
    }
    fmt::print("device {}, {}{}\ndata {}{}\n", compute.description, arithmetic_description(), compute.note,
               location.directory.string(), location.is_sample ? " (the bundled SAMPLE)" : "");
    if (profile) profile->print();
    fmt::print("test loss {:.4f} accuracy {:.4f}, {} images\n", metrics.mean_loss(), metrics.accuracy(),
               with_commas(metrics.count()));
    if (!arguments.logits.empty()) fmt::print("logits {}\n", arguments.logits);
}

}  // namespace

Command add_eval(CLI::App& command) {
    auto arguments = std::make_shared<EvalArguments>();
    add_settings(command, arguments->flags, {"data", "batch-size", "device", "threads"});
    command
        .add_option("--checkpoint", arguments->checkpoint,
                    "model file: best.safetensors of a run, or a state_dict")
        ->type_name("FILE");
    command.add_option("--logits", arguments->logits, "write the logits here, float32 (N, 10), for NumPy")
        ->type_name("FILE.npy");
    command.add_option("--profile", arguments->profile, profile_help)->type_name("FILE.json");
    command.add_flag("--json", arguments->json, "print one JSON object and nothing else");
    return [arguments] {
        if (arguments->checkpoint.empty())
            throw CommandLineError("no model file is given", "on the command line",
                                   "name one with --checkpoint");
        eval(*arguments);
    };
}

}  // namespace apps
