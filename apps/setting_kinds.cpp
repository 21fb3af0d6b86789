#include "apps/setting_kinds.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/parse_value.h"
#include "engine/error.h"
#include "engine/optim/schedule.h"
#include "engine/progressive_branches.h"
#include "engine/progressive_resizing.h"

namespace apps {
namespace {

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

/// What Kind can be made of.
template <typename Kind>
Assign assign_text_of(std::string Config::*member) {
    return [=](Config& config, const std::string& text) {
        try {
            const Kind known(text);
        } catch (const engine::UsageError&) {
            return false;
        }
        config.*member = text;
        return true;
    };
}

Show show_text(std::string Config::*member) {
    return [=](const Config& config) { return (config.*member).empty() ? "" : toml_string(config.*member); };
}

template <typename T>
Show show_plain(T Config::*member) {
    return [=](const Config& config) { return fmt::format("{}", config.*member); };
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

/// What the help says of a value: its choices, then whatever else it may be.
std::string alternatives(std::vector<std::string> choices, const std::string& other = "") {
    if (!other.empty()) choices.push_back(other);
    return fmt::format("{}", fmt::join(choices, "|"));
}

/// none, or points of shares of all steps, which Kind reads.
template <typename Kind>
Setting progression_setting(const std::string& name, std::string Config::*member, const std::string& forms,
                            const std::string& help) {
    return {.name = name,
            .placeholder = "none|POINTS",
            .choices = {"none"},
            .type = TomlType::text,
            .expected = forms,
            .help = help,
            .assign = assign_text_of<Kind>(member),
            .show = show_text(member)};
}

}  // namespace

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
            .assign = assign_text_of<engine::optim::Schedule>(&Config::schedule),
            .show = show_text(&Config::schedule)};
}

Setting progressive_resizing_setting() {
    return progression_setting<engine::ProgressiveResizing>(
        "progressive-resizing", &Config::progressive_resizing, engine::progressive_resizing_forms(),
        "train on images that are shrunk at first; points are share of all steps:longest side, e.g. "
        "0:16,0.4:32");
}

Setting progressive_branches_setting() {
    return progression_setting<engine::ProgressiveBranches>(
        "progressive-branches", &Config::progressive_branches, engine::progressive_branches_forms(),
        "train fewer of the three branches at first; points are share of all steps:branches, e.g. 0:1,0.8:3");
}

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

}  // namespace apps
