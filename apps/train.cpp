#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "apps/checkpoint.h"
#include "apps/command_line_error.h"
#include "apps/commands.h"
#include "apps/compute_device.h"
#include "apps/config.h"
#include "apps/find_data.h"
#include "apps/interruption.h"
#include "apps/memory_need.h"
#include "apps/metrics_csv.h"
#include "apps/profile_report.h"
#include "apps/run_directory.h"
#include "apps/terminal.h"
#include "apps/training.h"
#include "apps/training_data.h"
#include "apps/training_run.h"
#include "apps/view_evaluation.h"
#include "apps/writable_folder.h"
#include "engine/random.h"
#include "engine/serialize/atomic_file.h"
#include "engine/timer.h"
#include "models/model_file.h"

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

Config read_configuration(const TrainArguments& arguments, Sources* sources = nullptr) {
    if (arguments.resume.empty()) return resolve_config(arguments.flags, arguments.config, sources);
    const RunDirectory run(arguments.resume);
    if (!fs::exists(run.config()))
        throw engine::InputError("there is no run to resume", "in " + run.path().string(),
                                 "check the path, or start a run with --out");
    if (!fs::exists(run.state()))
        throw engine::InputError("the run has no checkpoint", "in " + run.path().string(),
                                 "it was stopped before its first one: start again with --config " +
                                     run.config().string() + " --overwrite --out " + run.path().string());
    return resumed_config(arguments.flags, run.config(), sources);
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

std::int64_t count_parameters(const models::AttentionNet& model) {
    std::int64_t parameters = 0;
    for (const engine::Tensor& parameter : model.parameters()) parameters += parameter.numel();
    return parameters;
}

/// What the first epoch alone writes: the last and the best model, and in the state both once more, with what
/// the optimiser remembers.
void require_room_for_run(const RunDirectory& run, std::int64_t parameters) {
    constexpr std::uintmax_t copies = 5;
    if (!run.holds_run())
        require_room(run.path(), copies * sizeof(float) * static_cast<std::uintmax_t>(parameters), "the run",
                     "--out");
}

void print_data(const data::Location& location, const TrainingData& loaders, const char* split) {
    fmt::print("data {}{}, {} training and {} {} images\n", location.directory.string(),
               location.is_sample ? " (the bundled SAMPLE)" : "", with_commas(loaders.train->examples()),
               with_commas(loaders.epochs->examples()), split);
}

engine::FitOptions fit_options(const Config& config) {
    return {config.epochs, config.max_steps, engine::optim::Schedule(config.schedule).warm_up(config.warmup)};
}

std::string full_path(const fs::path& path) { return fs::absolute(path).lexically_normal().string(); }

void write_config(const Config& config, const RunDirectory& run) {
    engine::AtomicFile file(run.config());
    file.write(to_toml(config));
    file.commit();
}

/// Writes the best model by way of the network, which is then as before.
void save_best(const RunDirectory& run, const BestModel& best, models::AttentionNet& model) {
    engine::nn::NamedTensors present = model.state_dict();
    for (auto& [name, tensor] : present) tensor = tensor.clone();
    model.load_state_dict(best.values);
    models::save_model(run.best(), model);
    model.load_state_dict(present);
}

/// Makes the run directory say again what the saved state says, whatever was written after it. `log_every` is
/// what it was until now.
void repair(const RunDirectory& run, const RunState& state, const Config& config, std::int64_t log_every,
            models::AttentionNet& model) {
    engine::remove_unfinished_files(run.path());
    models::save_model(run.last(), model);
    if (state.best.epoch == 0)
        fs::remove(run.best());
    else
        save_best(run, state.best, model);
    MetricsLog::rewind(run.metrics(), state.position, log_every);
    write_metrics_csv(run.csv(), run.metrics(), split_name(config));
    TensorboardLog::rewind(run, state.position, log_every);
    if (config.keep > 0) run.remove_epochs_except(state.position.epoch, config.keep);
}

/// Loads what is to go on; empty if it has ended.
std::optional<RunState> load_resumed(const RunDirectory& run, const Config& config, Training& training,
                                     const TrainingData& loaders) {
    RunState state = load_state(run.state(), training.model, *training.optimizer);
    if (state.train_examples != loaders.train->examples())
        throw engine::InputError(fmt::format("the run had {} training images, this data has {}",
                                             state.train_examples, loaders.train->examples()),
                                 "resuming " + run.path().string(), "name the same data with --data");
    const std::int64_t last_step = engine::last_step(fit_options(config), loaders.train->batches());
    if (state.position.step < last_step) return state;
    fmt::print("nothing left to do: {} of {} steps are done, raise --epochs or --max-steps to go on\n",
               state.position.step, last_step);
    return std::nullopt;
}

void print_end(const TrainingRun& result, const RunDirectory& run, const Config& config, double seconds) {
    const engine::EpochReport& last = *result.last_report();
    fmt::print("done in {}\n", clock_time(seconds));
    fmt::print("{} loss {:.4f} accuracy {:.4f}; best accuracy {:.4f} in epoch {}\n", split_name(config),
               last.test_loss, last.test_accuracy, result.best().test_accuracy, result.best().epoch);
    fmt::print("run {}: last.safetensors best.safetensors metrics.jsonl config.toml report.html\n",
               run.path().string());
    if (config.tensorboard) fmt::print("try: tensorboard --logdir {}\n", run.path().string());
    fmt::print("try: cifar_engine eval --checkpoint {} --data {}\n", run.best().string(), config.data);
}

[[noreturn]] void stop_interrupted(const RunDirectory& run, std::int64_t step) {
    fmt::print("interrupted after step {}, all is saved; go on with: cifar_engine train --resume {}\n", step,
               run.path().string());
    throw Interrupted{interruption()};
}

/// Where training starts; empty if there is nothing left to do.
std::optional<RunState> starting_state(bool resuming, const RunDirectory& run, const Config& config,
                                       Training& training, const TrainingData& loaders) {
    if (resuming) return load_resumed(run, config, training, loaders);
    RunState state;
    state.train_examples = loaders.train->examples();
    return state;
}

/// From here on the run directory is this run's.
void open_directory(bool resuming, const RunDirectory& run, const Config& config, const RunState& state,
                    models::AttentionNet& model) {
    if (resuming)
        repair(run, state, config, resolve_config({}, run.config()).log_every, model);
    else
        run.begin();
    write_config(config, run);
    fmt::print("run {}{}\n", run.path().string(),
               resuming ? fmt::format(", resumed after step {}", state.position.step) : "");
}

/// The one time that a training which holds out images, or averages views, looks at the test images so.
void measure_test(models::AttentionNet& model, const TrainingData& loaders, TrainingRun& observer) {
    const engine::MetricAccumulator metrics = evaluate_views(model, loaders.test_views).metrics;
    const std::size_t views = loaders.test_views.size();
    observer.on_test(metrics, views);
    fmt::print("test loss {:.4f} accuracy {:.4f}, {} images{}\n", metrics.mean_loss(), metrics.accuracy(),
               with_commas(metrics.count()), views_note(views));
}

void fit(const RunDirectory& run, const Config& config, Training& training, const TrainingData& loaders,
         RunState state, const std::string& profile_file, const ComputeDevice& compute) {
    const engine::Timer timer;
    engine::Trainer trainer(training.model, *training.optimizer,
                            engine::nn::CrossEntropyLoss(static_cast<float>(config.label_smoothing)));
    trainer.measure(training.result());
    const engine::TrainPosition start = state.position;
    const ProgressOptions progress{config.epochs,
                                   loaders.train->batches(),
                                   engine::last_step(fit_options(config), loaders.train->batches()),
                                   config.log_every,
                                   is_live(stdout) && !config.no_progress,
                                   split_name(config)};
    TrainingRun observer(run, std::move(state), training, progress, {config.keep, config.tensorboard},
                         {loaders.measured, split_name(config), loaders.train->examples()});
    std::optional<ProfileReport> profile;
    if (!profile_file.empty()) profile.emplace(profile_file, compute);
    const engine::TrainPosition end =
        trainer.fit(*loaders.train, *loaders.epochs, fit_options(config), start, observer);
    if (observer.was_stopped()) observer.save_stopped(end);
    if (profile) {
        profile->write_trace();
        profile->print();
    }
    if (observer.was_stopped() && observer.output_error()) std::rethrow_exception(observer.output_error());
    if (observer.was_stopped()) stop_interrupted(run, end.step);
    const double seconds = timer.seconds();
    if (!loaders.test_views.empty()) measure_test(training.result(), loaders, observer);
    print_end(observer, run, config, seconds);
}

void train(const TrainArguments& arguments) {
    note_interruptions();
    const bool resuming = !arguments.resume.empty();
    Config config = read_configuration(arguments);
    const ComputeDevice compute = use_device(config);
    use_precision(config, compute);
    if (compute.device == engine::Device::cpu) require_memory(config);
    const RunDirectory run = choose_directory(arguments);
    if (!arguments.profile.empty()) ProfileReport::check_writable(arguments.profile);
    fmt::print("device {}, {}{}\n", compute.description, arithmetic_description(), compute.note);

    engine::manual_seed(static_cast<std::uint64_t>(config.seed));
    Training training(config);
    const std::int64_t parameters = count_parameters(training.model);
    require_room_for_run(run, parameters);
    fmt::print("model {}, {} parameters\n", config.model, with_commas(parameters));
    const data::Location location = find_data(config.data);
    const TrainingData loaders = load_data(config, location.directory, compute.device);
    print_data(location, loaders, split_name(config));
    if (!resuming) training.initialise(config, loaders);
    training.move_to(compute.device, config);

    auto state = starting_state(resuming, run, config, training, loaders);
    if (!state) return;
    if (interruption() != 0) throw Interrupted{interruption()};
    check_output(stdout);

    // All that was asked for is there and fits: only now is anything on the disk changed. The configuration
    // is saved such that it means the same from any folder, at any time.
    config.data = full_path(location.directory);
    if (!config.init.empty()) config.init = full_path(config.init);
    open_directory(resuming, run, config, *state, training.result());
    fit(run, config, training, loaders, std::move(*state), arguments.profile, compute);
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
        "cifar_engine train --resume runs/mine --epochs 60   # go on with a run, for longer");
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
