#include "apps/config.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/command_line_error.h"
#include "apps/nearest_name.h"
#include "apps/parse_value.h"
#include "apps/recipes.h"
#include "apps/toml.h"
#include "data/augmentation.h"

namespace apps {
namespace {

namespace fs = std::filesystem;

// Beyond these lie typing errors; memory ends long before.
constexpr std::int64_t most_channels = 4096;
constexpr std::int64_t most_hidden = 65'536;
constexpr std::int64_t most_batch = 65'536;
constexpr std::int64_t most_threads = 1024;
constexpr std::int64_t most_workers = 64;
constexpr std::int64_t most_epochs = 1'000'000;
constexpr std::int64_t most_steps = 1'000'000'000'000;
constexpr std::int64_t most_seed = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t most_blocks = 5;  // each halves the image, which is 32 pixels wide

using Assign = std::function<bool(Config&, const std::string&)>;  ///< false: the text is no such value
using Show = std::function<std::string(const Config&)>;           ///< as TOML; empty: there is nothing to say

/// One setting: the only place where its name, its bounds and its help stand.
struct Setting {
    std::string name;
    std::string placeholder;  ///< in the help; empty for a switch
    TomlType type;
    bool is_list;
    bool on_resume;        ///< may change when a run goes on
    std::string expected;  ///< "give ..."
    std::string help;
    Assign assign;
    Show show;
};

std::vector<std::string> recipe_names() {
    std::vector<std::string> names;
    for (const Recipe& recipe : recipes()) names.emplace_back(recipe.name);
    return names;
}

/// For a setting whose values have names.
std::string one_of(const std::vector<std::string>& names) {
    return fmt::format("one of: {}", fmt::join(names, " "));
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

bool assign_widths(Config& config, const std::string& text) {
    config.widths.clear();
    for (const std::string& part : split_list(text)) {
        const auto width = parse_integer(part, 1, most_channels);
        if (!width) return false;
        config.widths.push_back(*width);
    }
    return config.widths.size() <= most_blocks;
}

bool assign_augment(Config& config, const std::string& text) {
    config.augment.clear();
    if (text == "none") return true;
    const std::vector<std::string> known = data::augmentation_names();
    config.augment = split_list(text);
    const std::set<std::string> different(config.augment.begin(), config.augment.end());
    return different.size() == config.augment.size() &&
           std::all_of(different.begin(), different.end(), [&](const std::string& name) {
               return std::find(known.begin(), known.end(), name) != known.end();
           });
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

std::string show_widths(const Config& config) { return fmt::format("[{}]", fmt::join(config.widths, ", ")); }

std::string show_augment(const Config& config) {
    std::vector<std::string> quoted;
    for (const std::string& name : config.augment) quoted.push_back(toml_string(name));
    return fmt::format("[{}]", fmt::join(quoted, ", "));
}

std::string whole_number(std::int64_t least, std::int64_t most) {
    return fmt::format("a whole number from {} to {}", least, most);
}

Setting integer_setting(const std::string& name, std::int64_t Config::*member, std::int64_t least,
                        std::int64_t most, bool on_resume, const std::string& help) {
    return {name,
            "N",
            TomlType::number,
            false,
            on_resume,
            whole_number(least, most),
            help,
            assign_integer(member, least, most),
            show_plain(member)};
}

Setting number_setting(const std::string& name, double Config::*member, bool (*is_allowed)(double),
                       const std::string& expected, const std::string& help) {
    return {name,
            "X",
            TomlType::number,
            false,
            false,
            expected,
            help,
            assign_number(member, is_allowed),
            show_plain(member)};
}

Setting name_setting(const std::string& name, std::string Config::*member,
                     const std::vector<std::string>& names, const std::string& help) {
    return {name,
            "NAME",
            TomlType::text,
            false,
            false,
            one_of(names),
            help + ": " + fmt::format("{}", fmt::join(names, ", ")),
            assign_name(member, names),
            show_text(member)};
}

Setting path_setting(const std::string& name, std::string Config::*member, const std::string& placeholder,
                     bool on_resume, const std::string& help) {
    return {name, placeholder,         TomlType::text,   false, on_resume, "a path, not empty",
            help, assign_path(member), show_text(member)};
}

Setting switch_setting(const std::string& name, bool Config::*member, bool on_resume,
                       const std::string& help) {
    return {name,
            "",
            TomlType::boolean,
            false,
            on_resume,
            "true or false",
            help,
            assign_switch(member),
            show_plain(member)};
}

std::vector<Setting> make_settings() {
    Setting widths{"widths",
                   "A,B,...",
                   TomlType::number,
                   true,
                   false,
                   fmt::format("1 to {} widths, each from 1 to {}", most_blocks, most_channels),
                   "output channels of each block",
                   assign_widths,
                   show_widths};
    Setting augment{
        "augment",
        "LIST",
        TomlType::text,
        true,
        false,
        "none, or a list of: " + fmt::format("{}", fmt::join(data::augmentation_names(), " ")),
        "random changes to training images: none, or a list of " + join_list(data::augmentation_names()),
        assign_augment,
        show_augment};
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
        widths,
        integer_setting("hidden", &Config::hidden, 1, most_hidden, false, "units of the hidden layer"),
        number_setting(
            "dropout", &Config::dropout, [](double x) { return x >= 0 && x < 1; },
            "a number from 0 to below 1", "share of hidden units to drop in training"),
        name_setting("optimizer", &Config::optimizer, {"adam"}, "the optimiser"),
        number_setting(
            "lr", &Config::lr, [](double x) { return x > 0; }, "a number above 0", "learning rate"),
        number_setting(
            "weight-decay", &Config::weight_decay, [](double x) { return x >= 0; }, "a number of 0 or more",
            "L2 penalty on all parameters"),
        integer_setting("epochs", &Config::epochs, 1, most_epochs, true, "passes over the training images"),
        integer_setting("max-steps", &Config::max_steps, 0, most_steps, true,
                        "end after so many optimiser steps; 0: no limit"),
        integer_setting("batch-size", &Config::batch_size, 1, most_batch, false, "images in a step"),
        switch_setting("no-shuffle", &Config::no_shuffle, false, "take training images in file order"),
        augment,
        device,
        threads,
        integer_setting("workers", &Config::workers, 0, most_workers, true,
                        "threads that prepare batches ahead"),
        name_setting("precision", &Config::precision, {"fp32", "bf16"}, "of the arithmetic"),
        integer_setting("seed", &Config::seed, 0, most_seed, false, "of everything that is random"),
        path_setting("init", &Config::init, "FILE", false, "start from the values of this model file"),
        integer_setting("log-every", &Config::log_every, 1, most_steps, true, "steps between log lines"),
        switch_setting("no-progress", &Config::no_progress, true, "plain lines, no progress bar"),
    };
}

const std::vector<Setting>& settings() {
    static const std::vector<Setting> all = make_settings();
    return all;
}

const Setting* find_setting(const std::string& name) {
    const auto found = std::find_if(settings().begin(), settings().end(),
                                    [&](const Setting& setting) { return setting.name == name; });
    return found == settings().end() ? nullptr : &*found;
}

void apply_flags(Config& config, const Flags& flags) {
    for (const auto& [name, text] : flags) {
        const Setting& setting = *find_setting(name);
        if (!setting.assign(config, text))
            throw CommandLineError(fmt::format("--{} is '{}'", name, text), "on the command line",
                                   "give " + setting.expected);
    }
}

const Setting& setting_of(const TomlEntry& entry, const std::string& where) {
    if (const Setting* setting = find_setting(entry.key)) return *setting;
    const std::string nearest = nearest_name(entry.key, setting_names());
    throw CommandLineError("unknown key '" + entry.key + "'", where,
                           nearest.empty() ? "remove it; `train --help` lists the names, without their dashes"
                                           : "did you mean '" + nearest + "'?");
}

/// The value of an entry as a flag would give it.
std::string flag_text(const TomlEntry& entry) {
    return entry.is_list && entry.values.empty() ? "none" : join_list(entry.values);
}

bool has_type(const TomlEntry& entry, const Setting& setting) {
    if (entry.is_list && entry.values.empty()) return setting.is_list;
    const bool is_none = !entry.is_list && flag_text(entry) == "none";
    return entry.type == setting.type && (entry.is_list == setting.is_list || is_none);
}

void apply_toml(Config& config, std::string_view text, const std::string& file) {
    std::set<std::string> seen;
    for (const TomlEntry& entry : read_toml(text, file)) {
        const std::string where = fmt::format("in {} line {}", file, entry.line);
        const Setting& setting = setting_of(entry, where);
        if (!seen.insert(entry.key).second)
            throw CommandLineError("key '" + entry.key + "' is given twice", where, "remove one of them");
        if (!has_type(entry, setting) || !setting.assign(config, flag_text(entry))) {
            const char* form = setting.is_list                     ? ", as a list in [brackets]"
                               : setting.type == TomlType::text    ? ", in quotes"
                               : setting.type == TomlType::boolean ? ", without quotes"
                                                                   : ", without quotes";
            throw CommandLineError(fmt::format("{} is '{}'", entry.key, join_list(entry.values)), where,
                                   "give " + setting.expected + form);
        }
    }
}

std::string read_config_file(const fs::path& path) {
    std::error_code ignored;
    if (!fs::is_regular_file(path, ignored))
        throw engine::InputError("there is no such configuration file", "at " + path.string(),
                                 "check the path");
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    if (!file)
        throw engine::InputError("cannot read the configuration", "at " + path.string(),
                                 "check the file's permissions");
    return content.str();
}

void apply_recipe(Config& config) {
    for (const Recipe& recipe : recipes())
        if (recipe.name == config.recipe) apply_toml(config, recipe.toml, "recipe " + config.recipe);
}

}  // namespace

models::AttentionNetOptions Config::network() const {
    models::AttentionNetOptions options;
    options.widths = widths;
    options.hidden = hidden;
    options.dropout = dropout;
    return options;
}

std::vector<std::string> setting_names() {
    std::vector<std::string> names;
    for (const Setting& setting : settings()) names.push_back(setting.name);
    return names;
}

void add_settings(CLI::App& command, Flags& flags, const std::vector<std::string>& names) {
    for (const Setting& setting : settings()) {
        const std::string& name = setting.name;
        if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
        if (setting.placeholder.empty())
            command.add_flag_function(
                "--" + name,
                [&flags, name](std::int64_t count) { flags[name] = count > 0 ? "true" : "false"; },
                setting.help);
        else
            command
                .add_option_function<std::string>(
                    "--" + name, [&flags, name](const std::string& text) { flags[name] = text; },
                    setting.help)
                ->type_name(setting.placeholder);
    }
}

Config resolve_config(const Flags& flags, const fs::path& file) {
    const std::string text = file.empty() ? "" : read_config_file(file);
    Config named;  // only to learn which recipe is meant
    apply_toml(named, text, file.string());
    apply_flags(named, flags);
    Config config;
    config.recipe = named.recipe;
    apply_recipe(config);
    apply_toml(config, text, file.string());
    apply_flags(config, flags);
    return config;
}

Config resumed_config(const Flags& flags, const fs::path& saved) {
    for (const auto& [name, text] : flags)
        if (!find_setting(name)->on_resume)
            throw CommandLineError("--" + name + " cannot change", "in a run that is resumed",
                                   "remove it, or start a new run");
    Config config = resolve_config({}, saved);
    apply_flags(config, flags);
    return config;
}

std::string to_toml(const Config& config) {
    std::string text;
    for (const Setting& setting : settings())
        if (const std::string value = setting.show(config); !value.empty())
            text += setting.name + " = " + value + "\n";
    return text;
}

}  // namespace apps
