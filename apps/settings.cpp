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

/// Paths: any text but for the zero byte, where the operating system would end it.
Assign assign_path(std::string Config::*member) {
    return [member](Config& config, const std::string& text) {
        config.*member = text;
        return !text.empty() && text.find('\0') == std::string::npos;
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

/// What the help says of a value: its choices, then whatever else it may be.
std::string alternatives(std::vector<std::string> choices, const std::string& other = "") {
    if (!other.empty()) choices.push_back(other);
    return fmt::format("{}", fmt::join(choices, "|"));
}

Setting name_setting(const std::string& name, std::string Config::*member,
                     const std::vector<std::string>& names, const std::string& help) {
    return {.name = name,
            .placeholder = alternatives(names),
            .choices = names,
            .type = TomlType::text,
            .expected = fmt::format("one of: {}", fmt::join(names, " ")),
            .help = help,
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
    return {.name = name,
            .placeholder = "none|SUFFIX:FACTOR,...",
            .choices = {"none"},
            .type = TomlType::text,
            .is_list = true,
            .expected = "none, or a list like norm.bias:64 of ends of parameters' names and factors",
            .help = "multiply " + of_what +
                    " of the parameters whose names end so, e.g. norm.bias:64,fc2.weight:0.5",
            .assign = assign_factors(member),
            .show = show_factors(member)};
}

Setting schedule_setting() {
    const std::vector<std::string> names = {"constant", "linear", "cosine", "one-cycle"};
    return {.name = "schedule",
            .placeholder = alternatives(names, "POINTS"),
            .choices = names,
            .type = TomlType::text,
            .expected = engine::optim::schedule_forms(),
            .help =
                "how the learning rate moves over all steps; points are share:factor, e.g. "
                "0:0.2,0.25:1,1:0",
            .assign = assign_schedule,
            .show = show_text(&Config::schedule)};
}

/// "none", or a list of names.
Setting list_setting(const std::string& name, std::vector<std::string> Config::*member,
                     std::vector<std::string> names, const std::string& forms,
                     const std::function<bool(const std::vector<std::string>&)>& is_allowed,
                     const std::string& help) {
    names.insert(names.begin(), "none");
    return {.name = name,
            .placeholder = alternatives(names) + ",...",
            .choices = names,
            .type = TomlType::text,
            .is_list = true,
            .expected = "none, or a list of: " + forms,
            .help = help,
            .assign =
                [=](Config& config, const std::string& text) {
                    config.*member = text == "none" ? std::vector<std::string>() : split_list(text);
                    return is_allowed(config.*member);
                },
            .show = [=](const Config& config) { return quoted_list(config.*member); }};
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
        name_setting("optimizer", &Config::optimizer, {"adam", "adamw", "sgd"}, "the optimiser"),
        number_setting(
            "lr", &Config::lr, [](double x) { return x > 0; }, "a number above 0", "learning rate"),
        number_setting(
            "momentum", &Config::momentum, [](double x) { return x >= 0 && x < 1; },
            "a number from 0 to below 1", "Nesterov momentum of sgd"),
        number_setting(
            "weight-decay", &Config::weight_decay, [](double x) { return x >= 0; }, "a number of 0 or more",
            "weight decay: L2 in the gradient; with adamw decoupled from it"),
        factors_setting("lr-factors", &Config::lr_factors, "the learning rate"),
        factors_setting("decay-factors", &Config::decay_factors, "the weight decay"),
        integer_setting("lookahead", &Config::lookahead, 0, most_steps, false,
                        "average every N steps with a slow copy of the parameters; 0: never"),
        schedule_setting(),
        number_setting(
            "warmup", &Config::warmup, [](double x) { return x >= 0 && x < 1; }, "a number from 0 to below 1",
            "share of all steps in which the learning rate also rises from 0"),
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
        integer_setting("log-every", &Config::log_every, 1, most_steps, true, "steps between log lines"),
        switch_setting("no-progress", &Config::no_progress, true, "plain lines, no progress bar"),
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
