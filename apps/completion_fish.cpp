#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/completion.h"

namespace apps {
namespace {

constexpr const char* fish_head =
    R"fish(# What fish completes for cifar_engine; printed by `cifar_engine completion fish`.

# The command that was given, like 'data verify'.
function __cifar_engine_command
    set -l command
    for word in (commandline -opc)[2..]
        contains -- $word (__cifar_engine_commands "$command"); and set -a command $word
    end
    echo "$command"
end

function __cifar_engine_is
    test (__cifar_engine_command) = "$argv"
end

function __cifar_engine_commands
    switch "$argv"
)fish";

/// In single quotes, where fish knows two escapes.
std::string fish_quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') result += '\\';
        result += c;
    }
    return result + "'";
}

/// What it may be, as what follows `-a`.
std::string completion_of(const ValueForm& form) {
    std::string words = fmt::format("{}", fmt::join(form.choices, " "));
    if (form.is_list) words = fmt::format("(__fish_append , {})", words);
    if (form.is_file && !form.suffix.empty())
        words += fmt::format(" (__fish_complete_suffix {})", form.suffix);
    else if (form.is_folder && !form.is_file)
        words += " (__fish_complete_directories)";
    return words.empty() ? "" : " -a " + fish_quoted(words);
}

/// A flag's value: -r, it has one; -F, files complete it; -x, it has one and they do not.
std::string value_of(const ArgumentDescription& flag) {
    if (flag.value.empty()) return "";
    return (flag.form.is_file && flag.form.suffix.empty() ? " -r -F" : " -x") + completion_of(flag.form);
}

std::string names_of(const ArgumentDescription& flag) {
    std::string names;
    for (const std::string& name : flag.names)
        names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    return names;
}

std::string lines_of(const CommandDescription& command) {
    const std::string start =
        fmt::format("complete -c cifar_engine -n {}", fish_quoted("__cifar_engine_is " + command.command()));
    std::string lines;
    for (const CommandDescription& inner : command.commands)
        lines += fmt::format("{} -a {} -d {}\n", start, inner.name, fish_quoted(inner.help));
    for (const ArgumentDescription& flag : command.flags)
        lines += fmt::format("{}{} -d {}{}\n", start, names_of(flag), fish_quoted(flag.help), value_of(flag));
    if (!command.positionals.empty())
        if (const std::string words = completion_of(form_of_positionals(command)); !words.empty())
            lines += start + words + "\n";
    return lines;
}

}  // namespace

std::string fish_completion(const CommandDescription& program) {
    std::string inner, lines;
    for (const CommandDescription* command : all_commands(program)) {
        if (!command->commands.empty()) {
            inner +=
                fmt::format("        case {}\n            printf '%s\\n'", fish_quoted(command->command()));
            for (const CommandDescription& one : command->commands) inner += " " + one.name;
            inner += "\n";
        }
        lines += lines_of(*command);
    }
    return fish_head + inner + "    end\nend\n\ncomplete -c cifar_engine -f\n" + lines;
}

}  // namespace apps
