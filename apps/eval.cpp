#include <memory>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/cifar10_network.h"
#include "apps/command_line_error.h"
#include "apps/commands.h"
#include "apps/compute_device.h"
#include "apps/config.h"
#include "apps/find_data.h"
#include "apps/interruption.h"
#include "apps/profile_report.h"
#include "apps/terminal.h"
#include "apps/view_evaluation.h"
#include "data/cifar10.h"
#include "engine/serialize/npy.h"

namespace apps {
namespace {

struct EvalArguments {
    Flags flags;
    std::string checkpoint, logits, profile;
    bool json = false;
};

void eval(const EvalArguments& arguments) {
    const Config config = resolve_config(arguments.flags);
    const ComputeDevice compute = use_device(config);
    if (!arguments.profile.empty()) ProfileReport::check_writable(arguments.profile);
    const auto model = load_cifar10_network(arguments.checkpoint);
    model->to(compute.device);
    const data::Location location = find_data(config.data);
    const auto images = std::make_shared<data::Cifar10>(location.directory, data::Split::test);
    const auto views = view_loaders(images, config.tta, config.batch_size, compute.device);
    std::optional<ProfileReport> profile;
    if (!arguments.profile.empty()) profile.emplace(arguments.profile, compute);
    const auto [metrics, logits] = evaluate_views(*model, views);
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
    fmt::print("test loss {:.4f} accuracy {:.4f}, {} images{}\n", metrics.mean_loss(), metrics.accuracy(),
               with_commas(metrics.count()), views_note(views.size()));
    if (!arguments.logits.empty()) fmt::print("logits {}\n", arguments.logits);
}

}  // namespace

Command add_eval(CLI::App& command) {
    auto arguments = std::make_shared<EvalArguments>();
    add_settings(command, arguments->flags, {"data", "batch-size", "device", "threads", "tta"});
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
