#include "apps/trials.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/command_line_error.h"
#include "apps/interruption.h"
#include "apps/report/page.h"
#include "apps/report/run_record.h"
#include "engine/error.h"
#include "engine/serialize/atomic_file.h"

namespace apps {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct TrialResult {
    std::int64_t seed;
    fs::path run;
    double loss, accuracy;
};

/// What a run that has ended reached: on the test images, if it measured them on their own, else on those of
/// its last epoch.
TrialResult result_of(std::int64_t seed, const RunDirectory& run) {
    const RunRecord record = read_run(run.path());
    if (record.test) return {seed, run.path(), record.test->loss, record.test->accuracy};
    if (record.epochs.empty())
        throw engine::InputError("the metrics have no epoch", "in " + run.metrics().string(),
                                 "remove the folder, then resume: this trial is made again");
    const EpochRecord& last = record.epochs.back();
    return {seed, run.path(), last.measured_loss, last.measured_accuracy};
}

/// What is known of a quantity's mean from some values of it, taken as normally distributed.
struct MeanEstimate {
    double mean, standard_deviation;
    double low, high;  ///< the mean's 95 % confidence interval
};

/// Of at least two values. By Student's distribution: mean +- t s / sqrt(n), where s is the standard
/// deviation of the sample and t the quantile 0.975 for n - 1 degrees of freedom.
MeanEstimate estimate_mean(std::span<const double> values) {
    const auto count = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const double deviation = std::sqrt(squares / (count - 1));
    const double t = boost::math::quantile(boost::math::students_t(count - 1), 0.975);
    const double margin = t * deviation / std::sqrt(count);
    return {mean, deviation, mean - margin, mean + margin};
}

Json to_json(const std::vector<TrialResult>& results, const MeanEstimate& accuracy) {
    Json trials = Json::array();
    for (const TrialResult& result : results)
        trials.push_back({{"seed", result.seed},
                          {"run", result.run.filename().string()},
                          {"test_loss", result.loss},
                          {"test_accuracy", result.accuracy}});
    return {{"trials", trials},
            {"test_accuracy",
             {{"mean", accuracy.mean},
              {"standard_deviation", accuracy.standard_deviation},
              {"confidence_95", {accuracy.low, accuracy.high}}}}};
}

void summarise(const TrainingSession& group, const std::vector<TrialResult>& results) {
    std::vector<double> accuracies;
    std::vector<fs::path> runs;
    const std::size_t width = std::max<std::size_t>(4, std::to_string(results.back().seed).size());
    fmt::print("\n{:>{}}  {:>9}  {:>13}\n", "seed", width, "test loss", "test accuracy");
    for (const TrialResult& result : results) {
        fmt::print("{:>{}}  {:>9.4f}  {:>13.4f}\n", result.seed, width, result.loss, result.accuracy);
        accuracies.push_back(result.accuracy);
        runs.push_back(result.run);
    }
    const MeanEstimate accuracy = estimate_mean(accuracies);
    fmt::print(
        "test accuracy of {} trials: mean {:.4f}, standard deviation {:.4f}, 95 % confidence interval "
        "of the mean {:.4f} to {:.4f}\n",
        results.size(), accuracy.mean, accuracy.standard_deviation, accuracy.low, accuracy.high);
    engine::AtomicFile file(group.run.trials_summary());
    file.write(to_json(results, accuracy).dump(2) + "\n");
    file.commit();
    write_report(runs, group.run.report());
    fmt::print("trials {}: trials.json config.toml report.html\n", group.run.path().string());
}

/// The training of one trial.
TrainingSession session_of(const TrainingSession& group, std::int64_t seed) {
    TrainingSession trial = group;
    trial.config.seed = seed;
    trial.config.trials = 1;
    trial.run = group.run.trial(seed);
    trial.resuming = group.resuming && fs::exists(trial.run.state());
    return trial;
}

/// Between two trials.
void stop_if_interrupted(const TrainingSession& group, std::int64_t next_seed) {
    if (interruption() == 0) return;
    fmt::print(
        "interrupted before the trial of seed {}, all is saved; go on with: cifar_engine train --resume {}\n",
        next_seed, group.resumed_by.string());
    throw Interrupted{interruption()};
}

}  // namespace

void check_trials(const Config& config) {
    if (config.seed > std::numeric_limits<std::int64_t>::max() - config.trials + 1)
        throw CommandLineError(fmt::format("seed {} is too large for {} trials", config.seed, config.trials),
                               "in the configuration", "give a smaller one: each trial's is one more");
}

void train_trials(const TrainingSession& group, const ComputeDevice& compute) {
    const auto open_group = [&] {
        if (!group.resuming) group.run.begin();
        save_config(group.config, group.location, group.run);
    };
    std::vector<TrialResult> results;
    for (std::int64_t i = 0; i < group.config.trials; ++i) {
        const std::int64_t seed = group.config.seed + i;
        if (i > 0) stop_if_interrupted(group, seed);
        TrainingSession trial = session_of(group, seed);
        if (i == 0 || group.resuming) trial.begin = open_group;
        fmt::print("\ntrial {} of {}, seed {}\n", i + 1, group.config.trials, seed);
        train(trial, compute);
        results.push_back(result_of(seed, trial.run));
    }
    summarise(group, results);
}

}  // namespace apps
