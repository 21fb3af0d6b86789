#include "apps/settings.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/parse_value.h"
#include "apps/recipes.h"
#include "data/augmentation.h"
#include "engine/error.h"
#include "engine/optim/schedule.h"

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
constexpr std::size_t most_stages = 5;  // each halves the image, which is 32 pixels wide
constexpr std::int64_t most_blocks = 100;

std::vector<std::string> recipe_names() {
    std::vector<std::string> names;
    for (const Recipe& recipe : recipes()) names.emplace_back(recipe.name);
    return names;
}

Assign assign_name(std::string Config::*member, std::vector<std::string> names) {
    return [member, names = std::move(names)](Config& config, const std::string& text) {
        config.*member = text;
        return std::find(names.begin(), names.end(), text) != names.end();
    };
}

/// Paths: any text that can be written down on one line.
Assign assign_path(std::string Config::*member) {
    return [member](Config& config, const std::string& text) {
        config.*member = text;
        return !text.empty() &&
               std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' '; });
    };
}

Assign assign_integer(std::int64_t Config::*member, std::int64_t least, std::int64_t most) {
    return [=](Config& config, const std::string& text) {
        const auto value = parse_integer(text, least, most);
        config.*member = value.value_or(0);
        return value.has_value();
    };
}

Assign assign_number(double Config::*member, bool (*is_allowed)(double)) {
    return [=](Config& config, const std::string& text) {
        const auto value = parse_number(text);
        config.*member = value.value_or(0);
        return value && is_allowed(*value);
    };
}

Assign assign_switch(bool Config::*member) {
    return [=](Config& config, const std::string& text) {
        const auto value = parse_boolean(text);
        config.*member = value.value_or(false);
        return value.has_value();
    };
}

/// One number for each stage.
Assign assign_stages(std::vector<std::int64_t> Config::*member, std::int64_t most) {
    return [=](Config& config, const std::string& text) {
        std::vector<std::int64_t>& numbers = config.*member;
        numbers.clear();
        for (const std::string& part : split_list(text)) {
            const auto number = parse_integer(part, 1, most);
            if (!number) return false;
            numbers.push_back(*number);
        }
        return numbers.size() <= most_stages;
    };
}

/// "none", or a list of SUFFIX:FACTOR.
Assign assign_factors(Factors Config::*member) {
    return [=](Config& config, const std::string& text) {
        Factors& factors = config.*member;
        factors.clear();
        if (text == "none") return true;
        for (const std::string& part : split_list(text)) {
            const std::size_t colon = part.find(':');
            if (colon == 0 || colon == std::string::npos) return false;
            const auto factor = parse_number(part.substr(colon + 1));
            if (!factor || *factor < 0) return false;
            factors.emplace_back(part.substr(0, colon), *factor);
        }
        return true;
    };
}

bool assign_schedule(Config& config, const std::string& text) {
    try {
        const engine::optim::Schedule known(text);
    } catch (const engine::UsageError&) {
        return false;
    }
    config.schedule = text;
    return true;
}

bool assign_augment(Config& config, const std::string& text) {
    config.augment.clear();
    if (text == "none") return true;
    config.augment = split_list(text);
    return data::are_augmentations(config.augment);
}

Show show_text(std::string Config::*member) {
    return [=](const Config& config) { return (config.*member).empty() ? "" : toml_string(config.*member); };
}

template <typename T>
Show show_plain(T Config::*member) {
    return [=](const Config& config) { return fmt::format("{}", config.*member); };
}

std::string show_threads(const Config& config) {
    return config.threads == 0 ? "" : fmt::format("{}", config.threads);
}

std::string quoted_list(std::vector<std::string> list) {
    for (std::string& text : list) text = toml_string(text);
    return fmt::format("[{}]", fmt::join(list, ", "));
}

Show show_stages(std::vector<std::int64_t> Config::*member) {
    return [=](const Config& config) {
        const std::vector<std::int64_t>& numbers = config.*member;
        return numbers.empty() ? "" : fmt::format("[{}]", fmt::join(numbers, ", "));
    };
}

Show show_factors(Factors Config::*member) {
    return [=](const Config& config) {
        std::vector<std::string> list;
        for (const auto& [suffix, factor] : config.*member)
            list.push_back(fmt::format("{}:{}", suffix, factor));
        return quoted_list(std::move(list));
    };
}

Setting integer_setting(const std::string& name, std::int64_t Config::*member, std::int64_t least,
                        std::int64_t most, bool on_resume, const std::string& help) {
    return {.name = name,
            .placeholder = "N",
            .type = TomlType::number,
            .on_resume = on_resume,
            .expected = fmt::format("a whole number from {} to {}", least, most),
            .help = help,
            .assign = assign_integer(member, least, most),
            .show = show_plain(member)};
}

Setting number_setting(const std::string& name, double Config::*member, bool (*is_allowed)(double),
                       const std::string& expected, const std::string& help) {
    return {.name = name,
            .placeholder = "X",
            .type = TomlType::number,
            .expected = expected,
            .help = help,
            .assign = assign_number(member, is_allowed),
            .show = show_plain(member)};
}

Setting name_setting(const std::string& name, std::string Config::*member,
                     const std::vector<std::string>& names, const std::string& help) {
    return {.name = name,
            .placeholder = "NAME",
            .type = TomlType::text,
            .expected = fmt::format("one of: {}", fmt::join(names, " ")),
            .help = fmt::format("{}: {}", help, fmt::join(names, ", ")),
            .assign = assign_name(member, names),
            .show = show_text(member)};
}

Setting path_setting(const std::string& name, std::string Config::*member, const std::string& placeholder,
                     bool on_resume, const std::string& help) {
    return {.name = name,
            .placeholder = placeholder,
            .type = TomlType::text,
            .on_resume = on_resume,
            .expected = "a path, not empty",
            .help = help,
            .assign = assign_path(member),
            .show = show_text(member)};
}

Setting switch_setting(const std::string& name, bool Config::*member, bool on_resume,
                       const std::string& help) {
    return {.name = name,
            .placeholder = "",
            .type = TomlType::boolean,
            .on_resume = on_resume,
            .expected = "true or false",
            .help = help,
            .assign = assign_switch(member),
            .show = show_plain(member)};
}

Setting stages_setting(const std::string& name, std::vector<std::int64_t> Config::*member, std::int64_t most,
                       const std::string& help) {
    return {.name = name,
            .placeholder = "A,B,...",
            .type = TomlType::number,
            .is_list = true,
            .expected = fmt::format("1 to {} {}, each from 1 to {}", most_stages, name, most),
            .help = help,
            .assign = assign_stages(member, most),
            .show = show_stages(member)};
}

Setting factors_setting(const std::string& name, Factors Config::*member, const std::string& of_what) {
    return {
        .name = name,
        .placeholder = "LIST",
        .type = TomlType::text,
        .is_list = true,
        .expected = "none, or a list like norm.bias:64 of ends of parameters' names and factors",
        .help =
            "what " + of_what +
            " is multiplied by for some parameters: a list like norm.bias:64 of ends of names and factors",
        .assign = assign_factors(member),
        .show = show_factors(member)};
}

Setting schedule_setting() {
    const std::string forms = engine::optim::schedule_forms();
    return {.name = "schedule",
            .placeholder = "NAME",
            .type = TomlType::text,
            .expected = forms,
            .help = "how the learning rate moves over all steps: " + forms,
            .assign = assign_schedule,
            .show = show_text(&Config::schedule)};
}

Setting augment_setting() {
    return {.name = "augment",
            .placeholder = "LIST",
            .type = TomlType::text,
            .is_list = true,
            .expected = "none, or a list of: " + data::augmentation_forms(),
            .help = "random changes to training images: none, or a list of " + data::augmentation_forms(),
            .assign = assign_augment,
            .show = [](const Config& config) { return quoted_list(config.augment); }};
}

Setting initialise_setting() {
    const std::vector<std::string> known = {"open-attention", "dirac", "whitening"};
    const std::string expected = fmt::format("none, or a list of: {}", fmt::join(known, " "));
    return {.name = "initialise",
            .placeholder = "LIST",
            .type = TomlType::text,
            .is_list = true,
            .expected = expected,
            .help = "what does not begin with random numbers: " + expected,
            .assign =
                [known](Config& config, const std::string& text) {
                    config.initialise = text == "none" ? std::vector<std::string>() : split_list(text);
                    return std::ranges::all_of(config.initialise, [&](const std::string& name) {
                        return std::ranges::find(known, name) != known.end();
                    });
                },
            .show = [](const Config& config) { return quoted_list(config.initialise); }};
}

std::vector<Setting> make_settings() {
    Setting threads = integer_setting("threads", &Config::threads, 1, most_threads, true,
                                      "threads to compute with; by default as many as the machine has");
    threads.show = show_threads;
    Setting device =
        name_setting("device", &Config::device, {"auto", "cpu", "cuda", "emulated"}, "where to compute");
    device.on_resume = true;
    return {
        path_setting("data", &Config::data, "auto|DIR", true, "folder with CIFAR-10's binary files"),
        name_setting("recipe", &Config::recipe, recipe_names(), "settings that belong together"),
        name_setting("model", &Config::model, {"attention_net"}, "the network"),
        stages_setting("widths", &Config::widths, most_channels, "output channels of each stage"),
        stages_setting("blocks", &Config::blocks, most_blocks,
                       "blocks of each stage, the first of which halves the image; by default one each"),
        switch_setting("residual", &Config::residual, false,
                       "add a block's input to its result where both have one shape"),
        number_setting(
            "norm-momentum", &Config::norm_momentum, [](double x) { return x > 0 && x <= 1; },
            "a number above 0, at most 1", "share of a batch in batch norm's running statistics"),
        integer_setting("hidden", &Config::hidden, 1, most_hidden, false, "units of the hidden layer"),
        number_setting(
            "dropout", &Config::dropout, [](double x) { return x >= 0 && x < 1; },
            "a number from 0 to below 1", "share of hidden units to drop in training"),
        name_setting("optimizer", &Config::optimizer, {"adam", "adamw", "sgd"}, "the optimiser"),
        number_setting(
            "lr", &Config::lr, [](double x) { return x > 0; }, "a number above 0", "learning rate"),
        number_setting(
            "momentum", &Config::momentum, [](double x) { return x >= 0 && x < 1; },
            "a number from 0 to below 1", "of sgd, Nesterov's"),
        number_setting(
            "weight-decay", &Config::weight_decay, [](double x) { return x >= 0; }, "a number of 0 or more",
            "pull of parameters towards 0: in the gradient (L2), with adamw beside it"),
        factors_setting("lr-factors", &Config::lr_factors, "the learning rate"),
        factors_setting("decay-factors", &Config::decay_factors, "the weight decay"),
        integer_setting("lookahead", &Config::lookahead, 0, most_steps, false,
                        "average every so many steps with a slow copy of the parameters; 0: do not"),
        schedule_setting(),
        number_setting(
            "warmup", &Config::warmup, [](double x) { return x >= 0 && x < 1; }, "a number from 0 to below 1",
            "share of all steps in which the learning rate also rises from 0"),
        number_setting(
            "label-smoothing", &Config::label_smoothing, [](double x) { return x >= 0 && x < 1; },
            "a number from 0 to below 1", "share of each label that is spread over all classes"),
        integer_setting("epochs", &Config::epochs, 1, most_epochs, true, "passes over the training images"),
        integer_setting("max-steps", &Config::max_steps, 0, most_steps, true,
                        "end after so many optimiser steps; 0: no limit"),
        integer_setting("batch-size", &Config::batch_size, 1, most_batch, false, "images in a step"),
        switch_setting("no-shuffle", &Config::no_shuffle, false, "take training images in file order"),
        augment_setting(),
        integer_setting("validate", &Config::validate, 0, most_validate, false,
                        "hold out the last so many training images and measure each epoch on them; the test "
                        "images are then read once, at the end"),
        name_setting("tta", &Config::tta, {"none", "flip", "flip-translate"},
                     "views of a test image to average (test-time augmentation)"),
        device,
        threads,
        integer_setting("workers", &Config::workers, 0, most_workers, true,
                        "threads that prepare batches ahead"),
        name_setting("precision", &Config::precision, {"fp32", "tf32", "bf16"}, "of products"),
        integer_setting("seed", &Config::seed, 0, most_seed, false, "of everything that is random"),
        initialise_setting(),
        path_setting("init", &Config::init, "FILE", false, "start from the values of this model file"),
        integer_setting("log-every", &Config::log_every, 1, most_steps, true, "steps between log lines"),
        switch_setting("no-progress", &Config::no_progress, true, "plain lines, no progress bar"),
        integer_setting("keep", &Config::keep, 0, most_epochs, true,
                        "keep the models of the last so many epochs, besides last and best"),
        switch_setting("tensorboard", &Config::tensorboard, true, "write event files for TensorBoard, too"),
    };
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
