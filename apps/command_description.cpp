#include "apps/command_description.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string_view>

namespace apps {
namespace {

std::vector<std::string_view> alternatives_of(std::string_view value) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0; begin <= value.size();) {
        const std::size_t end = std::min(value.find('|', begin), value.size());
        parts.push_back(value.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

/// Is it a word that stands for itself?
bool is_choice(std::string_view word) {
    return std::ranges::any_of(word, [](unsigned char c) { return std::islower(c) != 0; }) &&
           std::ranges::none_of(word, [](unsigned char c) { return std::isupper(c) != 0; });
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
}

ValueForm form_of_value(const std::string& value) {
    constexpr std::string_view more = ",...";
    ValueForm form;
    std::string_view rest = value;
    if (rest.ends_with(more)) {
        form.is_list = true;
        rest.remove_suffix(more.size());
    }
    for (const std::string_view word : alternatives_of(rest)) {
        const std::string_view kind = word.substr(0, word.find('.'));
        if (is_choice(word)) {
            form.choices.emplace_back(word);
        } else if (is_one_of(kind, {"FILE", "IMAGE"})) {
            form.is_file = true;
            form.suffix = word.substr(kind.size());
        } else if (is_one_of(kind, {"DIR", "FOLDER", "RUN"})) {
            form.is_folder = true;
        }
    }
    return form;
}

ArgumentDescription describe_option(const CLI::Option& option) {
    std::vector<std::string> names;
    for (const std::string& name : option.get_snames()) names.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
    const bool is_switch = option.get_items_expected_max() == 0;
    const std::string value = is_switch ? "" : option.get_type_name();
    return {.names = names,
            .value = value,
            .form = form_of_value(value),
            .help = option.get_description(),
            .group = option.get_group(),
            .repeats = option.get_expected_max() > 1};
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);)
        if (!line.empty()) lines.push_back(line);
    return lines;
}

/// Only the program knows what a COMMAND may be.
void name_commands(CommandDescription& command, const std::vector<CommandDescription>& all) {
    for (ArgumentDescription& positional : command.positionals)
        if (positional.value == "COMMAND")
            for (const CommandDescription& one : all) positional.form.choices.push_back(one.name);
}

}  // namespace

std::string CommandDescription::command() const {
    const std::size_t space = path.find(' ');
    return space == std::string::npos ? "" : path.substr(space + 1);
}

CommandDescription describe(const CLI::App& app, const std::string& parent) {
    CommandDescription command;
    command.name = app.get_name();
    command.path = parent.empty() ? command.name : parent + " " + command.name;
    command.help = app.get_description();
    command.examples = lines_of(app.get_footer());
    for (const CLI::Option* option : app.get_options())
        if (option != app.get_help_ptr())
            (option->nonpositional() ? command.flags : command.positionals)
                .push_back(describe_option(*option));
    if (app.get_help_ptr() != nullptr) command.flags.push_back(describe_option(*app.get_help_ptr()));
    for (const CLI::App* inner : app.get_subcommands([](const CLI::App*) { return true; }))
        command.commands.push_back(describe(*inner, command.path));
    if (app.get_parent() == nullptr)
        for (CommandDescription& inner : command.commands) name_commands(inner, command.commands);
    return command;
}

ValueForm form_of_positionals(const CommandDescription& command) {
    ValueForm all;
    for (const ArgumentDescription& positional : command.positionals) {
        const ValueForm& form = positional.form;
        all.choices.insert(all.choices.end(), form.choices.begin(), form.choices.end());
        all.is_file = all.is_file || form.is_file;
        all.is_folder = all.is_folder || form.is_folder;
        all.suffix = form.suffix;
    }
    return all;
}

}  // namespace apps
