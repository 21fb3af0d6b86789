#include "apps/config.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "apps/command_line_error.h"
#include "apps/nearest_name.h"
#include "apps/parse_value.h"
#include "apps/recipes.h"
#include "apps/settings.h"
#include "apps/toml.h"

namespace apps {
namespace {

namespace fs = std::filesystem;

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

/// How a value is to be written in a configuration file.
const char* form_of(const Setting& setting) {
    if (setting.is_list) return ", as a list in [brackets]";
    return setting.type == TomlType::text ? ", in quotes" : ", without quotes";
}

void apply_toml(Config& config, std::string_view text, const std::string& file) {
    std::set<std::string> seen;
    for (const TomlEntry& entry : read_toml(text, file)) {
        const std::string where = fmt::format("in {} line {}", file, entry.line);
        const Setting& setting = setting_of(entry, where);
        if (!seen.insert(entry.key).second)
            throw CommandLineError("key '" + entry.key + "' is given twice", where, "remove one of them");
        if (!has_type(entry, setting) || !setting.assign(config, flag_text(entry))) {
            throw CommandLineError(fmt::format("{} is '{}'", entry.key, join_list(entry.values)), where,
                                   "give " + setting.expected + form_of(setting));
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

void check_stages(const Config& config) {
    if (!config.blocks.empty() && config.blocks.size() != config.widths.size())
        throw CommandLineError(
            fmt::format("{} numbers of blocks and {} widths", config.blocks.size(), config.widths.size()),
            "in the configuration", "give one of each for every stage, with --blocks and --widths");
}

std::string default_note(const std::string& value) { return value.empty() ? "" : " (default " + value + ")"; }

}  // namespace

models::AttentionNetOptions Config::network() const {
    models::AttentionNetOptions options;
    options.widths = widths;
    options.blocks = blocks;
    options.residual = residual;
    options.norm_momentum = static_cast<float>(norm_momentum);
    options.hidden = hidden;
    options.dropout = dropout;
    return options;
}

void add_settings(CLI::App& command, Flags& flags, const std::vector<std::string>& names) {
    const Config defaults = resolve_config({});
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
                    setting.help + default_note(setting.show(defaults)))
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
    check_stages(config);
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
