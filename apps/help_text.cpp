#include "apps/help_text.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/terminal.h"

namespace apps {
namespace {

constexpr const char* own_group = "Options";  // CLI11's name for what is in no group

std::string sentence(std::string text) {
    if (!text.empty())
        text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
    return text.ends_with('.') ? text : text + ".";
}

/// A name and what it means beside it, or below it where there is no room beside it.
std::string entry(const std::string& name, const std::string& help, std::size_t column, std::size_t width) {
    std::string text = "  " + name;
    std::size_t place = text.size();
    for (const std::string& line : wrapped(help, width - column)) {
        if (place + 2 > column) text += "\n", place = 0;
        text += std::string(column - place, ' ') + line;
        place = column;
    }
    return text + "\n";
}

std::string command_entries(const CommandDescription& command, std::size_t width) {
    std::size_t column = 0;
    for (const CommandDescription& inner : command.commands) column = std::max(column, inner.name.size() + 4);
    std::string text;
    for (const CommandDescription& inner : command.commands)
        text += entry(inner.name, inner.help, column, width);
    return text;
}

std::string argument_entries(const std::vector<ArgumentDescription>& arguments, const std::string& group,
                             std::size_t width) {
    const std::size_t column = std::min<std::size_t>(28, width / 3);
    std::string text;
    for (const ArgumentDescription& argument : arguments)
        if (argument.group == group) text += entry(heading_of(argument), argument.help, column, width);
    return text;
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    while (text.size() > width) {
        std::size_t end = text.rfind(' ', width);
        if (end == std::string_view::npos) end = std::min(text.find(' '), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (!text.empty() || lines.empty()) lines.emplace_back(text);
    return lines;
}

std::string heading_of(const ArgumentDescription& argument) {
    if (argument.names.empty()) return argument.value;
    return fmt::format("{}{}{}", fmt::join(argument.names, ", "), argument.value.empty() ? "" : " ",
                       argument.value);
}

std::vector<std::string> groups_of(const CommandDescription& command) {
    std::vector<std::string> groups;
    for (const ArgumentDescription& flag : command.flags)
        if (!flag.group.empty() && flag.group != own_group &&
            std::ranges::find(groups, flag.group) == groups.end())
            groups.push_back(flag.group);
    groups.emplace_back(own_group);
    return groups;
}

std::string usage_line(const CommandDescription& command) {
    std::string line = command.path;
    if (!command.commands.empty()) line += " COMMAND";
    line += " [OPTIONS]";
    for (const ArgumentDescription& positional : command.positionals)
        line += fmt::format(" [{}]{}", positional.value, positional.repeats ? "..." : "");
    return line;
}

std::string help_text(const CommandDescription& command, std::size_t width) {
    std::string text;
    for (const std::string& line : wrapped(sentence(command.help), width)) text += line + "\n";
    text += "\nUsage: " + usage_line(command) + "\n";
    if (!command.commands.empty()) text += "\nCommands:\n" + command_entries(command, width);
    if (!command.positionals.empty())
        text += "\nArguments:\n" + argument_entries(command.positionals, own_group, width);
    for (const std::string& group : groups_of(command))
        text += fmt::format("\n{}:\n", group) + argument_entries(command.flags, group, width);
    if (!command.examples.empty()) text += "\nExamples:\n";
    for (const std::string& example : command.examples) text += "  " + example + "\n";
    return text;
}

void print_help(const CLI::App& command, std::FILE* stream) {
    constexpr int narrowest = 40, widest = 100;
    const int width = is_live(stream) ? std::clamp(window_size(stream).columns, narrowest, widest) : widest;
    std::string parent;
    for (const CLI::App* app = command.get_parent(); app != nullptr; app = app->get_parent())
        parent = app->get_name() + (parent.empty() ? "" : " " + parent);
    fmt::print(stream, "{}", help_text(describe(command, parent), static_cast<std::size_t>(width)));
}

}  // namespace apps
