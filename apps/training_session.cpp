#include "apps/training_session.h"

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/checkpoint.h"
#include "apps/interruption.h"
#include "apps/metrics_csv.h"
#include "apps/metrics_events.h"
#include "apps/profile_report.h"
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
               location.is_sample ? " (the bundled SAMPLE)" : "", with_commas(loaders.training->size()),
               with_commas(loaders.measured->size()), split);
}

engine::FitOptions fit_options(const Config& config) {
    return {config.epochs, config.max_steps, engine::optim::Schedule(config.schedule).warm_up(config.warmup),
            engine::ProgressiveResizing(config.progressive_resizing),
            engine::ProgressiveBranches(config.progressive_branches)};
}

std::string full_path(const fs::path& path) { return fs::absolute(path).lexically_normal().string(); }

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

/// Where training starts.
RunState starting_state(const TrainingSession& session, Training& training, const TrainingData& loaders) {
    if (!session.resuming) {
        RunState state;
        state.train_examples = loaders.training->size();
        return state;
    }
    RunState state = load_state(session.run.state(), training.model, *training.optimizer);
    const std::string where = "resuming " + session.run.path().string();
    if (state.train_examples != loaders.training->size())
        throw engine::InputError(fmt::format("the run had {} training images, this data has {}",
                                             state.train_examples, loaders.training->size()),
                                 where, "name the same data with --data");
    try {
        loaders.train->load_state(state.loader);
    } catch (const engine::UsageError&) {
        throw engine::InputError("the saved state has no losses that fit skip-easiest", where,
                                 "start again, or bring back the config.toml it was made with");
    }
    return state;
}

/// Is a look at the test images still due, the one that ends a training which holds out images or averages
/// views?
bool test_is_due(const RunDirectory& run, const TrainingData& loaders) {
    bool was_tested = false;
    for_each_event(run.metrics(),
                   [&](const nlohmann::json& event) { was_tested = was_tested || event["event"] == "test"; });
    return !loaders.test_views.empty() && !was_tested;
}

/// From here on the run directory is this run's.
void open_directory(const TrainingSession& session, const RunState& state, models::AttentionNet& model) {
    if (session.begin) session.begin();
    if (session.resuming)
        repair(session.run, state, session.config, resolve_config({}, session.run.config()).log_every, model);
    else
        session.run.begin();
    save_config(session.config, session.location, session.run);
    fmt::print("run {}{}\n", session.run.path().string(),
               session.resuming ? fmt::format(", resumed after step {}", state.position.step) : "");
}

void measure_test(models::AttentionNet& model, const TrainingData& loaders, TrainingRun& observer) {
    const engine::MetricAccumulator metrics = evaluate_views(model, loaders.test_views).metrics;
    const std::size_t views = loaders.test_views.size();
    observer.on_test(metrics, views);
    fmt::print("test loss {:.4f} accuracy {:.4f}, {} images{}\n", metrics.mean_loss(), metrics.accuracy(),
               with_commas(metrics.count()), views_note(views));
}

void print_end(const TrainingRun& result, const TrainingSession& session) {
    if (const auto& last = result.last_report())
        fmt::print("{} loss {:.4f} accuracy {:.4f}; best accuracy {:.4f} in epoch {}\n",
                   split_name(session.config), last->test_loss, last->test_accuracy,
                   result.best().test_accuracy, result.best().epoch);
    fmt::print("run {}: last.safetensors best.safetensors metrics.jsonl config.toml report.html\n",
               session.run.path().string());
    if (session.config.tensorboard) fmt::print("try: tensorboard --logdir {}\n", session.run.path().string());
    fmt::print("try: cifar_engine eval --checkpoint {} --data {}\n", session.run.best().string(),
               full_path(session.location.directory));
}

[[noreturn]] void stop_interrupted(const fs::path& resumed_by, std::int64_t step) {
    fmt::print("interrupted after step {}, all is saved; go on with: cifar_engine train --resume {}\n", step,
               resumed_by.string());
    throw Interrupted{interruption()};
}

TrainingRun make_observer(const TrainingSession& session, RunState state, Training& training,
                          const TrainingData& loaders) {
    const Config& config = session.config;
    const ProgressOptions progress{config.epochs,
                                   loaders.train->batches(),
                                   engine::last_step(fit_options(config), loaders.train->batches()),
                                   config.log_every,
                                   is_live(stdout) && !config.no_progress,
                                   split_name(config)};
    return {session.run, std::move(state), training, loaders, progress, {config.keep, config.tensorboard}};
}

/// Trains to the end. Returns how many seconds that took.
double fit(const TrainingSession& session, Training& training, const TrainingData& loaders,
           const engine::TrainPosition& start, TrainingRun& observer, const ComputeDevice& compute) {
    const engine::Timer timer;
    engine::Trainer trainer(training.model, *training.optimizer,
                            engine::nn::CrossEntropyLoss(static_cast<float>(session.config.label_smoothing)));
    trainer.measure(training.result());
    std::optional<ProfileReport> profile;
    if (!session.profile.empty()) profile.emplace(session.profile, compute);
    const engine::TrainPosition end =
        trainer.fit(*loaders.train, *loaders.epochs, fit_options(session.config), start, observer);
    if (observer.was_stopped()) observer.save_stopped(end);
    if (profile) {
        profile->write_trace();
        profile->print();
    }
    if (observer.was_stopped() && observer.output_error()) std::rethrow_exception(observer.output_error());
    if (observer.was_stopped()) stop_interrupted(session.resumed_by, end.step);
    return timer.seconds();
}

}  // namespace

void save_config(Config config, const data::Location& location, const RunDirectory& run) {
    config.data = full_path(location.directory);
    if (!config.init.empty()) config.init = full_path(config.init);
    engine::AtomicFile file(run.config());
    file.write(to_toml(config));
    file.commit();
}

void train(TrainingSession session, const ComputeDevice& compute) {
    const Config& config = session.config;
    engine::manual_seed(static_cast<std::uint64_t>(config.seed));
    Training training(config);
    const std::int64_t parameters = count_parameters(training.model);
    require_room_for_run(session.run, parameters);
    fmt::print("model {}, {} parameters\n", config.model, with_commas(parameters));
    const TrainingData loaders = load_data(config, session.location.directory, compute.device);
    print_data(session.location, loaders, split_name(config));
    if (!session.resuming) training.initialise(config, loaders);
    training.move_to(compute.device, config);

    RunState state = starting_state(session, training, loaders);
    const engine::TrainPosition start = state.position;
    const std::int64_t last_step = engine::last_step(fit_options(config), loaders.train->batches());
    const bool is_trained = session.resuming && start.step >= last_step;
    if (is_trained && !test_is_due(session.run, loaders)) {
        fmt::print("nothing left to do: {} of {} steps are done, raise --epochs or --max-steps to go on\n",
                   start.step, last_step);
        return;
    }
    if (interruption() != 0) throw Interrupted{interruption()};
    check_output(stdout);

    // What is trained to its end has been written whole: it only lacks the test.
    if (!is_trained) open_directory(session, state, training.result());
    TrainingRun observer = make_observer(session, std::move(state), training, loaders);
    std::optional<double> seconds;
    if (!is_trained) seconds = fit(session, training, loaders, start, observer, compute);
    if (!loaders.test_views.empty()) measure_test(training.result(), loaders, observer);
    if (seconds) fmt::print("done in {}\n", clock_time(*seconds));
    print_end(observer, session);
}

}  // namespace apps
