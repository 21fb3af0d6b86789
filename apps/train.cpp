#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "apps/command_line_error.h"
#include "apps/commands.h"
#include "apps/compute_device.h"
#include "apps/config.h"
#include "apps/find_data.h"
#include "apps/interruption.h"
#include "apps/memory_need.h"
#include "apps/profile_report.h"
#include "apps/run_directory.h"
#include "apps/training_session.h"
#include "apps/trials.h"

namespace apps {
namespace {

namespace fs = std::filesystem;

struct TrainArguments {
    Flags flags;
    std::string config, resume, out, profile;
    bool overwrite = false;
};

/// A path that was given on the command line; none may be empty.
void require_path(const std::string& flag, const std::string& path) {
    if (path.empty()) throw CommandLineError(flag + " is empty", "on the command line", "give a path");
}

void check_arguments(const TrainArguments& arguments, const CLI::App& command) {
    for (const auto& [flag, path] : {std::pair{"--config", arguments.config},
                                     {"--resume", arguments.resume},
                                     {"--out", arguments.out},
                                     {"--profile", arguments.profile}})
        if (command.count(flag) > 0) require_path(flag, path);
    if (arguments.resume.empty()) return;
    for (const char* flag : {"--config", "--out", "--overwrite"})
        if (command.count(flag) > 0)
            throw CommandLineError(std::string(flag) + " beside --resume", "on the command line",
                                   "remove one: a resumed run has its own folder and configuration");
}

/// Of a run, or of several trials: those have their states in folders of their own.
Config read_resumed(const TrainArguments& arguments, Sources* sources) {
    const RunDirectory run(arguments.resume);
    if (!fs::exists(run.config()))
        throw engine::InputError("there is no run to resume", "in " + run.path().string(),
                                 "check the path, or start a run with --out");
    const std::int64_t trials = resolve_config({}, run.config()).trials;
    if (trials == 1 && !fs::exists(run.state()))
        throw engine::InputError("the run has no checkpoint", "in " + run.path().string(),
                                 "it was stopped before its first one: start again with --config " +
                                     run.config().string() + " --overwrite --out " + run.path().string());
    const Config config = resumed_config(arguments.flags, run.config(), sources);
    if (config.trials < trials || (trials == 1 && config.trials > 1))
        throw CommandLineError(
            fmt::format("--trials is {}", config.trials),
            fmt::format("resuming {}, which has {}", run.path().string(), trials),
            trials == 1 ? "start a new run: a single one is no trial" : "give at least as many");
    return config;
}

Config read_configuration(const TrainArguments& arguments, Sources* sources = nullptr) {
    const Config config = arguments.resume.empty()
                              ? resolve_config(arguments.flags, arguments.config, sources)
                              : read_resumed(arguments, sources);
    check_trials(config);
    if (config.trials > 1 && !arguments.profile.empty())
        throw CommandLineError("--profile beside several trials", "on the command line",
                               "remove it, or give --trials 1");
    return config;
}

RunDirectory choose_directory(const TrainArguments& arguments) {
    if (!arguments.resume.empty()) {
        RunDirectory run(arguments.resume);
        run.check_writable();
        return run;
    }
    RunDirectory run = arguments.out.empty() ? RunDirectory::new_by_time() : RunDirectory(arguments.out);
    run.check_writable();
    if (run.holds_run() && !arguments.overwrite)
        throw CommandLineError(
            "there is a run already", "in " + run.path().string(),
            "go on with it with --resume, replace it with --overwrite, or choose another --out");
    return run;
}

void train(const TrainArguments& arguments) {
    note_interruptions();
    const bool resuming = !arguments.resume.empty();
    const Config config = read_configuration(arguments);
    const ComputeDevice compute = use_device(config);
    use_precision(config, compute);
    if (compute.device == engine::Device::cpu) require_memory(config);
    const RunDirectory run = choose_directory(arguments);
    if (!arguments.profile.empty()) ProfileReport::check_writable(arguments.profile);
    fmt::print("device {}, {}{}\n", compute.description, arithmetic_description(), compute.note);
    const TrainingSession session{.config = config,
                                  .location = find_data(config.data),
                                  .run = run,
                                  .resuming = resuming,
                                  .resumed_by = run.path(),
                                  .profile = arguments.profile};
    if (config.trials > 1)
        train_trials(session, compute);
    else
        train(session, compute);
}

void add_arguments(CLI::App& command, TrainArguments& arguments) {
    command.add_option("--config", arguments.config, "take settings from this file")
        ->type_name("FILE.toml")
        ->group("Configuration");
    add_settings(command, arguments.flags);
    add_assignments(command, arguments.flags);
    const auto add_path = [&](const char* flag, std::string& path, const char* value, const char* help) {
        command.add_option(flag, path, help)->type_name(value)->group("Run");
    };
    add_path("--out", arguments.out, "DIR", "folder for the run's files; by default a new one in runs/");
    command.add_flag("--overwrite", arguments.overwrite, "replace the run that is in the folder of --out")
        ->group("Run");
    add_path("--resume", arguments.resume, "RUN", "go on with the run in this folder");
    add_path("--profile", arguments.profile, "FILE.json", profile_help);
}

}  // namespace

Command add_train(CLI::App& command) {
    auto arguments = std::make_shared<TrainArguments>();
    add_arguments(command, *arguments);
    command.footer(
        "cifar_engine train                                  # all defaults: the recipe seed\n"
        "cifar_engine train --recipe fast --device cuda      # a better network, on a GPU\n"
        "cifar_engine train --config my.toml --set lr=0.01   # settings from a file, and one more\n"
        "cifar_engine train --resume runs/mine --epochs 60   # go on with a run, for longer\n"
        "cifar_engine train --recipe fast --trials 5         # five seeds: mean and confidence interval");
    return [arguments, &command] {
        check_arguments(*arguments, command);
        train(*arguments);
    };
}

Command add_config(CLI::App& command) {
    auto arguments = std::make_shared<TrainArguments>();
    add_arguments(command, *arguments);
    command.footer(
        "cifar_engine config --recipe fast                   # what a recipe means, setting by setting\n"
        "cifar_engine config --lr 0.01 > my.toml             # a file for train --config\n"
        "cifar_engine config --resume runs/mine              # what a run was made with");
    return [arguments, &command] {
        check_arguments(*arguments, command);
        Sources sources;
        const Config config = read_configuration(*arguments, &sources);
        fmt::print("{}", to_toml(config, sources));
    };
}

}  // namespace apps
