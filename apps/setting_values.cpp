#include "apps/setting_values.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "apps/command_line_error.h"
#include "apps/nearest_name.h"
#include "apps/parse_value.h"
#include "apps/terminal.h"

namespace apps {
namespace {

std::string name_part(const std::string& text) { return text.substr(0, text.find(':')); }

/// The choice that a part of the value probably meant; empty if all are choices, or none is near.
std::string meant(const Setting& setting, const std::string& text) {
    const std::vector<std::string>& choices = setting.choices;
    for (const std::string& part : setting.is_list ? split_list(text) : std::vector<std::string>{text}) {
        const std::string name = name_part(part);
        if (std::ranges::find(choices, name) != choices.end()) continue;
        const std::string nearest = nearest_name(name, choices);
        if (!nearest.empty()) return nearest + part.substr(name.size());
    }
    return "";
}

std::string trimmed(const std::string& text) {
    constexpr std::string_view spaces = " \t";
    const std::size_t begin = std::min(text.find_first_not_of(spaces), text.size());
    return text.substr(begin, text.find_last_not_of(spaces) + 1 - begin);
}

/// A value that is written as in a configuration file, as a flag would give it.
std::string from_toml(const Setting& setting, const std::string& value) {
    const std::string by = "--set " + setting.name;
    try {
        const std::vector<TomlEntry> entries = read_toml(setting.name + " = " + value, by);
        if (entries.size() == 1 && has_type(entries.front(), setting)) return flag_text(entries.front());
    } catch (const engine::InputError&) {  // says the same, but of a file
    }
    throw CommandLineError(
        fmt::format("{} is '{}'", by, shortened(value)), "on the command line",
        "give " + setting.expected + ", as in a configuration file or as --" + setting.name + " takes it");
}

void assign(Flags& flags, const std::string& text) {
    const std::size_t equals = text.find('=');
    const std::string key = trimmed(text.substr(0, equals));
    if (equals == std::string::npos || key.empty())
        throw CommandLineError(fmt::format("--set is '{}'", shortened(text)), "on the command line",
                               "write --set key=value, like --set lr=0.01");
    const Setting& setting = setting_of(key, "in --set");
    std::string value = trimmed(text.substr(equals + 1));
    if (value.starts_with('[') || value.starts_with('"') || value.starts_with('\''))
        value = from_toml(setting, value);
    give(flags, key, {value, "--set " + key});
}

}  // namespace

const Setting& setting_of(const std::string& key, const std::string& where) {
    if (const Setting* setting = find_setting(key)) return *setting;
    const std::string nearest = nearest_name(key, setting_names());
    throw CommandLineError("unknown key '" + shortened(key) + "'", where,
                           nearest.empty() ? "remove it; `train --help` lists the names, without their dashes"
                                           : "did you mean '" + nearest + "'?");
}

std::string flag_text(const TomlEntry& entry) {
    return entry.is_list && entry.values.empty() ? "none" : join_list(entry.values);
}

bool has_type(const TomlEntry& entry, const Setting& setting) {
    if (entry.is_list && entry.values.empty()) return setting.is_list;
    const bool is_none = !entry.is_list && flag_text(entry) == "none";
    return entry.type == setting.type && (entry.is_list == setting.is_list || is_none);
}

std::string remedy(const Setting& setting, const std::string& text) {
    const std::string nearest = meant(setting, text);
    return (nearest.empty() ? "" : "did you mean '" + nearest + "'? ") + "give " + setting.expected;
}

void give(Flags& flags, const std::string& name, GivenValue value) {
    const auto [place, is_new] = flags.try_emplace(name, std::move(value));
    if (!is_new)
        throw CommandLineError("the setting '" + name + "' is given twice", "on the command line",
                               "remove one of --" + name + " and --set " + name);
}

void add_assignments(CLI::App& command, Flags& flags) {
    command
        .add_option_function<std::vector<std::string>>(
            "--set",
            [&flags](const std::vector<std::string>& all) {
                for (const std::string& text : all) assign(flags, text);
            },
            "give a setting as in a configuration file, e.g. --set lr=0.01; may be repeated")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false)
        ->group("Configuration");
}

std::string shortened(const std::string& text) {
    constexpr std::size_t longest = 64;
    return one_line(text.size() <= longest ? text : text.substr(0, longest - 3) + "...");
}

}  // namespace apps
