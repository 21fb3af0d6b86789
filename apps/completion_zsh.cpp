#include <string>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/completion.h"

namespace apps {
namespace {

constexpr const char* zsh_head = R"zsh(#compdef cifar_engine
# What zsh completes for cifar_engine; printed by `cifar_engine completion zsh`.

_cifar_engine_choices_or_folder() {
    _alternative "values:value:($*)" 'folders:folder:_files -/'
}
)zsh";

constexpr const char* zsh_tail = R"zsh(
# Read by the completion system when it is first needed, or by `source`.
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _cifar_engine "$@"
else
    compdef _cifar_engine cifar_engine
fi
)zsh";

/// With a backslash before each of these characters.
std::string escaped(std::string_view text, std::string_view special) {
    std::string result;
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos) result += '\\';
        result += c;
    }
    return result;
}

/// An action of _arguments: what completes a value. A space: nothing does, its form is shown.
std::string zsh_action(const ValueForm& form) {
    const std::string words = fmt::format("{}", fmt::join(form.choices, " "));
    if (form.is_list) return form.choices.empty() ? " " : " _sequence compadd - " + words;
    if (form.is_folder && !form.is_file)
        return words.empty() ? "_files -/" : " _cifar_engine_choices_or_folder " + words;
    if (form.is_file) return form.suffix.empty() ? "_files" : "_files -g \"*" + form.suffix + "(-.)\"";
    return words.empty() ? " " : "(" + words + ")";
}

std::string value_spec(const ArgumentDescription& argument) {
    return ":" + escaped(argument.value, ":\\") + ":" + zsh_action(argument.form);
}

std::string flag_specs(const ArgumentDescription& flag) {
    std::string specs;
    for (const std::string& name : flag.names) {
        const std::string help = "[" + escaped(flag.help, "[]\\") + "]";
        std::string spec =
            flag.repeats && !flag.value.empty() ? "*" : fmt::format("({})", fmt::join(flag.names, " "));
        spec += name;
        if (!flag.value.empty() && name.starts_with("--")) spec += "=";
        spec += help;
        if (!flag.value.empty()) spec += value_spec(flag);
        specs += " \\\n        " + shell_quoted(spec);
    }
    return specs;
}

std::string function_name(const CommandDescription& command) {
    std::string name = "_" + command.path;
    for (char& c : name)
        if (c == ' ' || c == '-') c = '_';
    return name;
}

/// The function of a command that has no commands of its own.
std::string leaf_function(const CommandDescription& command) {
    std::string text = function_name(command) + "() {\n    _arguments";
    for (const ArgumentDescription& flag : command.flags) text += flag_specs(flag);
    for (const ArgumentDescription& positional : command.positionals)
        text += " \\\n        " + shell_quoted((positional.repeats ? "*" : "") + value_spec(positional));
    return text + "\n}\n";
}

/// The function of a command that hands on to those of its commands.
std::string inner_function(const CommandDescription& command) {
    std::string text = function_name(command) +
                       "() {\n    local curcontext=$curcontext context state state_descr line\n"
                       "    typeset -A opt_args\n    local -a choices=(";
    for (const CommandDescription& inner : command.commands)
        text += "\n        " + shell_quoted(inner.name + ":" + inner.help);
    text += "\n    )\n    _arguments -C";
    for (const ArgumentDescription& flag : command.flags) text += flag_specs(flag);
    text += " \\\n        '1: :->command' '*:: :->arguments'\n    case $state in\n";
    text += "        command) _describe -t commands command choices ;;\n        arguments)\n";
    text += "            case $line[1] in\n";
    for (const CommandDescription& inner : command.commands)
        text += fmt::format("                {}) {} ;;\n", inner.name, function_name(inner));
    return text + "            esac\n            ;;\n    esac\n}\n";
}

}  // namespace

std::string zsh_completion(const CommandDescription& program) {
    std::string functions;
    for (const CommandDescription* command : all_commands(program))
        functions += "\n" + (command->commands.empty() ? leaf_function(*command) : inner_function(*command));
    return zsh_head + functions + zsh_tail;
}

}  // namespace apps
