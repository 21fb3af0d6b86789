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
#include "apps/writable_folder.h"
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
    if (!arguments.logits.empty())
        require_writable_folder(std::filesystem::absolute(arguments.logits).parent_path(),
                                "the folder of the logits", "--logits");
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
    command
        .add_option("--checkpoint", arguments->checkpoint,
                    "model file: best.safetensors of a run, or a state_dict")
        ->type_name("FILE.safetensors")
        ->group("Model");
    add_settings(command, arguments->flags, {"data", "batch-size", "device", "threads", "tta"});
    const auto add_output = [&](const char* flag, std::string& path, const char* value, const char* help) {
        command.add_option(flag, path, help)->type_name(value)->group("Output");
    };
    add_output("--logits", arguments->logits, "FILE.npy",
               "write the logits here, float32 (N, 10), for NumPy");
    add_output("--profile", arguments->profile, "FILE.json", profile_help);
    command.add_flag("--json", arguments->json, "print one JSON object and nothing else")->group("Output");
    command.footer(
        "cifar_engine eval --checkpoint runs/mine/best.safetensors\n"
        "cifar_engine eval --checkpoint model.safetensors --tta flip --json");
    return [arguments] {
        if (arguments->checkpoint.empty())
            throw CommandLineError("no model file is given", "on the command line",
                                   "name one with --checkpoint");
        eval(*arguments);
    };
}

}  // namespace apps
