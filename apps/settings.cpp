#include "apps/settings.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/recipes.h"
#include "apps/setting_kinds.h"
#include "data/augmentation.h"

namespace apps {
namespace {

// Beyond these lie typing errors; memory ends long before.
constexpr std::int64_t most_channels = 4096;
constexpr std::int64_t most_hidden = 65'536;
constexpr std::int64_t most_batch = 65'536;
constexpr std::int64_t most_validate = 1'000'000;
constexpr std::int64_t most_threads = 1024;
constexpr std::int64_t most_workers = 64;
constexpr std::int64_t most_epochs = 1'000'000;
constexpr std::int64_t most_steps = 1'000'000'000'000;
constexpr std::int64_t most_seed = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t most_blocks = 100;
constexpr std::int64_t most_trials = 10'000;

std::vector<std::string> recipe_names() {
    std::vector<std::string> names;
    for (const Recipe& recipe : recipes()) names.emplace_back(recipe.name);
    return names;
}

std::string show_threads(const Config& config) {
    return config.threads == 0 ? "" : fmt::format("{}", config.threads);
}

Setting augment_setting() {
    const std::string forms = data::augmentation_forms();
    return list_setting(
        "augment", &Config::augment, data::augmentation_names(), forms, data::are_augmentations,
        "random changes to training images, in this order; some take a number of pixels: " + forms);
}

Setting initialise_setting() {
    const std::vector<std::string> known = {"open-attention", "dirac", "whitening"};
    const auto are_known = [known](const std::vector<std::string>& names) {
        return std::ranges::all_of(
            names, [&](const std::string& name) { return std::ranges::find(known, name) != known.end(); });
    };
    return list_setting("initialise", &Config::initialise, known, fmt::format("{}", fmt::join(known, " ")),
                        are_known, "parameters that do not begin with random numbers");
}

std::vector<Setting> configuration_settings() {
    return {name_setting("recipe", &Config::recipe, recipe_names(), "a named set of settings to start from")};
}

std::vector<Setting> data_settings() {
    return {
        path_setting("data", &Config::data, "auto|DIR", true,
                     "folder with CIFAR-10's binary files; auto looks for one, then downloads"),
        integer_setting("batch-size", &Config::batch_size, 1, most_batch, false, "images in a step"),
        augment_setting(),
        switch_setting("no-shuffle", &Config::no_shuffle, false, "take training images in file order"),
        number_setting(
            "skip-easiest", &Config::skip_easiest, [](double x) { return x >= 0 && x <= 0.5; },
            "a number from 0 to 0.5",
            "share of the training images that each epoch leaves out, among those with the lowest loss"),
        integer_setting("workers", &Config::workers, 0, most_workers, true,
                        "threads that prepare batches ahead"),
    };
}

std::vector<Setting> model_settings() {
    return {
        name_setting("model", &Config::model, {"attention_net"}, "the network"),
        stages_setting("widths", &Config::widths, most_channels, "output channels of each stage"),
        stages_setting("blocks", &Config::blocks, most_blocks,
                       "blocks of each stage, the first of which halves the image; by default one each"),
        switch_setting("residual", &Config::residual, false,
                       "add a block's input to its result where both have one shape"),
        switch_setting("pool-first", &Config::pool_first, false,
                       "where a block halves the image, do so before its batch norm instead of after it"),
        integer_setting(
            "stem", &Config::stem, 0, most_channels, false,
            "output channels of a block before the stages, which does not halve the image; 0: none"),
        number_setting(
            "norm-momentum", &Config::norm_momentum, [](double x) { return x > 0 && x <= 1; },
            "a number above 0, at most 1", "share of a batch in batch norm's running statistics"),
        integer_setting("hidden", &Config::hidden, 1, most_hidden, false, "units of the hidden layer"),
        number_setting(
            "dropout", &Config::dropout, [](double x) { return x >= 0 && x < 1; },
            "a number from 0 to below 1", "share of hidden units to drop in training"),
        initialise_setting(),
        path_setting("init", &Config::init, "FILE.safetensors", false,
                     "start from the values of this model file"),
    };
}

std::vector<Setting> optimiser_settings() {
    return {
        name_setting("optimizer", &Config::optimizer, {"adam", "adamw", "sgd", "muon"}, "the optimiser"),
        number_setting(
            "lr", &Config::lr, [](double x) { return x > 0; }, "a number above 0", "learning rate"),
        number_setting(
            "momentum", &Config::momentum, [](double x) { return x >= 0 && x < 1; },
            "a number from 0 to below 1", "Nesterov momentum of sgd and muon"),
        number_setting(
            "weight-decay", &Config::weight_decay, [](double x) { return x >= 0; }, "a number of 0 or more",
            "weight decay: L2 in the gradient; with adamw and muon decoupled from it"),
        factors_setting("lr-factors", &Config::lr_factors, "the learning rate"),
        factors_setting("decay-factors", &Config::decay_factors, "the weight decay"),
        number_setting(
            "clip-grad", &Config::clip_grad, [](double x) { return x >= 0; }, "a number of 0 or more",
            "limit of the norm of all gradients together; 0: none"),
        number_setting(
            "ema", &Config::ema, [](double x) { return x >= 0 && x < 1; }, "a number from 0 to below 1",
            "decay of an exponential moving average of the weights, which is what is measured and saved; 0: "
            "none"),
        integer_setting("lookahead", &Config::lookahead, 0, most_steps, false,
                        "average every N steps with a slow copy of the parameters; 0: never"),
        schedule_setting(),
        number_setting(
            "warmup", &Config::warmup, [](double x) { return x >= 0 && x < 1; }, "a number from 0 to below 1",
            "share of all steps in which the learning rate also rises from 0"),
        progressive_resizing_setting(),
        progressive_branches_setting(),
        number_setting(
            "label-smoothing", &Config::label_smoothing, [](double x) { return x >= 0 && x < 1; },
            "a number from 0 to below 1", "share of each label that is spread over all classes"),
    };
}

std::vector<Setting> evaluation_settings() {
    return {
        integer_setting("validate", &Config::validate, 0, most_validate, false,
                        "hold out the last N training images and measure each epoch on them; the test "
                        "images are then read once, at the end"),
        name_setting("tta", &Config::tta, {"none", "flip", "flip-translate"},
                     "test-time augmentation: views of a test image to average"),
    };
}

std::vector<Setting> device_settings() {
    Setting device = name_setting("device", &Config::device, {"auto", "cpu", "cuda", "emulated"},
                                  "where to compute; auto: on a GPU if there is one that works");
    device.on_resume = true;
    Setting threads = integer_setting("threads", &Config::threads, 1, most_threads, true,
                                      "threads to compute with; by default as many as the machine has");
    threads.show = show_threads;
    return {
        device,
        threads,
        name_setting("precision", &Config::precision, {"fp32", "tf32", "bf16"},
                     "precision of matrix products and convolutions"),
    };
}

std::vector<Setting> run_settings() {
    return {
        integer_setting("epochs", &Config::epochs, 1, most_epochs, true, "passes over the training images"),
        integer_setting("max-steps", &Config::max_steps, 0, most_steps, true,
                        "end after N optimiser steps; 0: no limit"),
        integer_setting("seed", &Config::seed, 0, most_seed, false, "seed of everything that is random"),
        integer_setting("trials", &Config::trials, 1, most_trials, true,
                        "train N networks, with this seed and those that follow it, and print the mean test "
                        "accuracy with its confidence interval"),
        integer_setting("log-every", &Config::log_every, 1, most_steps, true, "steps between log lines"),
        switch_setting("no-progress", &Config::no_progress, true, "plain lines, no progress bar"),
        integer_setting("keep", &Config::keep, 0, most_epochs, true,
                        "keep the models of the last so many epochs, besides last and best"),
        switch_setting("tensorboard", &Config::tensorboard, true, "write event files for TensorBoard, too"),
    };
}

std::vector<Setting> make_settings() {
    std::vector<Setting> all;
    const auto add = [&](const std::string& group, const std::vector<Setting>& members) {
        for (const Setting& member : members) all.emplace_back(member).group = group;
    };
    add("Configuration", configuration_settings());
    add("Data", data_settings());
    add("Model", model_settings());
    add("Optimiser", optimiser_settings());
    add("Evaluation", evaluation_settings());
    add("Device", device_settings());
    add("Run", run_settings());
    return all;
}

}  // namespace

const std::vector<Setting>& settings() {
    static const std::vector<Setting> all = make_settings();
    return all;
}

const Setting* find_setting(const std::string& name) {
    const auto found = std::find_if(settings().begin(), settings().end(),
                                    [&](const Setting& setting) { return setting.name == name; });
    return found == settings().end() ? nullptr : &*found;
}

std::vector<std::string> setting_names() {
    std::vector<std::string> names;
    for (const Setting& setting : settings()) names.push_back(setting.name);
    return names;
}

}  // namespace apps
