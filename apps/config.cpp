#include "apps/config.h"

#include <algorithm>
#include <fstream>
#include <set>

#include <fmt/format.h>

#include "apps/command_line_error.h"
#include "apps/parse_value.h"
#include "apps/recipes.h"
#include "apps/setting_values.h"
#include "apps/settings.h"
#include "apps/terminal.h"
#include "apps/toml.h"
#include "engine/progressive_resizing.h"

namespace apps {
namespace {

namespace fs = std::filesystem;

/// Where values come from is noted for the caller, if it wants to know.
void note(Sources* sources, const std::string& name, const std::string& source) {
    if (sources != nullptr) (*sources)[name] = source;
}

void apply_flags(Config& config, const Flags& flags, Sources* sources) {
    for (const auto& [name, value] : flags) {
        const Setting& setting = *find_setting(name);
        if (!setting.assign(config, value.text))
            throw CommandLineError(fmt::format("{} is '{}'", value.by, shortened(value.text)),
                                   "on the command line", remedy(setting, value.text));
        note(sources, name, value.by);
    }
}

/// How a value is to be written in a configuration file.
const char* form_of(const Setting& setting) {
    if (setting.is_list) return ", as a list in [brackets]";
    return setting.type == TomlType::text ? ", in quotes" : ", without quotes";
}

void apply_toml(Config& config, std::string_view text, const std::string& file, Sources* sources) {
    std::set<std::string> seen;
    for (const TomlEntry& entry : read_toml(text, file)) {
        const std::string where = fmt::format("in {} line {}", file, entry.line);
        const Setting& setting = setting_of(entry.key, where);
        if (!seen.insert(entry.key).second)
            throw CommandLineError("key '" + entry.key + "' is given twice", where, "remove one of them");
        if (!has_type(entry, setting) || !setting.assign(config, flag_text(entry))) {
            const std::string values = join_list(entry.values);
            throw CommandLineError(fmt::format("{} is '{}'", entry.key, shortened(values)), where,
                                   remedy(setting, values) + form_of(setting));
        }
        note(sources, entry.key, fmt::format("{} line {}", file, entry.line));
    }
}

std::string read_config_file(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status))
        throw engine::InputError("there is no such configuration file", "at " + path.string(),
                                 "check the path");
    if (!fs::is_regular_file(status))  // a device may have no end
        throw engine::InputError("the configuration is not a regular file", "at " + path.string(),
                                 "name a file of lines like lr = 0.01");
    constexpr std::size_t most_bytes = 1 << 20;
    std::string content(most_bytes + 1, '\0');
    std::ifstream file(path, std::ios::binary);
    file.read(content.data(), std::ssize(content));
    if (!file && !file.eof())
        throw engine::InputError("cannot read the configuration", "at " + path.string(),
                                 "check the file's permissions");
    content.resize(static_cast<std::size_t>(file.gcount()));
    if (content.size() > most_bytes)
        throw engine::InputError("the configuration is larger than 1 MiB", "at " + path.string(),
                                 "name a file of lines like lr = 0.01");
    return content;
}

void apply_recipe(Config& config, Sources* sources) {
    for (const Recipe& recipe : recipes())
        if (recipe.name == config.recipe) apply_toml(config, recipe.toml, "recipe " + config.recipe, sources);
}

void check_stages(const Config& config) {
    if (!config.blocks.empty() && config.blocks.size() != config.widths.size())
        throw CommandLineError(
            fmt::format("{} numbers of blocks and {} widths", config.blocks.size(), config.widths.size()),
            "in the configuration", "give one of each for every stage, with --blocks and --widths");
    const std::int64_t side = engine::ProgressiveResizing(config.progressive_resizing).smallest_side();
    if (side > 0 && side >> config.widths.size() == 0)
        throw CommandLineError(fmt::format("images of side {} and {} stages, each of which halves them", side,
                                           config.widths.size()),
                               "in the configuration",
                               "give larger sides with --progressive-resizing, or fewer --widths");
}

/// A setting's default as one would give it on the command line.
std::string default_note(const Setting& setting, const Config& defaults) {
    const std::string value = setting.show(defaults);
    if (value.empty() || setting.placeholder.empty()) return "";
    return " (default " + flag_text(read_toml(setting.name + " = " + value, "the defaults").front()) + ")";
}

}  // namespace

models::AttentionNetOptions Config::network() const {
    models::AttentionNetOptions options;
    options.widths = widths;
    options.blocks = blocks;
    options.residual = residual;
    options.pool_first = pool_first;
    options.stem = stem;
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
        const std::string flag = "--" + name;
        CLI::Option* option = nullptr;
        if (setting.placeholder.empty())
            option = command.add_flag_function(
                flag,
                [&flags, name, flag](std::int64_t count) {
                    give(flags, name, {count > 0 ? "true" : "false", flag});
                },
                setting.help);
        else
            option = command
                         .add_option_function<std::string>(
                             flag,
                             [&flags, name, flag](const std::string& text) {
                                 give(flags, name, {text, flag});
                             },
                             setting.help + default_note(setting, defaults))
                         ->type_name(setting.placeholder);
        option->group(setting.group);
    }
}

Config resolve_config(const Flags& flags, const fs::path& file, Sources* sources) {
    const std::string text = file.empty() ? "" : read_config_file(file);
    Config named;  // only to learn which recipe is meant
    apply_toml(named, text, file.string(), nullptr);
    apply_flags(named, flags, nullptr);
    Config config;
    config.recipe = named.recipe;
    apply_recipe(config, sources);
    apply_toml(config, text, file.string(), sources);
    apply_flags(config, flags, sources);
    check_stages(config);
    return config;
}

Config resumed_config(const Flags& flags, const fs::path& saved, Sources* sources) {
    for (const auto& [name, value] : flags)
        if (!find_setting(name)->on_resume)
            throw CommandLineError(value.by + " cannot change", "in a run that is resumed",
                                   "remove it, or start a new run");
    Config config = resolve_config({}, saved, sources);
    apply_flags(config, flags, sources);
    return config;
}

std::string to_toml(const Config& config) {
    std::string text;
    for (const Setting& setting : settings())
        if (const std::string value = setting.show(config); !value.empty())
            text += setting.name + " = " + value + "\n";
    return text;
}

std::string to_toml(const Config& config, const Sources& sources) {
    std::string text, group;
    for (const Setting& setting : settings()) {
        const std::string value = setting.show(config);
        if (value.empty()) continue;
        if (setting.group != group) text += fmt::format("{}# {}\n", group.empty() ? "" : "\n", setting.group);
        group = setting.group;
        const auto source = sources.find(setting.name);
        // In a string, escapes leave nothing that could end the comment.
        text += fmt::format("{:<48} # {}\n", setting.name + " = " + value,
                            source == sources.end() ? "default" : one_line(source->second));
    }
    return text;
}

}  // namespace apps
